"""What one request or one spool line holds, and how much of it is taken."""

from dataclasses import dataclass, field
from typing import Any

from agentops.wire import Ledger
from agentops_dashboard.beside import Beside
from agentops_dashboard.semantics.record import FARTHEST_NS, RawSpan

__all__ = ["BAD_SPAN", "MOST_ATTRIBUTES", "Batch", "bounded"]

BAD_SPAN = "a span without valid ids or times"
MOST_ATTRIBUTES = 1000
_KEY_LIMIT = 256
_COUNT_LIMIT = 2**40
"""Of spans in a session. A million accounts of so many can still be summed."""


@dataclass(slots=True)
class Batch:
    """Decoded spans and ledgers, and what an export has beside them.

    ``rejected`` maps a reason to the number of spans refused for it.
    """

    spans: list[RawSpan] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)

    def add_ledger(self, attributes: dict[str, Any]) -> None:
        """Take a ledger from its scope's attributes; one of another shape is counted."""
        try:
            ledger = Ledger.from_scope(attributes)
        except ValueError:
            self.reject("a ledger of unknown shape")
            return
        counts, facts = [], [ledger.has_exited]
        for one in ledger.sessions.values():
            counts += [one.spans, one.spans_left_out, one.dropped_spans, one.dropped_payloads, one.redactions]
            facts.append(one.has_ended)
        is_counted = all(type(count) is int and 0 <= count < _COUNT_LIMIT for count in counts)
        is_counted = is_counted and type(ledger.time_ns) is int and 0 <= ledger.time_ns < FARTHEST_NS
        if type(ledger.process) is str and is_counted and all(type(fact) is bool for fact in facts):
            self.ledgers.append(ledger)
        else:
            self.reject("a ledger of unknown shape")

    def add_beside(self, attributes: dict[str, Any]) -> None:
        """Take what an export has beside spans from its scope's attributes; of another shape it is counted."""
        try:
            self.beside.append(Beside.from_scope(attributes))
        except ValueError:
            self.reject("notes or logs of unknown shape")

    def reject(self, reason: str) -> None:
        """Count one span that cannot be taken."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


def bounded(attributes: dict[str, Any]) -> dict[str, Any]:
    """Keep a reasonable number of attributes with reasonable names; says in one more how many it left out."""
    if len(attributes) <= MOST_ATTRIBUTES and max(map(len, attributes), default=0) <= _KEY_LIMIT:
        return attributes
    short = {key: value for key, value in attributes.items() if len(key) <= _KEY_LIMIT}
    kept = dict(list(short.items())[:MOST_ATTRIBUTES])
    return kept | {"agentops.left_out_attributes": len(attributes) - len(kept)}
