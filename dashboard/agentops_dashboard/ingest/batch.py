"""What one request or one spool line holds, and how much of it is taken."""

from dataclasses import dataclass, field
from typing import Any

from agentops.wire import Ledger
from agentops_dashboard.semantics.record import RawSpan

__all__ = ["MOST_ATTRIBUTES", "Batch", "bounded"]

MOST_ATTRIBUTES = 1000
_KEY_LIMIT = 256


@dataclass(slots=True)
class Batch:
    """Decoded spans and ledgers. ``rejected`` maps a reason to the number of spans refused for it."""

    spans: list[RawSpan] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        """Count one span that cannot be taken."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


def bounded(attributes: dict[str, Any]) -> dict[str, Any]:
    """Keep a reasonable number of attributes with reasonable names; says in one more how many it left out."""
    if len(attributes) <= MOST_ATTRIBUTES and all(len(key) <= _KEY_LIMIT for key in attributes):
        return attributes
    short = {key: value for key, value in attributes.items() if len(key) <= _KEY_LIMIT}
    kept = dict(list(short.items())[:MOST_ATTRIBUTES])
    return kept | {"agentops.left_out_attributes": len(attributes) - len(kept)}
