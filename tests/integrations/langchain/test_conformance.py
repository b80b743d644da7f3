"""The conformance cases, with an agent that asks its model twice and calls two tools at once."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_core.tracers import context

from agentops.testing.conformance import Conformance
from agentops_langchain.scripted import ScriptedChatModel, ask_for

QUESTION = {"messages": [{"role": "user", "content": "What is 1 + 2, and 3 + 4?"}]}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def divide(a: int, b: int) -> float:
    """Divide a number by another."""
    return a / b


def _agent(*calls: dict[str, Any]) -> Any:
    model = ScriptedChatModel(script=[AIMessage("", tool_calls=list(calls)), "3 and 7."])
    return create_agent(model, [add, divide], name="calculator", system_prompt="You calculate.")


class TestLangChain(Conformance):
    """LangChain's ``create_agent``, which is a LangGraph graph."""

    integration = "langchain"
    plugin = "agentops_langchain.plugin"
    framework = "langchain_core"

    agent = _agent(ask_for("add", {"a": 1, "b": 2}, "call_1"), ask_for("add", {"a": 3, "b": 4}, "call_2"))

    def run(self) -> Any:
        """Run the agent to its answer."""
        return self.agent.invoke(QUESTION)

    async def run_async(self) -> Any:
        """The same on the event loop."""
        return await self.agent.ainvoke(QUESTION)

    async def run_streaming(self) -> Any:
        """The same, token by token."""
        return [item async for item in self.agent.astream(QUESTION, stream_mode=["messages", "updates"])]

    def run_failing(self) -> Any:
        """Let a tool raise what nobody catches."""
        return _agent(ask_for("divide", {"a": 1, "b": 0}, "call_1")).invoke(QUESTION)

    def patched(self) -> list[Any]:
        """LangChain's list of handlers that are always there."""
        return list(context._configure_hooks)

    def comparable(self, result: Any) -> Any:
        """Reduce a conversation to what was said; its messages carry new ids in each run."""
        return [(message.type, message.content) for message in result["messages"]]
