"""Takes decoded batches into the store, a bounded number at a time."""

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentops_dashboard.ingest.batch import Batch
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

__all__ = ["BusyError", "Receiver", "Room", "StoreDownError"]

_MOST_WAITING_BYTES = 64 * 1024 * 1024
_MOST_WAITING = 64


@dataclass
class BusyError(Exception):
    """More waits than may. ``retry_after_s`` is when to come again."""

    retry_after_s: int


class StoreDownError(Exception):
    """The store could not take a batch now; it may later. Nothing of it was acknowledged."""


class Receiver:
    """Stores batches; refuses more than it can hold rather than lose or delay them without end.

    Args:
        store: The store to write to.

    Attributes:
        waiting: Requests that are whole and not stored yet.
        waiting_bytes: Bytes of bodies that are here, whole or not, and not stored yet.
        turns: Held while a batch is decoded and stored, by as many at once as the store gains from. The others wait
            without a thread, which pages need.
        on_taken: Called with project, batch and size in bytes of what was stored.
    """

    def __init__(self, store: Store) -> None:
        self.waiting = 0
        self.waiting_bytes = 0
        self.turns = asyncio.Semaphore(store.batches_at_once)
        self.on_taken: Callable[[str, Batch, int], None] | None = None
        self._store = store
        self._lock = threading.Lock()

    def hold(self, *, size: int = 0, requests: int = 0) -> None:
        """Make room for this much more; ``release`` gives it back.

        Raises:
            BusyError: There is none.
        """
        with self._lock:
            is_full = self.waiting + requests > _MOST_WAITING or self.waiting_bytes + size > _MOST_WAITING_BYTES
            if is_full:
                raise BusyError(retry_after_s=1)
            self.waiting += requests
            self.waiting_bytes += size

    def release(self, *, size: int = 0, requests: int = 0) -> None:
        """Give back the room that ``hold`` made."""
        with self._lock:
            self.waiting -= requests
            self.waiting_bytes -= size

    def take(self, project: str, batch: Batch, size: int = 0) -> None:
        """Store a batch that came in so many bytes; it is durable when this returns.

        Raises:
            StoreDownError: The store is out of reach, full or too busy.
        """
        records = [understand(raw) for raw in batch.spans]
        unmapped: dict[str, int] = {}
        for record in records:
            for name in record.unmapped:
                unmapped[name] = unmapped.get(name, 0) + 1
        counts = {"rejected": batch.rejected, "unmapped": unmapped}
        try:
            self._store.add(project, records, batch.ledgers, counts=counts)
        except self._store.errors as error:
            raise StoreDownError(str(error)) from error
        if self.on_taken is not None:
            self.on_taken(project, batch, size)


class Room:
    """What one request takes up of a receiver from its first byte on, given back at the end of the ``with`` block.

    Bodies count while they arrive: many slow senders would else hold any number of half bodies in memory.
    """

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._size = 0
        self._requests = 0

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self._receiver.release(size=self._size, requests=self._requests)

    def grow(self, size: int) -> None:
        """Take up so many more bytes.

        Raises:
            BusyError: There is no room for them.
        """
        self._receiver.hold(size=size)
        self._size += size

    def wait(self) -> None:
        """Be one of the requests that wait to be stored.

        Raises:
            BusyError: As many as may wait already.
        """
        self._receiver.hold(requests=1)
        self._requests = 1
