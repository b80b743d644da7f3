"""The address of a page: all of its state is in there, so that a copied link shows the same view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

__all__ = ["Address"]


@dataclass(frozen=True, slots=True)
class Address:
    """A path and its parameters; empty parameters are left out of the link."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)

    def link(self, path: str | None = None, **changes: object) -> str:
        """The same view with some parameters changed; None takes a parameter away."""
        merged: dict[str, str] = dict(self.params)
        for name, value in changes.items():
            key = name.rstrip("_")
            merged.pop(key, None)
            if value is not None and value != "" and value is not False:
                merged[key] = "1" if value is True else str(value)
        query = urlencode({key: value for key, value in merged.items() if value})
        return (path or self.path) + (f"?{query}" if query else "")

    def get(self, name: str, default: str = "") -> str:
        """One parameter's value."""
        return self.params.get(name) or default

    def is_set(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.get(name) not in ("", "0")

    def number(self, name: str, default: int = 0, most: int = 10_000_000) -> int:
        """A parameter as a whole number from 0 to ``most``; ``default`` for anything else."""
        text = self.get(name)
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 12 else default
