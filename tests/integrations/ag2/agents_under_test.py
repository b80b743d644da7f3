"""Agents with a tool and a scripted model."""

from collections.abc import Callable
from typing import Any

from ag2 import Agent

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_ag2.scripted import Answer, ScriptedModel

ASKED = "What is 2 + 3?"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(use: Callable[..., Any] = add, model: ScriptedModel | None = None, **options: Any) -> Agent:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(use.__name__, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = ScriptedModel("gpt-4o-mini", [call, Answer(text="It is 5.", input_tokens=130, output_tokens=8)])
    return Agent("calculator", "Do the sums.", config=model or script, tools=[use], **options)


async def ask(agent: Agent) -> str:
    return str((await agent.ask(ASKED)).body)


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
