"""Charts that people put together: a measure of sessions, summed up in some way, by group and over time."""

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select

from agentops.semconv import State
from agentops_dashboard.reader.analytics import NONE, quantile
from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.reader.facets import shown_state
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.store import tables as t

__all__ = ["AGGREGATES", "CHART_GROUPS", "MEASURES", "ChartData", "Measure", "chart"]

CHART_GROUPS: Final = ("status", "user", "environment", "release", "service", "tag")
_MOST_GROUPS: Final = 8
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
AGGREGATES: Final = ("sum", "mean", "max", *_QUANTILES)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of each session. ``unit`` is ``$``, ``s``, ``%`` (a share) or nothing.

    Of a share only the mean makes sense, and of the sessions themselves only their number, the sum.
    """

    label: str
    unit: str = ""
    only: str = ""
    scale: float = 1.0


MEASURES: Final = {
    "sessions": Measure("Sessions", only="sum"),
    "duration": Measure("Duration", "s", scale=1e9),
    "cost": Measure("Cost", "$", scale=1e9),
    "tokens": Measure("Tokens"),
    "llm": Measure("LLM calls"),
    "tools": Measure("Tool calls"),
    "errors": Measure("Errors"),
    "success": Measure("Success rate", "%", only="mean"),
    "score": Measure("Thumbs up", "%", only="mean"),
}


class ChartData(TypedDict):
    """Values by group and interval, the groups with most sessions first; None where nothing was measured.

    ``left_out`` says how many groups there are beyond those.
    """

    groups: dict[str, list[float | None]]
    left_out: int


def chart(reader: Reader, query: str, grid: Grid, *, measure: str, aggregate: str, by: str = "") -> ChartData:
    """Measure the sessions found.

    Args:
        reader: Of the project.
        query: Text of the query language.
        grid: The intervals; a session counts in the one in which it started.
        measure: One of ``MEASURES``.
        aggregate: One of ``AGGREGATES``; left out of account where the measure allows only one.
        by: One of ``CHART_GROUPS``, or nothing. With tags a session counts once per tag.

    Raises:
        QueryError: The query cannot be understood.
    """
    what = MEASURES[measure]
    now_ns = time.time_ns()
    condition = reader.condition(query, grid.since_ns, grid.until_ns, now_ns)
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    sizes: dict[str, int] = defaultdict(int)
    with reader.connect() as connection:
        for number, label, value in connection.execute(_rows(measure, by, grid, now_ns, condition)):
            name = NONE if label is None else str(label)
            sizes[name] += 1
            if value is not None:
                values[name][number].append(float(value) / what.scale)
    shown = sorted(sizes, key=lambda name: (-sizes[name], name))[:_MOST_GROUPS]
    chosen = what.only or aggregate
    # Of a sum, an interval without sessions is 0; of anything else it is unknown.
    empty = 0.0 if chosen == "sum" else None
    groups = {
        name: [_aggregate(values[name][at], chosen) if values[name].get(at) else empty for at in range(grid.count)]
        for name in shown
    }
    return {"groups": groups, "left_out": len(sizes) - len(shown)}


def _aggregate(values: list[float], how: str) -> float:
    if how == "sum":
        return sum(values)
    if how == "mean":
        return sum(values) / len(values)
    if how == "max":
        return max(values)
    return float(quantile(sorted(values), _QUANTILES[how]) or 0.0)


def _rows(measure: str, by: str, grid: Grid, now_ns: int, condition: ColumnElement[bool]) -> Select[Any]:
    """Interval, group and value of each session."""
    c, tag, said = t.session.c, t.session_tag.c, t.annotation.c
    number = IntDiv(c.start_ns - grid.origin_ns, grid.width_ns).label("number")
    source: Any = t.session
    if measure == "score":
        is_score = and_(said.project == c.project, said.session_id == c.session_id, said.span_id == "")
        source = source.outerjoin(t.annotation, and_(is_score, said.name == "score"))
    if by == "tag":
        source = source.outerjoin(t.session_tag, and_(tag.sid == c.sid, tag.is_removed == 0))
    group: ColumnElement[Any] = (
        tag.tag if by == "tag" else shown_state(now_ns) if by == "status" else c[by] if by else literal("all")
    )
    return select(number, group.label("grp"), _value(measure, now_ns).label("val")).select_from(source).where(condition)


def _value(measure: str, now_ns: int) -> ColumnElement[Any]:
    c = t.session.c
    if measure == "success":
        state = shown_state(now_ns)
        return case((state.in_((State.RUNNING, State.PAUSED)), None), (state == State.SUCCESS, 1), else_=0)
    if measure == "score":
        return case((t.annotation.c.value == "up", 1), (t.annotation.c.value == "down", 0), else_=None)
    if measure == "duration":
        return case((c.duration_ns.is_(None), None), else_=c.duration_ns - func.coalesce(c.waiting_ns, 0))
    columns = {
        "cost": c.cost_nano, "tokens": c.total_tokens, "llm": c.llm_calls, "tools": c.tool_calls, "errors": c.errors,
    }  # fmt: skip
    return columns[measure] if measure in columns else literal(1)
