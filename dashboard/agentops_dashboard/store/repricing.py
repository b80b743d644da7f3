"""Other prices for usage that was recorded: tokens are kept as they were, so costs can be computed again."""

import time
from typing import TypedDict

from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.sqlite import SQLiteStore
from agentops_dashboard.store.summary import recompute

__all__ = ["Repriced", "reprice"]

_CALLS = """
SELECT span.trace_id, span_id, provider, model, span.start_ns, input_tokens, output_tokens, cached_tokens,
  cache_write_tokens, cost_nano
FROM trace CROSS JOIN span ON span.project = trace.project AND span.trace_id = trace.trace_id
WHERE trace.project = ? AND model IS NOT NULL AND span.start_ns >= ?
  AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL) AND cost_source IS NOT 'reported'
"""


class Repriced(TypedDict):
    """What repricing did, or would do: numbers of calls, and the sums of all of them in nano-USD."""

    calls: int
    changed: int
    before_nano: int
    after_nano: int


def reprice(store: SQLiteStore, project: str, since_ns: int, *, is_dry_run: bool) -> Repriced:
    """Apply the store's current prices to calls that started at or after a moment. Reported costs stay."""
    result: Repriced = {"calls": 0, "changed": 0, "before_nano": 0, "after_nano": 0}
    touched: set[str] = set()
    with store.transaction() as connection:
        for row in connection.execute(_CALLS, (project, since_ns)).fetchall():
            trace_id, span_id, provider, model, start_ns, *tokens, before = row
            record = SpanRecord(trace_id, span_id, None, 1, "llm", "", "ok", start_ns, start_ns)
            record.provider, record.model = provider, model
            record.input_tokens, record.output_tokens, record.cached_tokens, record.cache_write_tokens = tokens
            store.prices.price(record)
            result["calls"] += 1
            result["before_nano"] += before or 0
            result["after_nano"] += record.cost_nano or 0
            if record.cost_nano != before:
                result["changed"] += 1
                touched.add(trace_id)
                if not is_dry_run:
                    connection.execute(
                        "UPDATE span SET cost_nano = ?, cost_source = ? "
                        "WHERE project = ? AND trace_id = ? AND span_id = ?",
                        (record.cost_nano, record.cost_source, project, trace_id, span_id),
                    )
        if not is_dry_run:
            recompute(connection, project, touched, time.time_ns())
    return result
