"""The SQLite writer: takes understood spans and ledgers, commits them together with their summaries."""

import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from agentops.errors import StoreError
from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import payload
from agentops_dashboard.store.migrations import migrate
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.span_rows import UPSERT_SPAN, UPSERT_TRACE, span_row, trace_row
from agentops_dashboard.store.summary import recompute, session_number
from agentops_dashboard.store.texts import FreshTexts

__all__ = ["SQLiteStore"]

_BUSY_S = 30


class SQLiteStore:
    """One file, one writing connection per process; other processes may write the same file.

    Args:
        path: The database file; its directory is made.

    Raises:
        StoreError: The file cannot be opened, is newer than this program, or is not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prices = Prices(path.parent / "prices.json")
        self._lock = threading.Lock()
        self._fresh = FreshTexts()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(path)
            migrate(self._connection, str(path))
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{path} cannot be opened ({error}). Set AGENTOPS_HOME to a directory that you may write."
            ) from error

    def close(self) -> None:
        """Close the writing connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; rolled back when the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def used_bytes(self) -> int:
        """Return the size of what is in the file, free pages not counted."""
        with self._lock:
            pages, free, size = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def give_back(self) -> None:
        """Return free pages to the file system."""
        with self._lock:
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def add(self, project: str, records: Iterable[SpanRecord], ledgers: Iterable[Ledger] = ()) -> None:
        """Store spans and ledgers durably; the summaries of their sessions are right when this returns."""
        with self.transaction() as connection:
            self.write(connection, project, records, ledgers)

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

    def write(
        self, connection: sqlite3.Connection, project: str, records: Iterable[SpanRecord], ledgers: Iterable[Ledger]
    ) -> None:
        """Store spans and ledgers inside a transaction that the caller holds."""
        by_trace: dict[str, dict[str, SpanRecord]] = {}
        for record in records:
            group = by_trace.setdefault(record.trace_id, {})
            before = group.get(record.span_id)
            if before is None or _replaces(record, before.version, before.end_ns):
                group[record.span_id] = record
        touched = set(by_trace)
        for trace_id, group in by_trace.items():
            self._write_trace(connection, project, trace_id, group)
        for ledger in ledgers:
            touched.update(ledger.sessions)
            _write_ledger(connection, project, ledger)
        recompute(connection, project, touched, time.time_ns())

    def count(self, connection: sqlite3.Connection, project: str, name: str, counts: dict[str, int]) -> None:
        """Add to counters that the health badge and the settings show."""
        connection.executemany(
            "INSERT INTO counter (project, name, label, count) VALUES (?, ?, ?, ?) ON CONFLICT (project, name, label) "
            "DO UPDATE SET count = count + excluded.count",
            [(project, name, label, count) for label, count in counts.items()],
        )

    def _write_trace(
        self, connection: sqlite3.Connection, project: str, trace_id: str, group: dict[str, SpanRecord]
    ) -> None:
        """Store the spans of one trace, those that are newer than what is there."""
        records = list(_newer_only(connection, project, trace_id, group))
        if not records:
            return
        for record in records:
            self.prices.price(record)
        blocks = self._write_payloads(connection, project, trace_id, records)
        connection.executemany(
            UPSERT_SPAN, [span_row(project, record, _call_hash(record), blocks[record.span_id]) for record in records]
        )
        old = _session_of(connection, project, trace_id)
        connection.executemany(
            UPSERT_TRACE, [trace_row(project, r.facts.session_id or trace_id, r) for r in _telling(records)]
        )
        session_id = _session_of(connection, project, trace_id) or trace_id
        if old is not None and old != session_id:
            _regroup(connection, project, old, session_id)
        tags = {tag for record in records for tag in record.tags}
        connection.executemany(
            "INSERT OR IGNORE INTO session_tag (project, sid, tag) VALUES (?, ?, ?)",
            [(project, session_number(connection, project, session_id), tag) for tag in tags],
        )

    def _write_payloads(
        self, connection: sqlite3.Connection, project: str, trace_id: str, records: list[SpanRecord]
    ) -> dict[str, int | None]:
        """Store what is long about these spans; returns each span's block."""
        by_id = {record.span_id: record for record in records}
        blocks: dict[str, int | None] = {}
        for group in payload.split({span_id: payload.content_of(record) for span_id, record in by_id.items()}):
            fresh: list[str] = []
            for span_id in group:
                r = by_id[span_id]
                fresh += self._fresh.take(trace_id, (r.name, r.input, r.output, r.error_message, r.error_type))
            block_id = insert_block(connection, project, trace_id, group, "\n".join(fresh))
            blocks.update(dict.fromkeys(group, block_id))
        return blocks


