"""AG2's events as messages of ours."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ag2.events import (
    BinaryInput,
    DataInput,
    ModelRequest,
    ModelResponse,
    TextInput,
    ToolResultEvent,
    ToolResultsEvent,
    UrlInput,
)
from ag2.events.base import BaseEvent

from agentops.messages import Message, Part, blob, message, text, tool_call, tool_result

__all__ = ["asked_of", "input_messages", "output_message", "tool_result_value"]


def asked_of(event: BaseEvent) -> object:
    """Return what begins a turn: the text where it is one, else its parts."""
    if not isinstance(event, ModelRequest):
        return None
    parts = [_part(item) for item in event.parts]
    return parts[0]["content"] if len(parts) == 1 and parts[0]["type"] == "text" else parts or None


def input_messages(prompt: Iterable[Any], events: Sequence[BaseEvent]) -> list[Message]:
    """Return what a model is asked: the prompt, and what was said in this conversation."""
    told = [str(part) for part in prompt]
    system = [message("system", [text(part) for part in told])] if told else []
    return [*system, *_conversation(events)]


def output_message(response: ModelResponse) -> Message:
    """Return what a model answered."""
    said = [text(response.content)] if response.content else []
    called = [tool_call(call.name, call.arguments, call.id) for call in response.tool_calls.calls]
    return message("assistant", [*said, *called], response.finish_reason)


def tool_result_value(result: Any) -> object:
    """Return what a tool returned: the value itself where there is one."""
    if not isinstance(result, ToolResultEvent):
        return None
    values = [_value(item) for item in result.result.parts]
    return values[0] if len(values) == 1 else values or None


def _conversation(events: Sequence[BaseEvent]) -> Iterator[Message]:
    for event in events:
        if isinstance(event, ModelRequest):
            yield message("user", [_part(item) for item in event.parts])
        elif isinstance(event, ModelResponse):
            yield output_message(event)
        elif isinstance(event, ToolResultsEvent):
            yield message("tool", [tool_result(tool_result_value(item), item.parent_id) for item in event.results])


def _part(item: Any) -> Part:
    if isinstance(item, BinaryInput):
        return blob("document", str(item.media_type), "")
    return text(_value(item))


def _value(item: Any) -> object:
    if isinstance(item, TextInput):
        return item.content
    if isinstance(item, DataInput):
        return item.data
    return item.url if isinstance(item, UrlInput) else str(item)
