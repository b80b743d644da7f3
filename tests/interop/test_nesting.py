"""Four frameworks in one process: each nests in the others where it was called, in one tree per session."""

import asyncio
import threading
from typing import Any

from agents import Agent as OpenAIAgent
from agents import Runner, function_tool
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool as langchain_tool

import agentops
from agentops.testing import recording
from agentops.testing.conformance import check_tree
from agentops_autogen.scripted import ScriptedModel as AutogenModel
from agentops_langchain.scripted import ScriptedChatModel, ask_for
from agentops_openai_agents.scripted import ScriptedModel as AgentsModel
from agentops_openai_agents.scripted import Turn
from tests.integrations.crewai.crews_under_test import calculator
from tests.interop.conftest import NAMES


def langgraph_agent(name: str, *tools: Any, delay_s: float = 0.0) -> Any:
    """An agent that calls each of its tools once, all in one answer, and then is done."""
    calls = [ask_for(item.name, {"question": "2+3"}, f"call-{index}") for index, item in enumerate(tools)]
    script = [AIMessage("", tool_calls=calls), "Done."] if calls else ["Done."]
    return create_agent(ScriptedChatModel(script=script, delay_s=delay_s), list(tools), name=name)


def ask(graph: Any) -> str:
    return str(graph.invoke({"messages": [("user", "2+3?")]})["messages"][-1].content)


CREW = """\
workflow Sums
  task sum
    agent Calculator
      llm gpt-4o-mini
      tool add
      llm gpt-4o-mini"""


def indented(text: str, levels: int) -> str:
    return "\n".join("  " * levels + line for line in text.splitlines())


def test_a_crew_inside_a_langchain_tool(url: str) -> None:
    """A crew that a LangGraph agent's tool kicks off is below that tool."""

    @langchain_tool
    def compute(question: str) -> str:
        """Let the crew compute."""
        return str(calculator(url).kickoff())

    with recording() as recorded:
        assert ask(langgraph_agent("planner", compute)) == "Done."
    check_tree(recorded)
    expected = f"""\
session default
  agent planner
    llm gpt-4o-mini
    tool compute
{indented(CREW, 3)}
    llm gpt-4o-mini"""
    assert recorded.outline() == expected


def openai_agent(*tools: Any) -> OpenAIAgent[Any]:
    calls = [(item.name, {"question": "2+3"}) for item in tools]
    return OpenAIAgent("triage", tools=list(tools), model=AgentsModel(Turn(calls=calls), Turn("Done.")))


def test_a_langchain_agent_inside_an_openai_agents_tool() -> None:
    """A LangGraph agent that a tool of OpenAI Agents runs is below that tool, and so is what it calls."""

    @langchain_tool
    def search(question: str) -> str:
        """Search."""
        return agentops.operation(name="lookup")(lambda: question)()

    @function_tool
    def research(question: str) -> str:
        """Let LangGraph find it."""
        return ask(langgraph_agent("researcher", search))

    with recording() as recorded:
        asyncio.run(Runner.run(openai_agent(research), "2+3?"))
    check_tree(recorded)
    assert (
        recorded.outline()
        == """\
session default
  workflow Agent workflow
    agent triage
      llm gpt-4o-mini
      tool research
        agent researcher
          llm gpt-4o-mini
          tool search
            operation lookup
          llm gpt-4o-mini
      llm gpt-4o-mini"""
    )


async def autogen_team() -> None:
    writer = AssistantAgent("writer", AutogenModel("gpt-4o-mini", ["A draft."]))
    critic = AssistantAgent("critic", AutogenModel("gpt-4o-mini", ["Good."]))
    await RoundRobinGroupChat([writer, critic], termination_condition=MaxMessageTermination(3)).run(task="Write")


TEAM = """\
workflow RoundRobinGroupChat
  agent writer
    llm gpt-4o-mini
  agent critic
    llm gpt-4o-mini"""


def test_everything_in_two_sessions_at_once(url: str) -> None:
    """All four frameworks, nested and beside each other, in two sessions at once: two equal, whole trees."""

    @langchain_tool
    def compute(question: str) -> str:
        """Let the crew compute."""
        return str(calculator(url).kickoff())

    @langchain_tool
    def discuss(question: str) -> str:
        """Let the team discuss."""
        asyncio.run(autogen_team())
        return "discussed"

    @agentops.session(name="both")
    def work() -> None:
        @function_tool
        def delegate(question: str) -> str:
            """Hand it to LangGraph."""
            ask(langgraph_agent("planner", discuss))
            return ask(langgraph_agent("computer", compute))

        asyncio.run(Runner.run(openai_agent(delegate), "2+3?"))

    with recording() as recorded:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    check_tree(recorded)
    expected = f"""\
session both
  workflow Agent workflow
    agent triage
      llm gpt-4o-mini
      tool delegate
        agent planner
          llm gpt-4o-mini
          tool discuss
{indented(TEAM, 6)}
          llm gpt-4o-mini
        agent computer
          llm gpt-4o-mini
          tool compute
{indented(CREW, 6)}
          llm gpt-4o-mini
      llm gpt-4o-mini"""
    assert [recorded.outline(session) for session in recorded.sessions] == [expected, expected]


def test_disabling_all_leaves_nothing_recorded(url: str) -> None:
    """After ``disable()`` the same programs run and record nothing; enabled again they record as before."""
    agentops.disable()
    with recording() as recorded:
        calculator(url).kickoff()
        ask(langgraph_agent("planner"))
        asyncio.run(autogen_team())
        asyncio.run(Runner.run(openai_agent(), "2+3?"))
    assert recorded.spans == []
    with recording() as recorded:
        for name in NAMES:
            agentops.enable(name)
        ask(langgraph_agent("planner"))
    assert recorded.outline() == "session default\n  agent planner\n    llm gpt-4o-mini"