def insert_block(
    connection: sqlite3.Connection, project: str, trace_id: str, contents: dict[str, bytes], words: str
) -> int | None:
    """Store a payload block and index its words; returns its id."""
    raw_bytes, body = payload.pack(contents, words)
    block_id = connection.execute(
        "INSERT INTO payload (project, trace_id, raw_bytes, body) VALUES (?, ?, ?, ?)",
        (project, trace_id, raw_bytes, body),
    ).lastrowid
    connection.execute("INSERT INTO payload_text (rowid, body) VALUES (?, ?)", (block_id, words))
    return block_id


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    # Takes effect in a new file only; lets retention give space back without rewriting the whole file.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def _replaces(record: SpanRecord, version: int, end_ns: int | None) -> bool:
    """A higher version replaces a lower one; of the same version an ended span replaces an open one."""
    return record.version > version or (record.version == version and end_ns is None and record.end_ns is not None)


def _newer_only(
    connection: sqlite3.Connection, project: str, trace_id: str, group: dict[str, SpanRecord]
) -> Iterator[SpanRecord]:
    """Leave out what the store has already, so that a batch that is sent again costs no space."""
    for span_id, record in group.items():
        row = connection.execute(
            "SELECT version, end_ns FROM span WHERE project = ? AND trace_id = ? AND span_id = ?",
            (project, trace_id, span_id),
        ).fetchone()
        if row is None or _replaces(record, *row):
            yield record


def _telling(records: list[SpanRecord]) -> list[SpanRecord]:
    """The spans that say something about their trace: its ends, roots, and foreign ones with facts of the session."""
    asking = [record for record in records if record.input is not None]
    answering = [record for record in records if record.output is not None and record.end_ns is not None]
    chosen = {id(records[0]): records[0]}
    if asking:
        first = min(asking, key=lambda record: record.start_ns)
        chosen[id(first)] = first
    if answering:
        last = max(answering, key=lambda record: record.end_ns or 0)
        chosen[id(last)] = last
    for record in records:
        facts = record.facts
        if facts.is_root or facts.user or facts.metadata or (facts.session_id and not facts.is_native):
            chosen[id(record)] = record
    return list(chosen.values())


def _session_of(connection: sqlite3.Connection, project: str, trace_id: str) -> str | None:
    row = connection.execute(
        "SELECT session_id FROM trace WHERE project = ? AND trace_id = ?", (project, trace_id)
    ).fetchone()
    return row[0] if row else None


def _regroup(connection: sqlite3.Connection, project: str, old: str, new: str) -> None:
    """A late span said which session its trace belongs to: move what was stored under the trace's own id."""
    old_number, new_number = (session_number(connection, project, session_id) for session_id in (old, new))
    connection.execute("UPDATE OR IGNORE session_tag SET sid = ? WHERE sid = ?", (new_number, old_number))
    for table in ("session_tag", "session", "usage", "session_key"):
        connection.execute(f"DELETE FROM {table} WHERE sid = ?", (old_number,))


def _call_hash(record: SpanRecord) -> int | None:
    """Equal for calls of the same tool with the same arguments."""
    if record.kind != "tool":
        return None
    arguments = orjson.dumps(record.input, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return zlib.crc32(arguments, zlib.crc32((record.tool or record.name).encode("utf-8", "replace")))


def _write_ledger(connection: sqlite3.Connection, project: str, ledger: Ledger) -> None:
    connection.executemany(
        """INSERT INTO ledger (project, trace_id, process, time_ns, spans, dropped_spans, dropped_payloads, redactions,
        has_ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project, trace_id, process) DO UPDATE SET
        time_ns = excluded.time_ns, spans = excluded.spans, dropped_spans = excluded.dropped_spans,
        dropped_payloads = excluded.dropped_payloads, redactions = excluded.redactions, has_ended = excluded.has_ended
        WHERE excluded.time_ns > ledger.time_ns""",
        [
            (
                project, trace_id, ledger.process, ledger.time_ns, one.spans, one.dropped_spans, one.dropped_payloads,
                one.redactions, int(one.has_ended),
            )
            for trace_id, one in ledger.sessions.items()
        ],
    )  # fmt: skip
