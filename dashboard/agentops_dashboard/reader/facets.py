"""Facets and the histogram of the sessions that fit a query."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from agentops.semconv import State
from agentops_dashboard.reader.conditions import state_is
from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.reader.shapes import Bucket, Facet, FacetValue
from agentops_dashboard.store import tables as t

__all__ = ["MOST_VALUES", "facets", "histogram", "shown_state"]

MOST_VALUES = 50
_COLUMNS = {
    "status": "Status", "environment": "Environment", "user": "User", "service": "Service", "release": "Release",
}  # fmt: skip
_LABELS = {"agent": "Agent", "framework": "Framework", "model": "Model", "tool": "Tool", "error": "Error type"}


def shown_state(now_ns: int) -> ColumnElement[str]:
    """The state as people see it."""
    derived = (State.ABANDONED, State.PAUSED)
    return case(*((state_is(state, now_ns), literal(state)) for state in derived), else_=t.session.c.state)


def facets(
    connection: Connection,
    project: str,
    condition: ColumnElement[bool],
    now_ns: int,
    *,
    is_everything: bool,
    only: str | None = None,
) -> list[Facet]:
    """Count the values of each facet over the sessions that meet a condition.

    ``is_everything`` says that the whole project meets it: its tags and labels need not be looked up one by one.
    ``only`` names the one facet that is wanted.
    """
    fitting = None if is_everything else select(t.session.c.sid).where(condition)
    result: list[Facet] = []
    if only is None or only in _COLUMNS:
        result += _column_facets(connection, condition, now_ns, only)
    if only in (None, "tag"):
        result.insert(1, _tag_facet(connection, project, fitting))
    if only is None or only in _LABELS:
        result += _label_facets(connection, project, fitting, only)
    return result


def _tag_facet(connection: Connection, project: str, fitting: Select[Any] | None) -> Facet:
    c = t.session_tag.c
    wanted = [c.project == project, c.is_removed == 0, *([] if fitting is None else [c.sid.in_(fitting)])]
    tags = (
        select(c.tag, func.count())
        .where(*wanted)
        .group_by(c.tag)
        .order_by(func.count().desc(), c.tag)
        .limit(MOST_VALUES)
    )
    return _facet("tag", "Tags", connection.execute(tags).all())


def _label_facets(connection: Connection, project: str, fitting: Select[Any] | None, only: str | None) -> list[Facet]:
    u = t.usage.c
    wanted = [u.project == project, *([] if fitting is None else [u.sid.in_(fitting)])]
    if only is not None:
        wanted.append(u.label_kind == only)
    labels = select(u.label_kind, u.label, func.count()).where(*wanted).group_by(u.label_kind, u.label)
    found: dict[str, Counter[str]] = {}
    for kind, label, count in connection.execute(labels):
        found.setdefault(kind, Counter())[label] = count
    return [
        _facet(key, label, _ranked(found.get(key, Counter()))) for key, label in _LABELS.items() if only in (None, key)
    ]


def _column_facets(
    connection: Connection, condition: ColumnElement[bool], now_ns: int, only: str | None
) -> list[Facet]:
    """Facets over the session's own columns, in one pass over an index that has them all."""
    keys = [key for key in _COLUMNS if only in (None, key)]
    columns = [shown_state(now_ns).label("shown") if key == "status" else t.session.c[key] for key in keys]
    counters: list[Counter[str]] = [Counter() for _ in keys]
    for *values, count in connection.execute(select(*columns, func.count()).where(condition).group_by(*columns)):
        for counter, value in zip(counters, values, strict=True):
            if value is not None:
                counter[value] += count
    return [_facet(key, _COLUMNS[key], _ranked(counter)) for key, counter in zip(keys, counters, strict=True)]


def _ranked(counter: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent values; of equally frequent ones always the same first."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]


def _facet(key: str, label: str, pairs: Iterable[Any]) -> Facet:
    values: list[FacetValue] = [{"value": value, "count": count} for value, count in pairs]
    return {"key": key, "label": label, "values": values}


def histogram(connection: Connection, condition: ColumnElement[bool], grid: Grid, now_ns: int) -> list[Bucket]:
    """Count sessions by start time and state; every bucket is there, also empty ones."""
    number = IntDiv(t.session.c.start_ns - grid.origin_ns, grid.width_ns)
    state = shown_state(now_ns)
    statement = (
        select(number.label("bucket"), state.label("shown"), func.count())
        .where(condition, t.session.c.start_ns >= grid.since_ns, t.session.c.start_ns < grid.until_ns)
        .group_by(number, state)
    )
    bars: list[Bucket] = [
        {"start_ns": grid.start_ns(i), "end_ns": grid.start_ns(i + 1), "total": 0, "states": {}}
        for i in range(grid.count)
    ]
    for bucket, shown, count in connection.execute(statement):
        bars[bucket]["states"][shown] = count
        bars[bucket]["total"] += count
    return bars
