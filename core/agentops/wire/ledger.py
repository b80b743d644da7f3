"""The ledger: what a recording process says about itself, so that a reader can tell what is missing.

Written every few seconds while sessions run (the heartbeat), when a session ends, and at exit. It travels as an
instrumentation scope without spans, which every OTLP receiver accepts.
"""

import json
from typing import Any, Final

from agentops.wire.otlp import encode_attributes, encode_line

__all__ = ["LEDGER_SCOPE", "Ledger", "SessionLedger"]

LEDGER_SCOPE: Final = "agentops.ledger"
_ATTRIBUTE: Final = "agentops.ledger"


class SessionLedger:
    """One process's account of one session. A plain class: a dataclass would cost every import of agentops 3 ms."""

    __slots__ = ("dropped_payloads", "dropped_spans", "has_ended", "redactions", "spans", "spans_left_out")

    def __init__(
        self,
        *,
        spans: int = 0,
        spans_left_out: int = 0,
        dropped_spans: int = 0,
        dropped_payloads: int = 0,
        redactions: int = 0,
        has_ended: bool = False,
    ) -> None:
        self.spans = spans
        """Spans that this process started in the session."""
        self.spans_left_out = spans_left_out
        """Of these, spans that a span filter left out on purpose."""
        self.dropped_spans = dropped_spans
        """Spans that were lost before they reached the disk."""
        self.dropped_payloads = dropped_payloads
        """Spans recorded without their content, because a queue or the disk was full."""
        self.redactions = redactions
        """Matches that redaction removed."""
        self.has_ended = has_ended

    def as_dict(self) -> dict[str, int | bool]:
        """Return the numbers by name."""
        return {name: getattr(self, name) for name in self.__slots__}


class Ledger:
    """A process's account at one moment. ``time_ns`` is nanoseconds since the Unix epoch."""

    __slots__ = ("has_exited", "process", "sessions", "time_ns")

    def __init__(
        self, process: str, time_ns: int, has_exited: bool = False, sessions: dict[str, SessionLedger] | None = None
    ) -> None:
        self.process = process
        self.time_ns = time_ns
        self.has_exited = has_exited
        self.sessions: dict[str, SessionLedger] = {} if sessions is None else sessions

    def encode(self, resource: str) -> bytes:
        """Encode as a partial line; ``resource`` is what ``encode_resource`` returned."""
        sessions = {session_id: ledger.as_dict() for session_id, ledger in self.sessions.items()}
        account = {
            "process": self.process,
            "time_ns": self.time_ns,
            "has_exited": self.has_exited,
            "sessions": sessions,
        }
        text = json.dumps(account, separators=(",", ":"))
        scope = f'{{"name":"{LEDGER_SCOPE}","attributes":[{encode_attributes({_ATTRIBUTE: text})}]}}'
        return encode_line(resource, scope, (), partial=True)

    @classmethod
    def from_scope(cls, scope_attributes: dict[str, Any]) -> "Ledger":
        """Read a ledger from its scope's attributes (a plain dictionary).

        Raises:
            ValueError: The attributes hold no ledger of this shape.
        """
        try:
            raw = json.loads(scope_attributes[_ATTRIBUTE])
            sessions = {str(key): SessionLedger(**value) for key, value in raw.pop("sessions").items()}
            return cls(sessions=sessions, **raw)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"not an agentops ledger: {error!r}") from error
