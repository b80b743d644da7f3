"""What a store of sessions promises, whichever engine keeps them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import Engine

from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.prices import Prices

__all__ = ["ANNOTATIONS", "PricedCall", "SegmentPart", "Store"]

ANNOTATIONS = ("bookmark", "score", "note")
"""What can be said about a session or a span. A score is ``up`` or ``down``, a note is text, a bookmark is ``yes``."""


@dataclass(frozen=True, slots=True)
class SegmentPart:
    """The bytes of a spool segment that a batch was read from."""

    name: str
    start: int
    end: int


class PricedCall(NamedTuple):
    """What a model call costs by other prices. ``version`` is the span's, so that a newer record is left alone."""

    trace_id: str
    span_id: str
    version: int
    cost_nano: int | None
    cost_source: str | None


class Store(Protocol):
    """Takes sessions in, changes and removes them; what is read goes through ``engine``.

    Safe to share between threads. What a method did is durable, and seen by readers, when it returns.

    Attributes:
        home: Where the settings stand that a store goes by: ``prices.json`` and ``retention.json``.
        location: What to call it to people: a path, or a URL without its password.
        prices: What model calls cost.
        batches_at_once: How many callers of ``add`` at the same time it gains from.
        errors: What it raises when the engine is out of reach, full or too busy; trying again later may help.
    """

    home: Path
    location: str
    prices: Prices
    batches_at_once: int
    errors: tuple[type[Exception], ...]

    def close(self) -> None:
        """Close the connections that write."""
        ...

    def engine(self, limit_s: float | None = None) -> Engine:
        """Return a new pool of connections that only read; the caller disposes of it.

        Args:
            limit_s: Seconds after which a question is given up with one of ``errors``; without it none is.
        """
        ...

    def add(
        self,
        project: str,
        records: Iterable[SpanRecord],
        ledgers: Iterable[Ledger] = (),
        *,
        counts: Mapping[str, Mapping[str, int]] | None = None,
        part: SegmentPart | None = None,
    ) -> None:
        """Store spans and ledgers; the summaries of their sessions are right when this returns.

        What is there already in the same or a newer version changes nothing.

        Args:
            project: Whose they are.
            records: Spans, in any order.
            ledgers: What recording processes said of their sessions.
            counts: What to add to the counters of the health badge, by name and label.
            part: Where they were read from. Nothing is stored if somebody else has read on from there meanwhile.
        """
        ...

    def segment_offset(self, name: str) -> int:
        """Return how far a spool segment has been read, in bytes."""
        ...

    def forget_segment(self, name: str) -> None:
        """Drop the offset of a segment that is gone."""
        ...

    def mark_dead(self, process: str) -> None:
        """Say that a recording process is gone: its sessions that have not ended are abandoned."""
        ...

    def set_tags(self, project: str, session_id: str, tags: list[str]) -> None:
        """Make these the session's tags. One that was taken off does not come back with a later record."""
        ...

    def annotate(
        self, project: str, session_id: str, *, span_id: str, name: str, value: str | None, time_ns: int | None = None
    ) -> None:
        """Say something about a session (``span_id`` empty) or one of its spans; None takes it back.

        ``time_ns`` is when it was said, now by default. What was said later stays.
        """
        ...

    def put_log(self, project: str, trace_id: str, text: str, *, time_ns: int | None = None) -> int:
        """Keep what a program printed during a trace, in place of what was kept before; returns its size in bytes.

        ``time_ns`` is when it was given, now by default. What was given later stays.
        """
        ...

    def delete_sessions(self, project: str, session_ids: Sequence[str]) -> list[str]:
        """Delete sessions with all that belongs to them, the search index included; returns those that there were."""
        ...

    def drop_payloads(self, project: str, session_ids: Sequence[str]) -> None:
        """Delete inputs, outputs and attributes of sessions, and their words in the search index."""
        ...

    def set_costs(self, project: str, calls: Collection[PricedCall]) -> None:
        """Give model calls these costs, and their sessions the sums."""
        ...

    def compact(self) -> int:
        """Bring what live sessions left in small pieces together; returns how many traces it took."""
        ...

    def used_bytes(self) -> int:
        """Return the size of what is stored, which ``most_bytes`` of the retention policy limits."""
        ...

    def disk_bytes(self) -> int:
        """Return what it takes on disk."""
        ...

    def give_back(self) -> None:
        """Return the space of what was deleted to the file system."""
        ...
