"""An agent as libraries instrument one: a tracer, and what is to be done between its spans."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from opentelemetry.trace import Tracer

CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.temperature": 0.2,
}
ASKED = [{"role": "user", "parts": [{"type": "text", "content": "What is 2 + 3?"}]}]
CALL = {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 2, "b": 3}}
CALLED = [{"role": "assistant", "parts": [CALL], "finish_reason": "tool_calls"}]


def add(tracer: Tracer, *, raises: bool = False) -> int:
    """The tool."""
    with tracer.start_as_current_span("execute_tool add") as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "add",
                "gen_ai.tool.call.id": "call_1",
                "gen_ai.tool.call.arguments": json.dumps({"a": 2, "b": 3}),
            }
        )
        if raises:
            raise ValueError("no number")
        span.set_attribute("gen_ai.tool.call.result", "5")
    return 5


def chat(tracer: Tracer) -> None:
    """The model call."""
    with tracer.start_as_current_span("chat gpt-4o-mini", attributes=CHAT) as span:
        span.set_attributes(
            {
                "gen_ai.input.messages": json.dumps(ASKED),
                "gen_ai.output.messages": json.dumps(CALLED),
                "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
                "gen_ai.response.finish_reasons": ["tool_calls"],
                "gen_ai.usage.input_tokens": 90,
                "gen_ai.usage.output_tokens": 16,
            }
        )


def calculate(tracer: Tracer, *, raises: bool = False) -> int:
    """The agent: a step that is no part of the tree, a model call and a tool call."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "calculator"}
    with (
        tracer.start_as_current_span("invoke_agent calculator", attributes=attributes),
        tracer.start_as_current_span("event_loop"),
    ):
        chat(tracer)
        return add(tracer, raises=raises)


async def calculate_async(tracer: Tracer) -> int:
    """The same from a coroutine."""
    return calculate(tracer)


async def calculate_streaming(tracer: Tracer) -> AsyncIterator[int]:
    """The same from an asynchronous generator, in which spans stay open while it is suspended."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "calculator"}
    with tracer.start_as_current_span("invoke_agent calculator", attributes=attributes):
        yield 0
        chat(tracer)
        yield add(tracer)


def numbered(prefix: str, messages: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Spread messages over numbered attributes, as OpenInference and OpenLLMetry do."""
    for position, item in enumerate(messages):
        for name, value in item.items():
            yield f"{prefix}{position}.{name}", value
