"""The SQLite writer: takes understood spans and ledgers, commits them with their summaries."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import orjson

from agentops.semconv import Resource
from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import payload
from agentops_dashboard.store.summary import recompute

__all__ = ["SQLiteStore"]

_SPAN_COLUMNS = (
    "trace_id", "span_id", "parent_id", "version", "seq", "kind", "name", "status", "start_ns", "end_ns", "agent",
    "tool", "model", "provider", "origin", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens", "cost_nano", "cost_source", "first_token_ns", "error_type", "error_message", "swallowed",
    "attempt",
)  # fmt: skip
_ALL_COLUMNS = ("project", *_SPAN_COLUMNS, "preview", "block_id")
_UPSERT_SPAN = (
    f"INSERT INTO span ({', '.join(_ALL_COLUMNS)}) VALUES ({', '.join('?' * len(_ALL_COLUMNS))}) "  # noqa: S608
    "ON CONFLICT (project, trace_id, span_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _ALL_COLUMNS if name not in ("project", "trace_id", "span_id"))
    + " WHERE excluded.version > span.version OR (excluded.version = span.version"
    " AND span.end_ns IS NULL AND excluded.end_ns IS NOT NULL)"
)
_UPSERT_TRACE = """
INSERT INTO trace (project, trace_id, session_id, version, name, state, end_reason, metadata, user, service,
  environment, frameworks, sdk, host, parent_session_id, parent_span_id, is_native)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (project, trace_id) DO UPDATE SET
  version = max(version, excluded.version),
  name = CASE WHEN excluded.version >= version THEN coalesce(excluded.name, name) ELSE coalesce(name, excluded.name) END,
  state = CASE WHEN excluded.version >= version THEN coalesce(excluded.state, state) ELSE coalesce(state, excluded.state) END,
  end_reason = coalesce(excluded.end_reason, end_reason),
  metadata = CASE WHEN excluded.version >= version THEN coalesce(excluded.metadata, metadata) ELSE coalesce(metadata, excluded.metadata) END,
  user = coalesce(excluded.user, user),
  service = coalesce(excluded.service, service),
  environment = coalesce(excluded.environment, environment),
  frameworks = coalesce(excluded.frameworks, frameworks),
  sdk = coalesce(excluded.sdk, sdk),
  host = coalesce(excluded.host, host),
  parent_session_id = coalesce(excluded.parent_session_id, parent_session_id),
  parent_span_id = coalesce(excluded.parent_span_id, parent_span_id),
  is_native = max(is_native, excluded.is_native)
"""


class SQLiteStore:
    """One file, one writing connection per process; other processes may write the same file.

    Args:
        path: The database file; its directory is made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        for script in sorted(files("agentops_dashboard.store").joinpath("sql/sqlite").iterdir(), key=lambda f: f.name):
            self._connection.executescript(script.read_text("utf-8"))

    def close(self) -> None:
        """Close the writing connection."""
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

    def add(self, project: str, records: Iterable[SpanRecord], ledgers: Iterable[Ledger] = ()) -> None:
        """Store spans and ledgers durably; the summaries of their sessions are right when this returns."""
        with self.transaction() as connection:
            self.write(connection, project, list(records), list(ledgers))

    def mark_dead(self, process: str) -> None:
        """Say that a recording process is gone: its sessions that have not ended are abandoned."""
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO dead_process (process) VALUES (?)", (process,))
            rows = connection.execute("SELECT project, trace_id FROM ledger WHERE process = ?", (process,)).fetchall()
            for project, trace_id in rows:
                recompute(connection, project, [trace_id], time.time_ns())

    def write(
        self, connection: sqlite3.Connection, project: str, records: list[SpanRecord], ledgers: list[Ledger]
    ) -> None:
        """Store spans and ledgers inside a transaction that the caller holds."""
        by_trace: dict[str, list[SpanRecord]] = {}
        for record in records:
            by_trace.setdefault(record.trace_id, []).append(record)
        touched = set(by_trace)
        for trace_id, group in by_trace.items():
            self._write_trace(connection, project, trace_id, group)
        for ledger in ledgers:
            touched.update(ledger.sessions)
            _write_ledger(connection, project, ledger)
        recompute(connection, project, touched, time.time_ns())

    def _write_trace(self, c: sqlite3.Connection, project: str, trace_id: str, records: list[SpanRecord]) -> None:
        raw_bytes, body = payload.pack(records)
        block_id = c.execute(
            "INSERT INTO payload (project, trace_id, raw_bytes, body) VALUES (?, ?, ?, ?)",
            (project, trace_id, raw_bytes, body),
        ).lastrowid
        words = "\n".join(
            f"{payload.text_of(r.input, 20_000)}\n{payload.text_of(r.output, 20_000)}\n{r.name} {r.error_message or ''}"
            for r in records
        )
        c.execute("INSERT INTO payload_text (rowid, body) VALUES (?, ?)", (block_id, words))
        c.executemany(_UPSERT_SPAN, [_span_row(project, record, block_id) for record in records])
        c.executemany(_UPSERT_TRACE, [_trace_row(project, record) for record in records])
        tags = {(project, record.facts.session_id or trace_id, tag) for record in records for tag in record.tags}
        c.executemany("INSERT OR IGNORE INTO session_tag (project, session_id, tag) VALUES (?, ?, ?)", tags)


def _span_row(project: str, record: SpanRecord, block_id: int | None) -> tuple[object, ...]:
    preview = payload.text_of(record.output if record.output is not None else record.input, 160) or None
    return (project, *(getattr(record, name) for name in _SPAN_COLUMNS), preview, block_id)


def _trace_row(project: str, record: SpanRecord) -> tuple[object, ...]:
    facts, resource = record.facts, record.resource
    frameworks = resource.get(Resource.FRAMEWORKS)
    return (
        project,
        record.trace_id,
        facts.session_id or record.trace_id,
        record.version if facts.is_root else 0,
        facts.name,
        facts.state,
        facts.end_reason,
        orjson.dumps(facts.metadata).decode() if facts.metadata else None,
        facts.user,
        resource.get(Resource.SERVICE_NAME),
        resource.get(Resource.ENVIRONMENT),
        orjson.dumps(frameworks).decode() if frameworks else None,
        resource.get(Resource.SDK_VERSION),
        resource.get(Resource.HOST_NAME),
        facts.parent_session_id,
        facts.parent_span_id,
        int(facts.is_native),
    )


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
