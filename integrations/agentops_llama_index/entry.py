"""What LlamaIndex says when a span begins."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Entry", "name_of"]

_TAIL: Final = len("-00000000-0000-0000-0000-000000000000")


def name_of(key: str) -> str:
    """Return what an id of LlamaIndex begins with: ``Class.method``, or a function's qualified name."""
    return key[:-_TAIL]


class Entry:
    """The beginning of a span.

    Args:
        key: Its id.
        arguments: What the function was called with, by parameter; ``args`` and ``kwargs`` are parameters like others.
        instance: What the method was called on; None for a function.
        parent_key: Id of the span around it, as LlamaIndex sees it.
    """

    __slots__ = ("arguments", "instance", "key", "method", "name", "owner", "parent_key")

    def __init__(self, key: str, arguments: Mapping[str, Any], instance: Any, parent_key: str | None) -> None:
        self.key = key
        self.arguments = arguments
        self.instance = instance
        self.parent_key = parent_key
        self.name = name_of(key)
        self.owner, _, self.method = self.name.rpartition(".")

    @property
    def named_arguments(self) -> dict[str, Any]:
        """What was given by name: to a parameter, or beyond those that there are."""
        named = {name: value for name, value in self.arguments.items() if name not in {"args", "kwargs"}}
        named.update(self.arguments.get("kwargs") or {})
        return named

    @property
    def title(self) -> str:
        """Name of the class whose method it is."""
        return type(self.instance).__name__
