"""Other prices for usage that was recorded: tokens are kept as they were, so costs can be computed again."""

from collections.abc import Iterator
from typing import Any, TypedDict

from sqlalchemy import Connection, Row, or_, select

from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store import tables as t
from agentops_dashboard.store.store import PricedCall, Store

__all__ = ["Repriced", "reprice"]

_AT_ONCE = 10_000
_REPORTED = "reported"


class Repriced(TypedDict):
    """What repricing did, or would do: numbers of calls, and the sums of all of them in nano-USD."""

    calls: int
    changed: int
    before_nano: int
    after_nano: int


def reprice(store: Store, project: str, since_ns: int, *, is_dry_run: bool) -> Repriced:
    """Apply the store's current prices to calls that started at or after a moment. Reported costs stay."""
    result: Repriced = {"calls": 0, "changed": 0, "before_nano": 0, "after_nano": 0}
    engine = store.engine()
    try:
        with engine.connect() as connection:
            for rows in _calls(connection, project, since_ns):
                changed = _price(store, rows, result)
                if changed and not is_dry_run:
                    store.set_costs(project, changed)
    finally:
        engine.dispose()
    return result


def _calls(connection: Connection, project: str, since_ns: int) -> Iterator[list[Row[Any]]]:
    """The metered calls in the order of their keys, a limited number at once; whole traces are not kept together."""
    c = t.span.c
    statement = (
        select(t.span)
        .where(c.project == project, c.model.is_not(None), c.start_ns >= since_ns)
        .where(or_(c.input_tokens.is_not(None), c.output_tokens.is_not(None)))
        .where(or_(c.cost_source.is_(None), c.cost_source != _REPORTED))
        .order_by(c.trace_id, c.span_id)
        .limit(_AT_ONCE)
    )
    rows = list(connection.execute(statement))
    while rows:
        yield rows
        last = rows[-1]
        further = or_(c.trace_id > last.trace_id, (c.trace_id == last.trace_id) & (c.span_id > last.span_id))
        rows = list(connection.execute(statement.where(further)))


def _price(store: Store, rows: list[Row[Any]], result: Repriced) -> list[PricedCall]:
    """Add to the result what these calls cost now; returns those whose cost is another one."""
    changed = []
    for row in rows:
        record = SpanRecord(row.trace_id, row.span_id, None, 1, "llm", "", "ok", row.start_ns, row.start_ns)
        record.provider, record.model = row.provider, row.model
        record.input_tokens, record.output_tokens = row.input_tokens, row.output_tokens
        record.cached_tokens, record.cache_write_tokens = row.cached_tokens, row.cache_write_tokens
        store.prices.price(record)
        result["calls"] += 1
        result["before_nano"] += row.cost_nano or 0
        result["after_nano"] += record.cost_nano or 0
        if record.cost_nano != row.cost_nano:
            result["changed"] += 1
            changed.append(PricedCall(row.trace_id, row.span_id, row.version, record.cost_nano, record.cost_source))
    return changed
