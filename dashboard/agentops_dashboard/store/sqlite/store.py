"""One SQLite file: every change is a transaction, and other processes may write the same file."""

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from agentops.errors import StoreError
from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.private import make_private
from agentops_dashboard.store.sqlite import edits
from agentops_dashboard.store.sqlite.compaction import find_scattered, merge_blocks
from agentops_dashboard.store.sqlite.migrations import migrate
from agentops_dashboard.store.sqlite.summary import recompute
from agentops_dashboard.store.sqlite.writer import Writer
from agentops_dashboard.store.store import PricedCall, SegmentPart

__all__ = ["SQLiteStore"]

_BUSY_S = 30
_COMPACT_AT_ONCE = 50
_STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds at most."""


class SQLiteStore:
    """One file, one writing connection per process.

    Args:
        path: The database file; its directory is made.

    Raises:
        StoreError: The file cannot be opened, is newer than this program, or is not ours.
    """

    errors: tuple[type[Exception], ...] = (sqlite3.Error, DBAPIError)
    # A file has one writer, and SQLite gives the interpreter lock up at every row: beside another thread that computes,
    # a batch takes twice the processor time.
    batches_at_once = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path.parent
        self.location = str(path)
        self.prices = Prices(path.parent / "prices.json")
        self._lock = threading.Lock()
        self._writer = Writer(self.prices)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            make_private(path)
            self._connection = _connect(path)
            migrate(self._connection, str(path))
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path} cannot be opened ({error}). {_way_out(error)}") from error

    def close(self) -> None:
        """Close the writing connection."""
        with self._lock:
            self._connection.close()

    def engine(self, limit_s: float | None = None) -> Engine:
        """Return a new pool of connections that only read."""
        return _open_engine(self.location, limit_s)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; rolled back when the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # Some failures, such as a full disk, have rolled it back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._writer.forget_texts()
                raise

    def add(
        self,
        project: str,
        records: Iterable[SpanRecord],
        ledgers: Iterable[Ledger] = (),
        *,
        counts: Mapping[str, Mapping[str, int]] | None = None,
        part: SegmentPart | None = None,
    ) -> None:
        """Store spans and ledgers, all in one transaction with what they were read from."""
        with self.transaction() as connection:
            if part is not None and not _read_on(connection, part):
                return
            self._writer.write(connection, project, records, ledgers)
            for name, labels in (counts or {}).items():
                _count(connection, project, name, labels)

    def segment_offset(self, name: str) -> int:
        """Return how far a spool segment has been read, in bytes."""
        with self.transaction() as connection:
            return _offset(connection, name)

    def forget_segment(self, name: str) -> None:
        """Drop the offset of a segment that is gone."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM segment WHERE name = ?", (name,))

    def mark_dead(self, process: str) -> None:
        """Say that a recording process is gone: its sessions that have not ended are abandoned."""
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO dead_process (process) VALUES (?)", (process,))
            found = connection.execute(
                "SELECT project, trace_id FROM trace WHERE process = :process AND state IS NULL UNION "
                "SELECT project, trace_id FROM ledger JOIN trace USING (project, trace_id) "
                "WHERE ledger.process = :process AND state IS NULL",
                {"process": process},
            ).fetchall()
            for project in {row[0] for row in found}:
                recompute(connection, project, [row[1] for row in found if row[0] == project], time.time_ns())

    def set_tags(self, project: str, session_id: str, tags: list[str]) -> None:
        """Make these the session's tags."""
        with self.transaction() as connection:
            edits.set_tags(connection, project, session_id, tags)

    def annotate(
        self, project: str, session_id: str, *, span_id: str, name: str, value: str | None, time_ns: int | None = None
    ) -> None:
        """Say something about a session (``span_id`` empty) or one of its spans; None takes it back."""
        said_ns = time.time_ns() if time_ns is None else time_ns
        with self.transaction() as connection:
            edits.annotate(connection, (project, session_id, span_id, name, value, said_ns))

    def put_log(self, project: str, trace_id: str, text: str, *, time_ns: int | None = None) -> int:
        """Keep what a program printed during a trace; returns its size in bytes."""
        raw = text.encode("utf-8", "replace")
        with self.transaction() as connection:
            edits.put_log(connection, project, trace_id, raw, time.time_ns() if time_ns is None else time_ns)
        return len(raw)

    def delete_sessions(self, project: str, session_ids: Sequence[str]) -> list[str]:
        """Delete sessions, each in a transaction of its own; returns those that there were."""
        deleted = []
        for session_id in session_ids:
            with self.transaction() as connection:
                if edits.delete_session(connection, project, session_id):
                    deleted.append(session_id)
        if deleted:
            self._writer.forget_texts()
        return deleted

    def drop_payloads(self, project: str, session_ids: Sequence[str]) -> None:
        """Delete inputs, outputs and attributes of sessions, and their words in the search index."""
        for session_id in session_ids:
            with self.transaction() as connection:
                edits.drop_payloads(connection, project, session_id)

    def set_costs(self, project: str, calls: Collection[PricedCall]) -> None:
        """Give model calls these costs, and their sessions the sums."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE span SET cost_nano = ?, cost_source = ? "
                "WHERE project = ? AND trace_id = ? AND span_id = ? AND version = ?",
                [(c.cost_nano, c.cost_source, project, c.trace_id, c.span_id, c.version) for c in calls],
            )
            recompute(connection, project, {call.trace_id for call in calls}, time.time_ns())

    def compact(self) -> int:
        """Merge the blocks of some ended sessions, each trace in a transaction of its own."""
        with self.transaction() as connection:
            found = find_scattered(connection, _COMPACT_AT_ONCE)
        for project, trace_id in found:
            with self.transaction() as connection:
                merge_blocks(connection, project, trace_id)
        return len(found)

    def used_bytes(self) -> int:
        """Return the size of what is in the file, free pages not counted."""
        with self._lock:
            pages, free, size = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def disk_bytes(self) -> int:
        """Return the size of the file and of what SQLite keeps beside it."""
        return sum(_size(path) for path in self.home.glob(f"{self.path.name}*"))

    def give_back(self) -> None:
        """Return free pages to the file system."""
        with self._lock:
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _way_out(error: Exception) -> str:
    # Only this class itself: what is locked, full or read-only has others below it.
    if type(error) is sqlite3.DatabaseError:
        return "It is damaged: put a back-up in its place, or move it away and a new one is made."
    return "Set AGENTOPS_HOME to a directory that you may write."


def _open_engine(path: str, limit_s: float | None) -> Engine:
    """Open an SQLite store for reading only."""
    engine = create_engine(URL.create("sqlite", database=path), pool_size=8, connect_args={"timeout": _BUSY_S})

    @event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -16000")

    @event.listens_for(engine, "checkout")
    def _begin(connection: Any, _record: Any, _proxy: Any) -> None:
        if limit_s is not None:
            end = time.monotonic() + limit_s
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)

    return engine


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    # Takes effect in a new file only; lets retention give space back without rewriting the whole file.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def _offset(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT offset FROM segment WHERE name = ?", (name,)).fetchone()
    return row[0] if row else 0


def _read_on(connection: sqlite3.Connection, part: SegmentPart) -> bool:
    """Move a segment's offset on; False if another process has done that meanwhile."""
    if _offset(connection, part.name) != part.start:
        return False
    connection.execute(
        "INSERT INTO segment (name, offset) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET offset = excluded.offset",
        (part.name, part.end),
    )
    return True


def _count(connection: sqlite3.Connection, project: str, name: str, labels: Mapping[str, int]) -> None:
    connection.executemany(
        "INSERT INTO counter (project, name, label, count) VALUES (?, ?, ?, ?) ON CONFLICT (project, name, label) "
        "DO UPDATE SET count = count + excluded.count",
        [(project, name, label, count) for label, count in labels.items()],
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
