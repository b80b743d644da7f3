"""What a plugin's span filters get: a span as it is about to be written."""

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["SpanFilter", "SpanRecord"]


@dataclass(slots=True)
class SpanRecord:
    """A span as it is about to be written. A filter may change anything but the ids.

    ``attributes`` holds plain data (see ``agentops.sdk.values.capture``) under the names of ``agentops.semconv``;
    ``events`` holds ``(name, time_ns, attributes)``.
    """

    session_id: str
    span_id: str
    parent_id: str | None
    kind: str
    name: str
    status: str
    attributes: dict[str, object]
    events: list[tuple[str, int, dict[str, object]]] = field(default_factory=list)
    status_message: str = ""


SpanFilter = Callable[[SpanRecord], SpanRecord | None]
"""Called in the writing thread for each record of a span; returns what to write, or None to leave the span out."""
