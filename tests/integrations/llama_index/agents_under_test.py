"""Agents with a tool and a scripted model."""

from collections.abc import Callable
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_llama_index.scripted import Answer, ScriptedLLM

ASKED = "What is 2 + 3?"
SAID = Answer(text="It is 5.", input_tokens=130, output_tokens=8)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int, b: int) -> int:
    """Break."""
    raise ZeroDivisionError("no result today")


def calculator(use: Callable[..., Any] = add, model: ScriptedLLM | None = None, **options: Any) -> FunctionAgent:
    """An agent that asks its tool once, and says the result."""
    call = Answer(calls=[(use.__name__, {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
    script = model or ScriptedLLM("gpt-4o-mini", [call, SAID])
    return FunctionAgent(
        name="calculator", description="Does sums.", system_prompt="Do the sums.", tools=[use], llm=script, **options
    )


async def ask(agent: Any, question: str = ASKED) -> str:
    return str(await agent.run(user_msg=question))


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
