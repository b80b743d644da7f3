"""Writing terms of the query language: the way back from a value to text."""

import re
from typing import Final

__all__ = ["narrowed", "quote_value", "term"]

_PLAIN: Final = re.compile(r"[\w.@/+:-]+")


def quote_value(value: str) -> str:
    """The value as the query language takes it: quoted unless it is a plain word."""
    if _PLAIN.fullmatch(value) and value not in ("OR", "AND", "NOT") and not value.startswith("-"):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term(key: str, value: str, *, is_excluded: bool = False) -> str:
    """``key:value``, or ``-key:value``."""
    return f"{'-' if is_excluded else ''}{key}:{quote_value(value)}"


def narrowed(query: str, wanted: str) -> str:
    """The query with one more term that must fit, however it joins its own."""
    return f"({query}) {wanted}" if query else wanted
