"""A model that answers from a script: for demos, examples and tests, without a key and without a network."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents import Model, ModelResponse, Usage
from agents.tracing import generation_span
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

__all__ = ["ScriptedModel", "Turn"]

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer: what the model says, and which tools it calls, by name with their arguments."""

    text: str | None = None
    calls: Sequence[tuple[str, dict[str, Any]]] = field(default=())
    input_tokens: int = 400
    output_tokens: int = 30


class ScriptedModel(Model):
    """Gives its turns one after the other, and traces its calls as the SDK's own models do.

    Args:
        turns: The answers, in order; the last one is given again when they are used up.
        model: Name under which it is recorded.
        delay_s: Seconds that each answer takes.
    """

    def __init__(self, *turns: Turn, model: str = "gpt-4o-mini", delay_s: float = 0.0) -> None:
        self.model = model
        self.delay_s = delay_s
        self._turns = list(turns)

    async def get_response(
        self,
        system_instructions: str | None,
        input: Any,  # noqa: A002 - the SDK's name
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        """Give the next turn."""
        with generation_span(model=self.model, input=_as_chat(system_instructions, input)) as span:
            await asyncio.sleep(self.delay_s)
            turn = self._turns.pop(0) if len(self._turns) > 1 else self._turns[0]
            output = _items(turn)
            span.span_data.output = [_said(turn, output)]
            span.span_data.usage = {"input_tokens": turn.input_tokens, "output_tokens": turn.output_tokens}
        total = turn.input_tokens + turn.output_tokens
        usage = Usage(requests=1, input_tokens=turn.input_tokens, output_tokens=turn.output_tokens, total_tokens=total)
        return ModelResponse(output=output, usage=usage, response_id=f"resp_{next(_ids)}")

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Give the next turn as one event."""
        answer = await self.get_response(*args, **kwargs)
        response = Response(
            id=str(answer.response_id),
            created_at=0,
            model=self.model,
            object="response",
            output=answer.output,
            tool_choice="auto",
            tools=[],
            parallel_tool_calls=True,
        )
        yield ResponseCompletedEvent(type="response.completed", response=response, sequence_number=0)


def _items(turn: Turn) -> list[Any]:
    items: list[Any] = []
    if turn.text is not None:
        said = ResponseOutputText(type="output_text", text=turn.text, annotations=[])
        message_id = f"msg_{next(_ids)}"
        items.append(
            ResponseOutputMessage(id=message_id, type="message", role="assistant", status="completed", content=[said])
        )
    for name, arguments in turn.calls:
        call_id = f"call_{next(_ids)}"
        items.append(
            ResponseFunctionToolCall(
                type="function_call", id=call_id, call_id=call_id, name=name, arguments=json.dumps(arguments)
            )
        )
    return items


def _said(turn: Turn, items: list[Any]) -> dict[str, Any]:
    calls = [
        {"id": item.call_id, "type": "function", "function": {"name": item.name, "arguments": item.arguments}}
        for item in items
        if item.type == "function_call"
    ]
    return {"role": "assistant", "content": turn.text, **({"tool_calls": calls} if calls else {})}


def _as_chat(instructions: str | None, asked: Any) -> list[dict[str, Any]]:
    """Turn Responses items into chat messages, which is what a generation span holds."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    for item in [{"role": "user", "content": asked}] if isinstance(asked, str) else asked:
        kind = item.get("type")
        if kind == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        elif kind == "function_call_output":
            messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
        else:
            messages.append({"role": item["role"], "content": item["content"]})
    return messages
