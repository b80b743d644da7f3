"""Puts spans and ledgers into SQLite, together with what is computed from them."""

import sqlite3
import time
from collections.abc import Iterable, Iterator

import orjson

from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import payload
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.rows import ledger_rows, newest, replaces, span_row, telling, trace_row
from agentops_dashboard.store.sqlite.blocks import insert_block
from agentops_dashboard.store.sqlite.summary import recompute, session_number
from agentops_dashboard.store.sqlite.upserts import UPSERT_LEDGER, UPSERT_TRACE, upsert_spans
from agentops_dashboard.store.texts import FreshTexts

__all__ = ["Writer"]


class Writer:
    """Writes inside transactions that the caller holds.

    Args:
        prices: What model calls cost.
    """

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._fresh = FreshTexts()

    def forget_texts(self) -> None:
        """Index every text that comes from now on: what was indexed before is not there any more."""
        self._fresh.forget_all()

    def write(
        self, connection: sqlite3.Connection, project: str, records: Iterable[SpanRecord], ledgers: Iterable[Ledger]
    ) -> None:
        """Store spans and ledgers, and recompute the summaries of their sessions."""
        by_trace = newest(records)
        touched = set(by_trace)
        for trace_id, group in by_trace.items():
            self._write_trace(connection, project, trace_id, group)
        for ledger in ledgers:
            touched.update(ledger.sessions)
            connection.executemany(UPSERT_LEDGER, ledger_rows(project, ledger))
        recompute(connection, project, touched, time.time_ns())

    def _write_trace(
        self, connection: sqlite3.Connection, project: str, trace_id: str, group: dict[str, SpanRecord]
    ) -> None:
        """Store the spans of one trace, those that are newer than what is there."""
        records = list(_newer_only(connection, project, trace_id, group))
        if not records:
            return
        for record in records:
            self._prices.price(record)
        blocks = self._write_payloads(connection, project, trace_id, records)
        upsert_spans(connection, [span_row(project, record, blocks[record.span_id]) for record in records])
        old = _session_of(connection, project, trace_id)
        connection.executemany(
            UPSERT_TRACE, [trace_row(project, r.facts.session_id or trace_id, r) for r in telling(records)]
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
        blocks: dict[str, int | None] = {}
        for group, words in payload.blocks_of(project, trace_id, records, self._fresh):
            block_id = insert_block(connection, project, trace_id, group, words)
            blocks.update(dict.fromkeys(group, block_id))
        return blocks


def _newer_only(
    connection: sqlite3.Connection, project: str, trace_id: str, group: dict[str, SpanRecord]
) -> Iterator[SpanRecord]:
    """Leave out what the store has already, so that a batch that is sent again costs no space."""
    found = connection.execute(
        "SELECT span_id, version, end_ns FROM span WHERE project = ? AND trace_id = ? "
        "AND span_id IN (SELECT value FROM json_each(?))",
        (project, trace_id, orjson.dumps(list(group)).decode()),
    )
    stored = {span_id: (version, end_ns) for span_id, version, end_ns in found}
    for span_id, record in group.items():
        if span_id not in stored or replaces(record, *stored[span_id]):
            yield record


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
