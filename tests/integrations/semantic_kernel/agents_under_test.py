"""Agents with a function and a scripted service."""

from typing import Any

from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.functions import kernel_function

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_semantic_kernel.scripted import Answer, scripted

ASKED = "What is 2 + 3?"


class Maths:
    @kernel_function(description="Add two numbers.")
    def add(self, a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @kernel_function
    async def fail(self, a: int, b: int) -> int:
        """Break."""
        raise ZeroDivisionError("no result today")


def calculator(use: str = "add", service: Any = None, plugin: Any = None) -> ChatCompletionAgent:
    """An agent that asks its function once, and says the result."""
    call = Answer(calls=[(f"Maths-{use}", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = scripted("gpt-4o-mini", call, Answer(text="It is 5.", input_tokens=130, output_tokens=8))
    return ChatCompletionAgent(
        service=service or script, name="calculator", instructions="Do the sums.", plugins=[plugin or Maths()]
    )


async def ask(agent: ChatCompletionAgent) -> str:
    return str(await agent.get_response(ASKED))


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
