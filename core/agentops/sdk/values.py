"""Making any value safe to keep: a bounded snapshot of plain data, taken in the recording thread.

Text and numbers are kept by reference, since they cannot change. Containers are copied up to a limit, because the
program goes on changing them. Anything else becomes text. Whatever the value does (a ``__repr__`` that raises, a
structure that contains itself, 100 MB of text), the result is small, plain and free of cycles.
"""

import datetime
import enum
import math
import os
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Final

from agentops.sdk.guard import attempt

__all__ = ["LIMIT_CHARS", "LIMIT_ITEMS", "Snapshot", "capture", "capture_own", "capture_sized", "clip"]

LIMIT_CHARS: Final = 1024 * 1024
"""Characters of text kept of one value."""
LIMIT_ITEMS: Final = 10_000
"""Elements kept of one value, over all its containers."""
LIMIT_DEPTH: Final = 16
"""Levels of nesting kept of one value."""
LIMIT_REPR: Final = 64 * 1024
"""Characters kept of the text of one opaque object."""

_ATOMS: Final = frozenset({type(None), bool, int})
_AS_TEXT: Final = (datetime.date, datetime.time, datetime.timedelta)
_AS_TEXT_BY_NAME: Final = {("decimal", "Decimal"), ("uuid", "UUID"), ("fractions", "Fraction")}
"""More types whose text says all, by name: importing their modules would cost every program some milliseconds."""


def clip(text: str, limit: int = LIMIT_CHARS) -> str:
    """Cut text to a number of characters and say in it how much there was."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… [truncated: {limit:,} of {len(text):,} characters]"


def capture(value: object) -> object:
    """Return a plain snapshot: ``None``, ``bool``, ``int``, ``float``, ``str``, or ``dict``/``list`` of these.

    Dictionaries get text keys. Numbers that JSON has no word for become text (``"NaN"``). Never raises.
    """
    kind = type(value)
    if kind is str:
        return value if len(value) <= LIMIT_CHARS else clip(value)  # type: ignore[arg-type]
    if kind in _ATOMS:
        return value
    return _capture_counted(value)[0]


def capture_sized(value: object) -> tuple[object, int]:
    """Capture a value; returns it with the number of characters that it keeps."""
    kind = type(value)
    if kind is str:
        size = len(value)  # type: ignore[arg-type]
        return (value, size) if size <= LIMIT_CHARS else (clip(value), LIMIT_CHARS)  # type: ignore[arg-type]
    if kind in _ATOMS:
        return value, 0
    kept, size, _ = _capture_counted(value)
    return kept, size


def capture_own(values: dict[str, object]) -> tuple[object, int]:
    """Capture a dictionary that nobody else holds, such as a call's arguments: it is copied only if it must be."""
    size = 0
    for value in values.values():
        kind = type(value)
        if kind is str:
            size += len(value)  # type: ignore[arg-type]
        elif kind not in _ATOMS:
            return capture_sized(values)
    return (values, size) if size <= LIMIT_CHARS and len(values) <= LIMIT_ITEMS else capture_sized(values)


def _capture_counted(value: object) -> tuple[object, int, int]:
    """Capture a value; returns it with the characters and elements that it took of the limits."""
    budget = [LIMIT_CHARS, LIMIT_ITEMS]
    try:
        copied = _copied(value, LIMIT_DEPTH, budget)
    except _UnusualError:
        pass
    else:
        if budget[0] >= 0 and budget[1] >= 0:
            return copied, LIMIT_CHARS - budget[0], LIMIT_ITEMS - budget[1]
    capturing = _Capture()
    captured = capturing.take(value, 0)
    return captured, LIMIT_CHARS - capturing.chars, LIMIT_ITEMS - capturing.items


class _UnusualError(Exception):
    """The value is more than a few nested dictionaries and lists."""


def _copied(value: Any, depth: int, budget: list[int]) -> Any:
    """Copy what most values are, some plain dictionaries and lists, without the care that ``_Capture`` takes.

    ``budget`` holds characters and elements left. That they have sufficed is for the caller to check: nothing is copied
    of a text. A value that contains itself is too deep.

    Raises:
        _UnusualError: There is something else in it, or it is too deep or too large.
    """
    kind = type(value)
    if kind is str:
        budget[0] -= len(value)
        return value
    if kind is dict or kind is list or kind is tuple:
        budget[1] -= len(value)
        if budget[1] < 0 or depth <= 0:
            raise _UnusualError
        if kind is not dict:
            return [item if type(item) in _ATOMS else _copied(item, depth - 1, budget) for item in list(value)]
        # One copy in C first: another thread may be changing the original.
        result: dict[str, object] = value.copy()
        chars = 0
        for key, item in result.items():
            if type(key) is not str:
                raise _UnusualError
            if type(item) is str:  # most are: a call less
                chars += len(item)
            elif type(item) not in _ATOMS:
                result[key] = _copied(item, depth - 1, budget)  # no new key, so the dictionary keeps its size
        budget[0] -= chars
        return result
    if kind is Snapshot:
        budget[0] -= value.chars
        budget[1] -= value.items
        return value.value
    if kind is float and math.isfinite(value):
        return value
    raise _UnusualError


