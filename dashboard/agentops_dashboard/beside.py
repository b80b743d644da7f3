"""What belongs to a session beside its spans, as an export carries it: what people said of it, and what it printed.

It travels as an instrumentation scope without spans, which every OTLP receiver accepts. Only ``agentops import`` takes
it: whoever may send spans may not speak for people.
"""

from typing import Any, Final, NamedTuple

import orjson

from agentops.wire import encode_attributes, encode_line
from agentops_dashboard.semantics.record import FARTHEST_NS

__all__ = ["BESIDE_SCOPE", "Annotation", "Beside", "Log"]

BESIDE_SCOPE: Final = "agentops.beside"


class Annotation(NamedTuple):
    """One thing that was said; ``span_id`` is empty where it is about the session."""

    span_id: str
    name: str
    value: str
    time_ns: int


class Log(NamedTuple):
    """What a program printed during a trace."""

    trace_id: str
    text: str
    time_ns: int


class Beside(NamedTuple):
    """All of one session."""

    session_id: str
    annotations: list[Annotation]
    logs: list[Log]

    def encode(self, resource: str) -> bytes:
        """Encode as a line; ``resource`` is what ``encode_resource`` returned."""
        held = {"annotations": list(map(list, self.annotations)), "logs": list(map(list, self.logs))}
        text = orjson.dumps({"session_id": self.session_id, **held}).decode()
        scope = f'{{"name":"{BESIDE_SCOPE}","attributes":[{encode_attributes({BESIDE_SCOPE: text})}]}}'
        return encode_line(resource, scope, (), partial=True)

    @classmethod
    def from_scope(cls, attributes: dict[str, Any]) -> "Beside":
        """Read it from its scope's attributes.

        Raises:
            ValueError: They hold nothing of this shape.
        """
        try:
            raw = orjson.loads(attributes[BESIDE_SCOPE])
            annotations = [Annotation(*item) for item in raw["annotations"]]
            logs = [Log(*item) for item in raw["logs"]]
            found = cls(raw["session_id"], annotations, logs)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not what agentops exports beside spans: {error!r}") from error
        items: list[Annotation | Log] = [*annotations, *logs]
        texts = [found.session_id, *(text for item in items for text in item[:-1])]
        are_times = all(type(item.time_ns) is int and 0 <= item.time_ns <= FARTHEST_NS for item in items)
        if any(type(text) is not str for text in texts) or not are_times:
            raise ValueError("not what agentops exports beside spans: a text or a time of another type")
        return found
