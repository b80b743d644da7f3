"""Agents with a tool and a scripted model."""

import asyncio
from collections.abc import Callable
from typing import Any

from agno.agent import Agent
from agno.team import Team

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_agno.scripted import Answer, ScriptedModel

ASKED = "What is 2 + 3?"
QUIET: Any = {"telemetry": False}
SUMMED = """\
session default
  agent calculator
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def add_later(a: int, b: int) -> int:
    """Add two numbers."""
    await asyncio.sleep(0)
    return a + b


def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calls(*asked: tuple[str, dict[str, Any]]) -> list[Any]:
    """A script that asks for tools, and then says the result."""
    return [
        Answer(calls=asked, input_tokens=90, output_tokens=16),
        Answer(text="It is 5.", input_tokens=130, output_tokens=8),
    ]


def calculator(use: Callable[..., Any] = add, script: list[Any] | None = None, **options: Any) -> Agent:
    """An agent that asks its tool once, and says the result."""
    model = ScriptedModel("gpt-4o-mini", script or calls((_name(use), {"a": 2, "b": 3})))
    return Agent(name="calculator", model=model, tools=[use], **QUIET, **options)


def clerk(name: str, *answers: Any, **options: Any) -> Agent:
    """An agent without tools that says what its script says."""
    return Agent(name=name, model=ScriptedModel("gpt-4o-mini", list(answers) or ["Done."] * 9), **QUIET, **options)


def desk(*calls_of_leader: tuple[str, dict[str, Any]], **options: Any) -> Team:
    """A team of one that calculates and one that writes."""
    calls_of_leader = calls_of_leader or (("delegate_task_to_member", {"member_id": "calculator", "task": ASKED}),)
    return Team(
        name="desk",
        members=[calculator(role="Calculates"), clerk("writer", "Five.", role="Writes")],
        model=ScriptedModel("gpt-4o", calls(*calls_of_leader)),
        **QUIET,
        **options,
    )


def last(run: Any) -> Any:
    """Read a streamed run to its end, and return what it gave last."""
    return list(run)[-1]


async def last_of(run: Any) -> Any:
    """The same for a run with asyncio."""
    return [item async for item in run][-1]


def ways(make: Callable[[], Any], **options: Any) -> dict[str, Callable[[], Any]]:
    """Return the four ways in which agno runs an agent, team or workflow."""
    return {
        "whole": lambda: make().run(ASKED, **options),
        "streamed": lambda: last(make().run(ASKED, stream=True, stream_events=True, **options)),
        "async": lambda: asyncio.run(make().arun(ASKED, **options)),
        "async streamed": lambda: asyncio.run(last_of(make().arun(ASKED, stream=True, **options))),
    }


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()


def _name(tool: Any) -> str:
    return str(getattr(tool, "__name__", None) or tool.name)
