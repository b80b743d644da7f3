"""What smolagents' models read and write, in agentops' words."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from smolagents.agent_types import AgentAudio, AgentImage
from smolagents.models import get_tool_json_schema

from agentops.chat_answers import ChatAnswer
from agentops.chat_format import field_of
from agentops.messages import Message, Part, message, text, tool_call

__all__ = ["answer_in", "chat_message", "input_messages", "plain", "tool_definitions"]

_ROLES: Final = {"tool-call": "assistant", "tool-response": "tool"}


def input_messages(messages: Iterable[Any]) -> list[Message]:
    """Describe what a model is given: ``ChatMessage`` objects, or dictionaries like them."""
    return [chat_message(item) for item in messages]


def chat_message(item: Any, finish_reason: str | None = None) -> Message:
    """Describe one message."""
    role = field_of(item, "role")
    role = str(getattr(role, "value", role))
    return message(_ROLES.get(role, role), list(_parts(item)), finish_reason)


def answer_in(raw: Any) -> ChatAnswer | None:
    """Return what a provider answered, where a model hands that on in the format of chat completions."""
    if not isinstance(getattr(raw, "choices", None), list):
        return None
    answer = ChatAnswer()
    answer.whole(raw)
    return answer


def tool_definitions(tools: Iterable[Any]) -> list[dict[str, Any]]:
    """Describe the tools that a model may ask for."""
    return [get_tool_json_schema(tool) for tool in tools]


def plain(value: Any) -> Any:
    """Return what an agent or a tool was given or returned, with texts and pictures as they can be kept.

    smolagents' own types for them are not asked for their text: that of a picture is the name of a file, which they
    write then.
    """
    if type(value) is dict:
        return {name: _one(item) for name, item in value.items()}
    return [_one(item) for item in value] if type(value) in {list, tuple} else _one(value)


def _one(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, AgentAudio):
        return "[sound]"
    # The type is a picture itself, of no size, and holds the real one if it has been loaded.
    size = getattr(value._raw if isinstance(value, AgentImage) else value, "size", None)
    if isinstance(size, tuple) and len(size) == 2:
        return f"[image, {size[0]}×{size[1]} pixels]"
    return "[image]" if isinstance(value, AgentImage) else value


def _parts(item: Any) -> Iterator[Part]:
    content = field_of(item, "content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content else []
    for element in content or ():
        kind = field_of(element, "type")
        # smolagents holds pixels, not the file: to keep them would mean to encode a PNG for each model call.
        yield text(plain(field_of(element, "image")) if kind == "image" else field_of(element, "text"))
    for call in field_of(item, "tool_calls") or ():
        function = field_of(call, "function")
        yield tool_call(field_of(function, "name"), field_of(function, "arguments"), field_of(call, "id"))
