"""Facets and the histogram of the sessions that fit a query."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from agentops.semconv import State
from agentops_dashboard.reader.conditions import state_is
from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.reader.shapes import Bucket, Facet, FacetValue
from agentops_dashboard.store import tables as t

__all__ = ["facets", "histogram", "shown_state"]

_VALUE_LIMIT = 50
_LABELS = (
    ("agent", "Agent"), ("framework", "Framework"), ("model", "Model"), ("tool", "Tool"), ("error", "Error type"),
)  # fmt: skip


def shown_state(now_ns: int) -> ColumnElement[str]:
    """The state as people see it."""
    derived = (State.ABANDONED, State.PAUSED)
    return case(*((state_is(state, now_ns), literal(state)) for state in derived), else_=t.session.c.state)


def facets(
    connection: Connection, project: str, condition: ColumnElement[bool], now_ns: int, *, is_everything: bool
) -> list[Facet]:
    """Count the values of each facet over the sessions that meet a condition.

    ``is_everything`` says that the whole project meets it: its tags and labels need not be looked up one by one.
    """
    result = _column_facets(connection, condition, now_ns)
    fitting = select(t.session.c.sid).where(condition)
    c, u = t.session_tag.c, t.usage.c
    of_tags = [c.project == project, c.is_removed == 0, *([] if is_everything else [c.sid.in_(fitting)])]
    tags = select(c.tag, func.count()).where(*of_tags).group_by(c.tag).order_by(func.count().desc(), c.tag)
    result.insert(1, _facet("tag", "Tags", connection.execute(tags.limit(_VALUE_LIMIT)).all()))
    of_labels = [u.project == project, *([] if is_everything else [u.sid.in_(fitting)])]
    labels = select(u.label_kind, u.label, func.count()).where(*of_labels).group_by(u.label_kind, u.label)
    found: dict[str, Counter[str]] = {}
    for kind, label, count in connection.execute(labels):
        found.setdefault(kind, Counter())[label] = count
    result += [_facet(key, label, _ranked(found.get(key, Counter()))) for key, label in _LABELS]
    return result


def _column_facets(connection: Connection, condition: ColumnElement[bool], now_ns: int) -> list[Facet]:
    """Facets over the session's own columns, in one pass over an index that has them all."""
    columns = (
        shown_state(now_ns).label("shown"),
        t.session.c.environment,
        t.session.c.user,
        t.session.c.service,
        t.session.c.release,
    )
    names = (
        ("status", "Status"), ("environment", "Environment"), ("user", "User"), ("service", "Service"),
        ("release", "Release"),
    )  # fmt: skip
    counters: list[Counter[str]] = [Counter() for _ in names]
    for *values, count in connection.execute(select(*columns, func.count()).where(condition).group_by(*columns)):
        for counter, value in zip(counters, values, strict=True):
            if value is not None:
                counter[value] += count
    return [_facet(key, label, _ranked(counter)) for (key, label), counter in zip(names, counters, strict=True)]


def _ranked(counter: Counter[str]) -> list[tuple[str, int]]:
    """The most frequent values, equally frequent ones by name: a facet does not change its order by chance."""
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:_VALUE_LIMIT]


def _facet(key: str, label: str, pairs: Iterable[Any]) -> Facet:
    values: list[FacetValue] = [{"value": value, "count": count} for value, count in pairs]
    return {"key": key, "label": label, "values": values}


def histogram(
    connection: Connection, condition: ColumnElement[bool], *, since_ns: int, until_ns: int, buckets: int, now_ns: int
) -> list[Bucket]:
    """Count sessions by start time and state; every bucket is there, also empty ones."""
    width = max((until_ns - since_ns + buckets - 1) // buckets, 1)
    number = IntDiv(t.session.c.start_ns - since_ns, width)
    state = shown_state(now_ns)
    statement = (
        select(number.label("bucket"), state.label("shown"), func.count())
        .where(condition, t.session.c.start_ns >= since_ns, t.session.c.start_ns < until_ns)
        .group_by(number, state)
    )
    bars: list[Bucket] = [
        {"start_ns": since_ns + i * width, "end_ns": since_ns + (i + 1) * width, "total": 0, "states": {}}
        for i in range(buckets)
    ]
    for bucket, shown, count in connection.execute(statement):
        bars[bucket]["states"][shown] = count
        bars[bucket]["total"] += count
    return bars
