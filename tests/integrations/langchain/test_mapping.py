"""What LangChain and LangGraph programs look like as trees."""

from textwrap import dedent
from typing import Annotated, Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

from agentops.semconv import GenAI
from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_langchain.scripted import ScriptedChatModel, ask_for


def asking(text: str = "Go on.") -> dict[str, Any]:
    """Return the input of an agent."""
    return {"messages": [{"role": "user", "content": text}]}


def expect(recorded: Recording, outline: str) -> None:
    """End what is open as the end of the process would, and assert the whole tree."""
    recorded.runtime.finish()
    check_tree(recorded)
    assert recorded.outline() == dedent(outline).strip()


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_agent_with_parallel_tools(recorded: Recording) -> None:
    """An agent contains its model calls and tools, with all that its model said about them; wrappers are not shown."""
    calls = [ask_for("add", {"a": 1, "b": 2}, "call_1"), ask_for("add", {"a": 3, "b": 4}, "call_2")]
    usage = {
        "input_tokens": 120,
        "output_tokens": 30,
        "total_tokens": 150,
        "input_token_details": {"cache_read": 64, "cache_creation": 16},
        "output_token_details": {"reasoning": 12},
    }
    model = ScriptedChatModel(script=[AIMessage("", tool_calls=calls, usage_metadata=usage), "3 and 7."])
    agent = create_agent(model, [add], name="calculator", system_prompt="You calculate.")

    agent.invoke(asking("What is 1 + 2, and 3 + 4?"), config={"run_name": "my run"})

    expect(
        recorded,
        """
        session default
          agent calculator
            llm gpt-4o-mini
            tool add
            tool add
            llm gpt-4o-mini
        """,
    )
    agent_span = recorded.find("agent")[0]
    assert agent_span.input == "What is 1 + 2, and 3 + 4?"
    assert agent_span.output == "3 and 7."
    first, second = recorded.find("llm")
    question = {"role": "user", "parts": [{"type": "text", "content": "What is 1 + 2, and 3 + 4?"}]}
    system = {"role": "system", "parts": [{"type": "text", "content": "You calculate."}]}
    request = {
        "role": "assistant",
        "parts": [
            {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1, "b": 2}},
            {"type": "tool_call", "id": "call_2", "name": "add", "arguments": {"a": 3, "b": 4}},
        ],
    }
    results = [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "3"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_2", "response": "7"}]},
    ]
    assert first.input == [system, question]
    assert first.output == [{**request, "finish_reason": "tool_calls"}]
    assert second.input == [system, question, request, *results]
    definitions = first.attributes.pop(GenAI.TOOL_DEFINITIONS)
    assert definitions[0]["function"]["name"] == "add"
    del first.attributes[GenAI.INPUT_MESSAGES], first.attributes[GenAI.OUTPUT_MESSAGES]
    assert first.attributes == {
        GenAI.REQUEST_MODEL: "gpt-4o-mini",
        GenAI.PROVIDER_NAME: "openai",
        GenAI.RESPONSE_MODEL: "gpt-4o-mini",
        GenAI.RESPONSE_FINISH_REASONS: ("tool_calls",),
        GenAI.USAGE_INPUT_TOKENS: 120,
        GenAI.USAGE_OUTPUT_TOKENS: 30,
        GenAI.USAGE_CACHE_READ: 64,
        GenAI.USAGE_CACHE_CREATION: 16,
        GenAI.USAGE_REASONING: 12,
    }
    one, two = sorted(recorded.find("tool"), key=lambda span: str(span.attributes[GenAI.TOOL_CALL_ID]))
    assert (one.input, one.output) == ({"a": 1, "b": 2}, "3")
    assert two.attributes == {
        GenAI.TOOL_TYPE: "function",
        GenAI.TOOL_DESCRIPTION: "Add two numbers.",
        GenAI.TOOL_CALL_ID: "call_2",
        GenAI.TOOL_CALL_ARGUMENTS: {"a": 3, "b": 4},
        GenAI.TOOL_CALL_RESULT: "7",
    }


def test_agents_nest_through_tools(recorded: Recording) -> None:
    """An agent that a tool calls, without any config, is below that tool."""
    worker = create_agent(ScriptedChatModel(script=["42"]), [], name="worker")

    @tool
    def delegate(question: str) -> str:
        """Ask the worker."""
        return str(worker.invoke(asking(question))["messages"][-1].content)

    request = AIMessage("", tool_calls=[ask_for("delegate", {"question": "6 * 7?"}, "call_1")])
    boss = create_agent(ScriptedChatModel(script=[request, "It is 42."]), [delegate], name="boss")

    boss.invoke(asking())

    expect(
        recorded,
        """
        session default
          agent boss
            llm gpt-4o-mini
            tool delegate
              agent worker
                llm gpt-4o-mini
            llm gpt-4o-mini
        """,
    )


def test_handoff_is_not_an_error(recorded: Recording) -> None:
    """What LangGraph raises to leave for another agent is a handoff in the tree, and no run is marked as failed."""

    @tool
    def transfer_to_bob(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Hand over to Bob."""
        update = {"messages": [ToolMessage("Bob takes over.", tool_call_id=tool_call_id)]}
        return Command(graph=Command.PARENT, goto="bob", update=update)

    request = AIMessage("", tool_calls=[ask_for("transfer_to_bob", {}, "call_1")])
    alice = create_agent(ScriptedChatModel(script=[request]), [transfer_to_bob], name="alice")
    bob = create_agent(ScriptedChatModel(script=["Bob here."]), [], name="bob")
    graph = StateGraph(MessagesState)
    graph.add_node("alice", alice, destinations=("bob",))
    graph.add_node("bob", bob)
    graph.add_edge(START, "alice")

    graph.compile(name="desk").invoke(asking())

    expect(
        recorded,
        """
        session default
          workflow desk
            agent alice
              llm gpt-4o-mini
              tool transfer_to_bob
              handoff bob
            agent bob
              llm gpt-4o-mini
        """,
    )


def test_interrupt_is_a_human_wait(recorded: Recording) -> None:
    """An interrupt opens a human span beside the run, and the resumption ends it with the answer."""

    def approve(state: MessagesState) -> dict[str, Any]:
        return {"messages": [("user", interrupt({"question": "Refund 20 EUR?"}))]}

    graph = StateGraph(MessagesState)
    graph.add_node("approve", approve)
    graph.add_edge(START, "approve")
    program = graph.compile(checkpointer=InMemorySaver(), name="refund")
    config: Any = {"configurable": {"thread_id": "t-1"}}

    program.invoke(asking(), config)
    [wait] = recorded.find("human")
    assert not wait.has_ended
    program.invoke(Command(resume="yes"), config)

    expect(
        recorded,
        """
        session default
          workflow refund
            operation approve
          human approve
          workflow refund
            operation approve
        """,
    )
    assert (wait.input, wait.output) == ({"question": "Refund 20 EUR?"}, "yes")
    assert recorded.find("workflow")[0].attributes[GenAI.CONVERSATION_ID] == "t-1"
