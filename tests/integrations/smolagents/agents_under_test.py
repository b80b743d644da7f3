"""Agents with a tool and a scripted model."""

from typing import Any

from smolagents import CodeAgent, Tool, ToolCallingAgent, tool

from agentops.testing import Recording
from agentops.testing.conformance import check_tree
from agentops_smolagents.scripted import Answer, ScriptedModel, code

ASKED = "What is 2 + 3?"
QUIET: Any = {"verbosity_level": -1}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: One of them.
        b: The other one.
    """
    return a + b


@tool
def fail(a: int, b: int) -> int:
    """Break.

    Args:
        a: A number.
        b: A number.
    """
    raise ZeroDivisionError("no result today")


def calls(*asked: tuple[str, dict[str, Any]]) -> list[Any]:
    """A script that asks for tools, and then says the result."""
    return [
        Answer(calls=asked, input_tokens=90, output_tokens=16),
        Answer(calls=[("final_answer", {"answer": "It is 5."})], input_tokens=130, output_tokens=8),
    ]


def calculator(use: Tool = add, script: list[Any] | None = None, **options: Any) -> ToolCallingAgent:
    """An agent that asks its tool once, and says the result."""
    model = ScriptedModel("gpt-4o-mini", script or calls((use.name, {"a": 2, "b": 3})))
    return ToolCallingAgent([use], model, name="calculator", **{**QUIET, **options})


def coder(script: list[Any] | None = None, tools: list[Tool] | None = None, **options: Any) -> CodeAgent:
    """An agent that does the same in code."""
    asked = Answer(text=code("total = add(2, b=3)\nprint(total)"), input_tokens=90, output_tokens=16)
    model = ScriptedModel("gpt-4o-mini", script or [asked, code("final_answer(f'It is {total}.')")])
    return CodeAgent(tools or [add], model, name="coder", **{**QUIET, **options})


def check(recorded: Recording) -> str:
    """End the session, check its tree, and return it as text."""
    recorded.runtime.finish()
    check_tree(recorded)
    return recorded.outline()
