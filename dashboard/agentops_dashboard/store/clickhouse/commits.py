"""Batches that wait while one is being written go into the store together.

A write to ClickHouse costs a tenth of a second of its time whatever it holds, for statements and parts of tables; so
what a write holds decides how much is taken in.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.store import SegmentPart

__all__ = ["Batch", "Commits"]

_MOST_SPANS = 20_000


@dataclass(slots=True)
class Batch:
    """What one caller wants to have stored."""

    project: str
    records: list[SpanRecord]
    ledgers: list[Ledger]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    part: SegmentPart | None = None
    is_done: bool = False
    error: Exception | None = None


class Commits:
    """Callers line up; whoever's turn it is writes for all that wait.

    Senders that wait for their answer come back with the next batch as soon as they have it. A write that began at once
    would leave them out, and they would take turns in two halves; so it waits for them, for a small part of what the
    last write took. Nobody waits who is alone.

    Args:
        lock: Held while writing.
        write: Stores batches of one project.
        errors: What ``write`` may raise.
        patience: How long a write waits for those that were answered by the last one, as a share of its time.
    """

    def __init__(
        self,
        lock: threading.RLock,
        write: Callable[[str, list[Batch]], None],
        errors: tuple[type[Exception], ...],
        patience: float = 0.1,
    ) -> None:
        self._lock = lock
        self._write = write
        self._errors: tuple[type[Exception], ...] = (*errors, ValueError, TypeError, OverflowError)
        self._patience = patience
        self._waiting: list[Batch] = []
        self._arrival = threading.Condition()
        self._expected, self._patient_until = 0, 0.0

    def take(self, batch: Batch) -> None:
        """Store a batch, together with others that wait; returns when it is stored.

        Raises:
            Exception: What storing this batch raised.
        """
        with self._arrival:
            self._waiting.append(batch)
            self._arrival.notify()
        with self._lock:
            while not batch.is_done:
                batches, started = self._next(), time.monotonic()
                self._write_together(batches)
                self._expect(len(batches), time.monotonic() - started)
        if batch.error is not None:
            raise batch.error

    def _next(self) -> list[Batch]:
        """The batches whose turn it is: from the front of the line, as many as make a good write."""
        with self._arrival:
            patience_s = self._patient_until - time.monotonic()
            if patience_s > 0:
                self._arrival.wait_for(lambda: len(self._waiting) >= self._expected, patience_s)
            taken, size = 0, 0
            while taken < len(self._waiting) and (not taken or size < _MOST_SPANS):
                size += len(self._waiting[taken].records)
                taken += 1
            batches, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batches

    def _expect(self, answered: int, took_s: float) -> None:
        """Of a write that has ended: who was answered comes back, beside those that wait already."""
        with self._arrival:
            self._expected = answered + len(self._waiting)
            self._patient_until = time.monotonic() + self._patience * took_s

    def _write_together(self, batches: list[Batch]) -> None:
        for project in dict.fromkeys(batch.project for batch in batches):
            own = [batch for batch in batches if batch.project == project]
            error = self._try(project, own)
            for batch in own:
                # One bad batch must not cost the others theirs.
                batch.error = self._try(project, [batch]) if error is not None and len(own) > 1 else error
                batch.is_done = True

    def _try(self, project: str, batches: list[Batch]) -> Exception | None:
        try:
            self._write(project, batches)
        except self._errors as error:
            return error
        return None
