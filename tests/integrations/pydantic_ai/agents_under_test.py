"""Agents with a tool and a scripted model."""

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic_ai import Agent

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_pydantic_ai.scripted import Answer, ScriptedModel

ASKED = "What is 2 + 3?"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(tool: Callable[..., Any] = add, name: str = "calculator") -> Agent[None, str]:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(tool.__name__, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    model = ScriptedModel("gpt-4o-mini", [call, Answer(text="It is 5.", input_tokens=130, output_tokens=8)])
    return Agent(model, name=name, instructions="Do the sums.", tools=[tool])


def run(agent: Agent[None, str], asked: str = ASKED) -> str:
    """Run an agent. ``run_sync`` would leave an event loop open in each thread."""
    return asyncio.run(agent.run(asked)).output


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