class Snapshot:
    """A value captured once that several spans may share: a message that each request repeats, tool definitions.

    It may stand wherever a value may be recorded, also inside of others, and is not walked again.
    """

    __slots__ = ("chars", "items", "value")

    def __init__(self, value: object) -> None:
        self.value, self.chars, self.items = _capture_counted(value)


class _Capture:
    """One capture in progress: what it may still keep, and which containers it is inside of."""

    __slots__ = ("chars", "inside", "items")

    def __init__(self) -> None:
        self.chars = LIMIT_CHARS
        self.items = LIMIT_ITEMS
        self.inside: set[int] = set()

    def take(self, value: Any, depth: int) -> object:
        kind = type(value)
        if kind is str:
            return self._text(value)
        if value is None or kind is bool or kind is int:
            return value
        if kind is float:
            return value if math.isfinite(value) else str(value)
        if kind is dict:
            return self._container(value, depth, self._mapping)
        if kind is list or kind is tuple:
            return self._container(value, depth, self._sequence)
        if kind is Snapshot:
            return self._snapshot(value, depth)
        return self._other(value, depth)

    def _text(self, value: str) -> str:
        if len(value) <= self.chars:
            self.chars -= len(value)
            return value
        cut = clip(value, self.chars)
        self.chars = 0
        return cut

    def _snapshot(self, value: Snapshot, depth: int) -> object:
        if value.chars > self.chars or value.items > self.items:
            return self.take(value.value, depth)
        self.chars -= value.chars
        self.items -= value.items
        return value.value

    def _container(self, value: Any, depth: int, take: Callable[[Any, int], object]) -> object:
        if id(value) in self.inside:
            return "[circular reference]"
        if depth >= LIMIT_DEPTH:
            return f"[{type(value).__name__} nested more than {LIMIT_DEPTH} levels deep]"
        self.inside.add(id(value))
        try:
            return take(value, depth + 1)
        finally:
            self.inside.discard(id(value))

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> object:
        result: dict[str, object] = {}
        for key, item in list(value.items()):
            if self._is_full():
                result["…"] = f"[truncated: {len(value):,} keys]"
                break
            result[key if type(key) is str else str(self._text(self._opaque(key)))] = self.take(item, depth)
        return result

    def _sequence(self, value: Any, depth: int) -> object:
        result: list[object] = []
        for item in list(value):
            if self._is_full():
                result.append(f"[truncated: {len(value):,} items]")
                break
            result.append(self.take(item, depth))
        return result

    def _is_full(self) -> bool:
        self.items -= 1
        return self.items < 0 or self.chars <= 0

    def _other(self, value: Any, depth: int) -> object:
        return attempt(self._convert, partial(_unreadable, value), value, depth)

    def _convert(self, value: Any, depth: int) -> object:
        if isinstance(value, enum.Enum):
            return self.take(value.value, depth + 1)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, (int, float)):
            return self.take(int(value) if isinstance(value, int) else float(value), depth)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._text(_bytes_text(bytes(value)))
        if isinstance(value, _AS_TEXT) or (type(value).__module__, type(value).__name__) in _AS_TEXT_BY_NAME:
            return self._text(str(value))
        if isinstance(value, os.PathLike):
            return self.take(os.fspath(value), depth + 1)
        if isinstance(value, Mapping):
            return self._container(value, depth, self._mapping)
        if isinstance(value, (list, tuple, AbstractSet)):
            return self._container(value, depth, self._sequence)
        return self._object(value, depth)

    def _object(self, value: Any, depth: int) -> object:
        if isinstance(value, type):
            return f"<class {value.__module__}.{value.__qualname__}>"
        if hasattr(type(value), "__dataclass_fields__"):
            from dataclasses import fields  # slow to import, and here already imported

            plain = {field.name: getattr(value, field.name, None) for field in fields(value)}
            return self._container(plain, depth, self._mapping)
        dump = getattr(type(value), "model_dump", None)
        if callable(dump):
            return self._container(dump(value), depth, self._mapping)
        return self._text(self._opaque(value))

    def _opaque(self, value: object) -> str:
        return clip(value if isinstance(value, str) else attempt(repr, partial(_unreadable, value), value), LIMIT_REPR)


def _unreadable(value: object, error: Exception) -> str:
    return f"<{type(value).__name__} that could not be read: {type(error).__name__}>"


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{len(value):,} bytes: {value[:32].hex()}…>"
