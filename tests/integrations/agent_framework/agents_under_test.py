"""Agents with a tool and a scripted client."""

from collections.abc import Callable
from typing import Any

from agent_framework import Agent

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_agent_framework.scripted import Answer, ScriptedClient

ASKED = "What is 2 + 3?"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(use: Callable[..., Any] = add, client: ScriptedClient | None = None) -> Agent:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(use.__name__, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = ScriptedClient("gpt-4o-mini", [call, Answer(text="It is 5.", input_tokens=130, output_tokens=8)])
    return Agent(client=client or script, name="calculator", instructions="Do the sums.", tools=[use])


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
