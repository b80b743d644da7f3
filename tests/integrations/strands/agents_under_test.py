"""Agents with a tool and a scripted model."""

import asyncio
from typing import Any

from strands import Agent, tool
from strands.models import Model

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_strands.scripted import Answer, ScriptedModel

ASKED = "What is 2 + 3?"


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(use: Any = add, model: Model | None = None) -> Agent:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(use.tool_name, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = ScriptedModel("gpt-4o-mini", [call, Answer(text="It is 5.", input_tokens=130, output_tokens=8)])
    return Agent(
        name="calculator",
        model=model or script,
        system_prompt="Do the sums.",
        tools=[use],
        callback_handler=None,
        retry_strategy=None,
    )


def run(agent: Agent) -> str:
    """Run an agent to the end."""
    return str(asyncio.run(agent.invoke_async(ASKED))).strip()


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
