"""What agno's models read and write, in agentops' words."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from agno.media import Audio, File, Image, Video
from agno.models.message import Message

from agentops import messages as shapes
from agentops.messages import Part, message, reasoning, text, tool_call, tool_result

__all__ = ["answer_message", "input_messages", "plain"]

_MEDIA: Final = (Image, Audio, Video, File)
_MEDIA_OF_MESSAGES: Final = ("images", "audio", "videos", "files")
_ROLES: Final = {"developer": "system", "model": "assistant"}


def input_messages(messages: Iterable[Any]) -> list[shapes.Message]:
    """Describe what a model is given: agno's ``Message`` objects."""
    return [message(_ROLES.get(item.role, item.role), list(_parts(item))) for item in messages]


def answer_message(content: Any, thoughts: str | None, calls: Iterable[Any]) -> list[shapes.Message]:
    """Describe what a model has answered."""
    parts = [reasoning(thoughts)] if thoughts else []
    if content:
        parts.append(text(plain(content)))
    return [message("assistant", [*parts, *map(_call, calls)])]


def plain(value: Any) -> Any:
    """Return what a run or tool was given or returned, with messages by what they say, and media as words."""
    if type(value) in {list, tuple}:
        return [plain(item) for item in value]
    if isinstance(value, Message):
        return plain(value.content)
    return _named(value) if isinstance(value, _MEDIA) else value


def _parts(item: Any) -> Iterator[Part]:
    content = item.content
    if item.role == "tool":
        yield tool_result(content, item.tool_call_id)
        return
    if item.reasoning_content:
        yield reasoning(item.reasoning_content)
    if isinstance(content, str):
        content = [content] if content else []
    for element in content or ():
        yield text(element.get("text", element) if isinstance(element, dict) else plain(element))
    for name in _MEDIA_OF_MESSAGES:
        for medium in getattr(item, name, None) or ():
            yield text(_named(medium))
    for call in item.tool_calls or ():
        yield _call(call)


def _call(call: Any) -> Part:
    function = call.get("function") or {} if isinstance(call, dict) else {}
    named = call if isinstance(call, dict) else {}
    name, arguments = function.get("name") or named.get("name"), function.get("arguments", named.get("arguments"))
    return tool_call(name, arguments, named.get("id") or named.get("call_id"))


def _named(medium: Any) -> str:
    """Name a picture, sound, video or file: by its address, never by what is in it."""
    where = getattr(medium, "url", None) or getattr(medium, "filepath", None)
    return f"[{type(medium).__name__.lower()}{f' {where}' if where else ''}]"
