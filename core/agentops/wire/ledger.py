"""The ledger: what a recording process says about itself, so that a reader can tell what is missing.

Written every few seconds while sessions run (the heartbeat), when a session ends, and at exit. It travels as an
instrumentation scope without spans, which every OTLP receiver accepts.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from agentops.wire.otlp import encode_attributes, encode_line

__all__ = ["LEDGER_SCOPE", "Ledger", "SessionLedger"]

LEDGER_SCOPE: Final = "agentops.ledger"
_ATTRIBUTE: Final = "agentops.ledger"


@dataclass(slots=True)
class SessionLedger:
    """One process's account of one session."""

    spans: int = 0
    """Spans that this process started in the session."""
    spans_left_out: int = 0
    """Of these, spans that a span filter left out on purpose."""
    dropped_spans: int = 0
    """Spans that were lost before they reached the disk."""
    dropped_payloads: int = 0
    """Spans recorded without their content, because a queue or the disk was full."""
    redactions: int = 0
    """Matches that redaction removed."""
    has_ended: bool = False


@dataclass(slots=True)
class Ledger:
    """A process's account at one moment. ``time_ns`` is nanoseconds since the Unix epoch."""

    process: str
    time_ns: int
    has_exited: bool = False
    sessions: dict[str, SessionLedger] = field(default_factory=dict)

    def encode(self, resource: str) -> bytes:
        """Encode as a partial line; ``resource`` is what ``encode_resource`` returned."""
        text = json.dumps(asdict(self), separators=(",", ":"))
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
