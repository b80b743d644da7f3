"""Puts spans and ledgers into ClickHouse: rows first, what is computed from them last.

The order makes a batch that died half-way harmless. A span is what says that its batch was taken, so everything that
belongs to it is stored before it; when the batch is sent again, either the span is new still, or only the summaries
are missing, and these are recomputed in any case.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from clickhouse_connect.driver.client import Client

from agentops.wire import Ledger
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import payload
from agentops_dashboard.store.clickhouse.asked import asked
from agentops_dashboard.store.clickhouse.inserter import Inserter
from agentops_dashboard.store.clickhouse.summary import Summaries
from agentops_dashboard.store.clickhouse.together import Together
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.rows import (
    LEDGER_COLUMNS,
    SPAN_COLUMNS,
    TRACE_COLUMNS,
    ledger_rows,
    newest,
    replaces,
    span_row,
    telling,
    trace_row,
)
from agentops_dashboard.store.texts import FreshTexts
from agentops_dashboard.store.words import normal_words

__all__ = ["Writer"]

_AT_ONCE = 20_000
_LATEST_VERSION = 2**40
_EDITS = 2**16
"""How often the row of one version of a span may be written again: for a price, or as a wrapper that was found."""

_PAYLOAD_COLUMNS = ("project", "trace_id", "block_id", "raw_bytes", "body", "words")
_FACT_COLUMNS = (*TRACE_COLUMNS, "span_id", "rank", "tags")
_KNOWN = """
SELECT trace_id, span_id, version, end_ns FROM span
WHERE project = {project:String} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM asked)
"""


class Writer:
    """Writes for one caller at a time.

    Args:
        client: The connections.
        inserter: Adds rows over the same connections.
        summaries: Recomputes what is computed, over the same connections.
        prices: What model calls cost.
        together: Runs statements at once.
    """

    def __init__(
        self, client: Client, inserter: Inserter, summaries: Summaries, prices: Prices, together: Together
    ) -> None:
        self._client = client
        self._inserter = inserter
        self._together = together
        self._summaries = summaries
        self._prices = prices
        self._fresh = FreshTexts()

    def forget_texts(self) -> None:
        """Index every text that comes from now on: what was indexed before is not there any more."""
        self._fresh.forget_all()

    def write(self, project: str, records: Iterable[SpanRecord], ledgers: Iterable[Ledger]) -> None:
        """Store spans and ledgers, and recompute the summaries of their sessions."""
        by_trace = newest(records)
        touched = set(by_trace)
        before, new = self._together.run(
            lambda: self._summaries.sessions_of(project, touched) if touched else {},
            lambda: self._newer_only(project, by_trace),
        )
        try:
            self._write_spans(project, new)
        except BaseException:
            # They come again, and their words are not in the index yet.
            for trace_id in new:
                self._fresh.forget((project, trace_id))
            raise
        rows: list[tuple[Any, ...]] = []
        for ledger in ledgers:
            touched.update(ledger.sessions)
            rows += ledger_rows(project, ledger)
        self._inserter.insert("ledger", LEDGER_COLUMNS, rows)
        self._summaries.recompute(project, touched, before)

    def _newer_only(self, project: str, by_trace: dict[str, dict[str, SpanRecord]]) -> dict[str, list[SpanRecord]]:
        """Leave out what the store has already, so that a batch that is sent again costs no space."""
        keys = [(trace_id, span_id) for trace_id, group in by_trace.items() for span_id in group]
        known: dict[tuple[str, str], tuple[int, int | None]] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = asked("trace_id", "span_id", rows=keys[start : start + _AT_ONCE])
            found = self._client.query(_KNOWN, {"project": project}, external_data=part)
            for trace_id, span_id, version, end_ns in found.result_rows:
                known[trace_id, span_id] = (version, end_ns)
        new: dict[str, list[SpanRecord]] = {}
        for trace_id, group in by_trace.items():
            for span_id, record in group.items():
                stored = known.get((trace_id, span_id))
                if stored is None or replaces(record, *stored):
                    new.setdefault(trace_id, []).append(record)
        return new

    def _write_spans(self, project: str, new: dict[str, list[SpanRecord]]) -> None:
        blocks: list[tuple[Any, ...]] = []
        facts: list[tuple[Any, ...]] = []
        spans: list[tuple[Any, ...]] = []
        for trace_id, records in new.items():
            for record in records:
                self._prices.price(record)
            block_of: dict[str, int] = {}
            for group, words in payload.blocks_of(project, trace_id, records, self._fresh):
                body = payload.join(group)
                block_id = _block_number(project, trace_id, body)
                block_of.update(dict.fromkeys(group, block_id))
                blocks.append((project, trace_id, block_id, len(body), body.decode(), normal_words(words)))
            facts += _fact_rows(project, trace_id, records)
            spans += [(*span_row(project, record, block_of[record.span_id]), _rank(record)) for record in records]
        self._together.run(
            lambda: self._inserter.insert("payload", _PAYLOAD_COLUMNS, blocks),
            lambda: self._inserter.insert("trace_fact", _FACT_COLUMNS, facts),
        )
        self._inserter.insert("span", (*SPAN_COLUMNS, "rank"), spans)


def _fact_rows(project: str, trace_id: str, records: list[SpanRecord]) -> list[tuple[Any, ...]]:
    tags = sorted({tag for record in records for tag in record.tags})
    rows = []
    for place, record in enumerate(telling(records)):
        row = trace_row(project, record.facts.session_id or trace_id, record)
        rows.append((*row, record.span_id, _rank(record), tags if place == 0 else []))
    return rows


def _rank(record: SpanRecord) -> int:
    """Orders the rows of a span as ``replaces`` orders its records."""
    return (2 * min(max(record.version, 0), _LATEST_VERSION) + (record.end_ns is not None)) * _EDITS


def _block_number(project: str, trace_id: str, body: bytes) -> int:
    """A number for a payload block that is the same when the same block is written again."""
    digest = hashlib.blake2b(f"{project}\0{trace_id}\0".encode() + body, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
