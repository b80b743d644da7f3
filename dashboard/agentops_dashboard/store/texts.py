"""The human text inside content values: for previews, and for full-text search over what is new."""

from collections import OrderedDict
from typing import Any

__all__ = ["FreshTexts", "conversation_in", "leaf_texts", "preview"]

_NOT_TEXT = frozenset({"id", "role", "type", "finish_reason", "mime_type", "modality"})
_FILES = ("blob", "image", "image_url", "input_image", "audio")
_TEXT_LIMIT = 20_000
_DEPTH_LIMIT = 12


def leaf_texts(value: Any) -> list[str]:
    """Return the texts inside a content value; ids, roles and inline files are no text."""
    texts: list[str] = []
    _collect(value, 0, texts)
    return texts


def _collect(value: Any, depth: int, texts: list[str]) -> None:
    kind = type(value)
    if kind is str:
        if value:
            texts.append(value)
    elif kind is dict:
        if depth < _DEPTH_LIMIT and value.get("type") not in _FILES:
            for key, item in value.items():
                if key not in _NOT_TEXT:
                    _collect(item, depth + 1, texts)
    elif kind is list:
        if depth < _DEPTH_LIMIT:
            for item in value:
                _collect(item, depth + 1, texts)
    elif kind is int or kind is float:
        texts.append(str(value))


def conversation_in(value: Any) -> Any:
    """The messages that a graph's state holds beside other things; any other value as it is."""
    held = value.get("messages") if type(value) is dict else None
    return held if type(held) is list and held and all(type(one) is dict and "role" in one for one in held) else value


def preview(value: Any, limit: int = 160) -> str | None:
    """Return one line of a content value: its last message if it is or holds a conversation, else its first text."""
    value = conversation_in(value)
    if type(value) is list and value and type(value[-1]) is dict and "parts" in value[-1]:
        value = _message_parts(value)
    parts, size = [], 0
    for text in leaf_texts(value):
        line = " ".join(text[: limit * 2].split())
        if line:
            parts.append(line)
            size += len(line) + 1
            if size > limit:
                break
    joined = " ".join(parts)
    return (joined if len(joined) <= limit else joined[: limit - 1] + "…") or None


def _message_parts(messages: list[Any]) -> Any:
    """The last message's spoken parts, or its tool calls as ``name(arguments)``."""
    parts = messages[-1].get("parts")
    if type(parts) is not list:
        return parts
    spoken = [part for part in parts if type(part) is dict and part.get("type") == "text"]
    if spoken:
        return [part.get("content") for part in spoken]
    calls = [part for part in parts if type(part) is dict and part.get("type") == "tool_call"]
    if calls:
        return [f"{call.get('name')}({preview(call.get('arguments'), 60) or ''})" for call in calls]
    return parts


class FreshTexts:
    """Remembers which texts of a session were seen, so that a repeated history is indexed once.

    Forgetting a session costs space in the index and nothing else, so only the latest ones are kept.
    """

    def __init__(self, sessions: int = 2000) -> None:
        self._seen: OrderedDict[object, set[int]] = OrderedDict()
        self._sessions = sessions

    def forget(self, owner: object) -> None:
        """Take texts of an owner for new again: they were not stored after all."""
        self._seen.pop(owner, None)

    def forget_all(self) -> None:
        """Take every text for new again: something was deleted, and must be found when it is sent again."""
        self._seen.clear()

    def take(self, owner: object, values: tuple[Any, ...]) -> list[str]:
        """Return the texts inside these values that this owner, such as a project's trace, has not shown before."""
        seen = self._seen.get(owner)
        if seen is None:
            seen = self._seen[owner] = set()
            if len(self._seen) > self._sessions:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(owner)
        texts: list[str] = []
        for value in values:
            _collect(value, 0, texts)
        fresh = []
        for text in texts:
            key = hash(text)
            if key not in seen:
                seen.add(key)
                fresh.append(text[:_TEXT_LIMIT])
        return fresh
