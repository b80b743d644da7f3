"""Small crews with CrewAI's own client for OpenAI, which speaks to a server that says what a script says."""

from typing import Any

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

from tests.integrations.scripted_server import Reply

__all__ = ["MODEL", "add", "agent", "broken", "calculator", "calculator_script", "crew", "llm", "task", "tool_results"]

MODEL = "gpt-4o-mini"


@tool("add")
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


@tool("broken")
def broken(reason: str) -> str:
    """Raise an error."""
    raise ValueError(f"broken: {reason}")


def tool_results(body: dict[str, Any]) -> list[str]:
    """Return what the tools have told the model so far."""
    return [str(message["content"]) for message in body["messages"] if message["role"] == "tool"]


def calculator_script(body: dict[str, Any]) -> Reply:
    """Ask for the tool ``add`` once, then answer with what it said."""
    results = tool_results(body)
    if body.get("tools") and not results:
        return Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=120, output_tokens=18)
    answer = f"The sum is {results[-1]}." if results else "A plain answer."
    return Reply(answer, input_tokens=200, output_tokens=9, cached=64, reasoning=3)


def llm(url: str, **settings: Any) -> LLM:
    """Return CrewAI's own client of OpenAI, without the retries that only slow a test down."""
    return LLM(model=MODEL, base_url=url, api_key="none", **{"max_retries": 0, **settings})


def agent(url: str, role: str = "Calculator", *, model: Any = None, **settings: Any) -> Agent:
    """Return an agent that gives up at its first error."""
    settings = {"goal": "Be right", "backstory": "You like numbers.", "max_retry_limit": 0, **settings}
    return Agent(role=role, llm=model or llm(url), **settings)


def task(description: str = "Add two and three", who: Agent | None = None, **settings: Any) -> Task:
    """Return a task."""
    return Task(**{"description": description, "expected_output": "A number", "agent": who, **settings})


def crew(tasks: list[Task], **settings: Any) -> Crew:
    """Return a crew of the agents that the tasks name."""
    agents = list({id(item.agent): item.agent for item in tasks if item.agent is not None}.values())
    return Crew(**{"agents": agents, "tasks": tasks, "name": "Sums", **settings})


def calculator(url: str, **settings: Any) -> Crew:
    """Return a crew of one agent with one task and one tool."""
    return crew([task("Add two and three", agent(url, tools=[add], model=llm(url, **settings)), name="sum")])
