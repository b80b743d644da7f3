"""Attribute values as the types that fields need; what does not fit is unknown, never an error."""

import hashlib
import math
import re
from typing import Any

import orjson

__all__ = ["as_data", "as_first_text", "as_integer", "as_nano", "as_object", "as_seconds_ns", "as_strings", "as_text"]

_INT64 = 2**63
_DEEPEST = 100
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@=-]{0,127}")


def as_text(value: Any) -> str | None:
    """Text; numbers as they print, anything longer as JSON."""
    if type(value) is str:
        return value or None
    if value is None:
        return None
    if isinstance(value, bool | int | float):
        return str(value)
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def as_first_text(value: Any) -> str | None:
    """The first of several, also from JSON text; one alone is itself."""
    data = as_data(value)
    if type(data) is list:
        data = next((item for item in data if item), None)
    return as_text(data)


def as_session_id(value: Any) -> str | None:
    """Return an id as it may stand in an address; what may not is replaced by a digest, the same one each time."""
    text = as_text(value)
    if not text or _PLAIN_ID.fullmatch(text):
        return text or None
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"session-{digest}"


def as_integer(value: Any) -> int | None:
    """A whole number of zero or more, also from text and from floats that are whole."""
    is_digits = type(value) is str and value.isascii() and value.isdigit() and len(value) < 19
    if is_digits or (type(value) is float and value.is_integer()):
        value = int(value)
    return value if type(value) is int and 0 <= value < _INT64 else None


def as_nano(value: Any) -> int | None:
    """Dollars as nano-dollars."""
    number = _number(value)
    return None if number is None or not 0 <= number < 1e9 else round(number * 1e9)


def as_seconds_ns(value: Any) -> int | None:
    """Seconds as nanoseconds."""
    number = _number(value)
    return None if number is None or not 0 <= number < 1e9 else round(number * 1e9)


def _number(value: Any) -> float | None:
    if type(value) is str:
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def as_data(value: Any) -> Any:
    """JSON text becomes data; any other text stays text."""
    if type(value) is str and value[:1] in ("{", "["):
        try:
            data = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
        is_flat = value.count("[") + value.count("{") <= _DEEPEST
        return data if is_flat or _is_shallow(data) else value
    return value


def _is_shallow(data: Any) -> bool:
    """Say whether data nests no deeper than what can be written again; orjson writes 254 levels and reads 1024."""
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            inner
            for item in level
            if type(item) in (list, dict)
            for inner in (item if type(item) is list else item.values())
        ]
        if not level:
            return True
    return False


def as_object(value: Any) -> dict[str, Any] | None:
    """A JSON object, or nothing."""
    data = as_data(value)
    return data if type(data) is dict else None


def as_strings(value: Any) -> list[str]:
    """A list of texts; from JSON text, and from text with commas too."""
    data = as_data(value)
    if type(data) is str:
        data = [part.strip() for part in data.split(",")]
    if type(data) is dict:
        data = [f"{key}:{item}" for key, item in data.items()]
    return [str(item) for item in data if item is not None and item != ""] if type(data) is list else []
