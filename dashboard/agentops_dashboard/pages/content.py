"""What was said: inputs and outputs of spans as messages, text or data."""

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

__all__ = ["SHOWN_CHARACTERS", "Message", "Part", "as_json", "as_text", "cut", "instructions", "messages_of"]

SHOWN_CHARACTERS: Final = 65_536
"""Longer texts are cut in the page; the whole is one click away."""

_IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
_TEXT_KEYS: Final = ("content", "text", "response", "result", "reasoning")


@dataclass(slots=True)
class Part:
    """One part of a message: ``text``, ``reasoning``, ``tool_call``, ``tool_result``, ``image`` or ``data``."""

    kind: str
    text: str = ""
    name: str = ""
    call_id: str = ""
    data: Any = None


@dataclass(slots=True)
class Message:
    """Who said what. ``role`` is system, user, assistant, tool, or the program's own word."""

    role: str
    parts: list[Part] = field(default_factory=list)
    finish_reason: str = ""

    @property
    def text(self) -> str:
        """All text of the message."""
        return "\n".join(part.text for part in self.parts if part.text)


def as_json(value: Any) -> str:
    """The value as indented JSON."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode(
        "utf-8", "replace"
    )


def as_text(value: Any) -> str:
    """Text as it is, data as indented JSON, nothing as an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)


def cut(text: str, limit: int = SHOWN_CHARACTERS) -> tuple[str, int]:
    """The beginning of a text, and how many characters were left out."""
    return (text, 0) if len(text) <= limit else (text[:limit], len(text) - limit)


def instructions(value: Any) -> str:
    """System instructions as text: the texts of their parts, or whatever else was sent, as it is."""
    if isinstance(value, str) and value[:1] == "[":
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return str(value)
    if isinstance(value, list):
        texts = [part.get("content", part) if isinstance(part, dict) else part for part in value]
        return "\n\n".join(as_text(text) for text in texts)
    return as_text(value)


def messages_of(value: Any) -> list[Message]:
    """Read a conversation in the GenAI shape or in OpenAI's, also as the one member of a graph's state.

    Returns:
        An empty list if the value is no conversation.
    """
    if isinstance(value, dict) and value.keys() == {"messages"}:
        value = value["messages"]
    if not isinstance(value, list) or not value:
        return []
    if not all(isinstance(item, dict) and "role" in item for item in value):
        return []
    return [_message(item) for item in value]


def _message(item: dict[str, Any]) -> Message:
    message = Message(str(item["role"]), finish_reason=str(item.get("finish_reason") or ""))
    parts = item.get("parts", item.get("content"))
    for part in parts if isinstance(parts, list) else [parts]:
        if part is not None and part != "":
            message.parts.append(_part(part))
    for call in item.get("tool_calls") or ():
        if isinstance(call, dict):
            message.parts.append(_openai_call(call))
    if message.role == "tool" and item.get("tool_call_id"):
        text = message.text
        message.parts = [Part("tool_result", text=text, call_id=str(item["tool_call_id"]))]
    return message


def _part(part: Any) -> Part:
    if isinstance(part, str):
        return Part("text", text=part)
    if not isinstance(part, dict):
        return Part("data", data=part)
    kind = part.get("type")
    call_id = str(part.get("id") or "")
    if kind == "tool_call":
        return Part("tool_call", name=str(part.get("name") or ""), call_id=call_id, data=part.get("arguments"))
    if kind == "tool_call_response":
        response = part.get("response", part.get("result"))
        return Part("tool_result", text=as_text(response), call_id=call_id, data=response)
    if kind in ("reasoning", "thinking"):
        return Part("reasoning", text=as_text(_first(part)))
    if image := _image(part):
        return Part("image", text=image)
    text = _first(part)
    return Part("text", text=text) if isinstance(text, str) and kind in (None, "text") else Part("data", data=part)


def _image(part: dict[str, Any]) -> str | None:
    """A picture inside a part as an address that holds it: in the GenAI shape, in Anthropic's or in OpenAI's."""
    source = part.get("source")
    if isinstance(source, dict):  # Anthropic's
        part = {"mime_type": source.get("media_type"), "content": source.get("data")}
    mime_type, content = part.get("mime_type"), part.get("content")
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    if isinstance(url, str) and url.startswith("data:"):
        head, _, content = url.partition(";base64,")
        mime_type = head.removeprefix("data:")
    return f"data:{mime_type};base64,{content}" if mime_type in _IMAGES and isinstance(content, str) else None


def _first(part: dict[str, Any]) -> Any:
    return next((part[key] for key in _TEXT_KEYS if part.get(key) is not None), None)


def _openai_call(call: dict[str, Any]) -> Part:
    function = call.get("function")
    function = function if isinstance(function, dict) else call
    return Part(
        "tool_call",
        name=str(function.get("name") or ""),
        call_id=str(call.get("id") or ""),
        data=function.get("arguments", function.get("args")),
    )
