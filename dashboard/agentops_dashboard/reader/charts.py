"""Charts that people put together: a measure of sessions, summed up in some way, by group and over time."""

import math
import time
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypedDict

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select

from agentops.semconv import State
from agentops_dashboard import format as write
from agentops_dashboard.reader.analytics import NONE, quantile
from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.reader.facets import shown_state
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.store import tables as t

__all__ = [
    "AGGREGATES", "CHART_GROUPS", "LABEL_GROUPS", "MEASURES", "OF_SESSIONS", "QUANTILES", "ChartData", "Distribution",
    "Figure", "Measure", "chart", "distribution", "figure", "group_for", "title_of",
]  # fmt: skip

LABEL_GROUPS: Final = ("model", "tool", "agent")
"""Groups of which a session has several: it counts once in each."""
CHART_GROUPS: Final = ("status", "user", "environment", "release", "service", "tag", *LABEL_GROUPS)
_MOST_GROUPS: Final = 8
_BARS: Final = 30
_ALL: Final = "all"
"""The group of all sessions, where they are not grouped."""

QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
AGGREGATES: Final = ("sum", "mean", "max", *QUANTILES)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of each session. ``unit`` is ``$``, ``s``, ``%`` (a share) or nothing.

    Of a share only the mean makes sense, and of the sessions themselves only their number, the sum. What is measured
    of calls (``is_of_calls``) has no value of the session itself, only of its models, tools or agents.
    """

    label: str
    unit: str = ""
    only: str = ""
    scale: float = 1.0
    is_of_calls: bool = False

    def text(self, value: float | None) -> str:
        """A value as people read it."""
        if value is None:
            return write.UNKNOWN
        if self.unit == "s":
            return write.duration(value * 1000)
        if self.unit == "$":
            return write.money(value)
        if self.unit == "%":
            return write.percent(value)
        return write.full_count(round(value)) if value >= 100 else f"{value:.4g}"


MEASURES: Final = {
    "sessions": Measure("Sessions", only="sum"),
    "duration": Measure("Duration", "s", scale=1e9),
    "cost": Measure("Cost", "$", scale=1e9),
    "tokens": Measure("Tokens"),
    "llm": Measure("LLM calls"),
    "tools": Measure("Tool calls"),
    "errors": Measure("Errors"),
    "success": Measure("Success rate", "%", only="mean"),
    "failed": Measure("Failure rate", "%", only="mean"),
    "score": Measure("Thumbs up", "%", only="mean"),
    "calls": Measure("Calls", is_of_calls=True),
    "failed_calls": Measure("Failure rate of calls", "%", only="mean", is_of_calls=True),
    "latency": Measure("Mean time of a call", "s", only="mean", scale=1e9, is_of_calls=True),
}
OF_SESSIONS: Final = {key: measure for key, measure in MEASURES.items() if not measure.is_of_calls}
"""What sessions have a value of, without a group."""
_ENDED_AS: Final = {"success": State.SUCCESS, "failed": State.ERROR}
"""Shares of the sessions that have ended."""


class ChartData(TypedDict):
    """Values by group and interval, the groups with most sessions first; None where nothing was measured.

    ``measured`` says of how many sessions each value is, ``left_out`` how many groups there are beyond those.
    """

    groups: dict[str, list[float | None]]
    measured: dict[str, list[int]]
    left_out: int


class Figure(NamedTuple):
    """One number, and of how many sessions it is; None where nothing was measured."""

    value: float | None
    measured: int


class Distribution(TypedDict):
    """How many sessions of each group lie between two edges; an edge belongs to the bar before it."""

    edges: list[float]
    groups: dict[str, list[int]]
    left_out: int


@dataclass(slots=True)
class _Values:
    """What was measured in one place: amounts, and what each is of (1, or a number of calls)."""

    amounts: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)

    def shares(self) -> list[float]:
        return [amount / part for amount, part in zip(self.amounts, self.parts, strict=True)]

    def as_one(self, how: str) -> float:
        # Rows come in any order, and the same rows are to give the same figure to the last digit.
        if how == "sum":
            return math.fsum(self.amounts)
        if how == "mean":
            return math.fsum(self.amounts) / math.fsum(self.parts)
        if how == "max":
            return max(self.amounts)
        return float(quantile(sorted(self.amounts), QUANTILES[how]) or 0.0)


_Found = dict[str, dict[int, _Values]]


def title_of(measure: str, aggregate: str) -> str:
    """What a chart shows, in words, as in ``p95 duration``."""
    what = MEASURES[measure]
    how = "" if what.only or aggregate == "sum" else f"{aggregate} "
    name = what.label if not how else what.label[0].lower() + what.label[1:]
    return (how[:1].upper() + how[1:] if how == "mean " else how) + name


def figure(reader: Reader, query: str, since_ns: int, until_ns: int, *, measure: str, aggregate: str) -> Figure:
    """Measure the sessions that started in ``[since_ns, until_ns)``: a chart's value over one interval.

    ``measure`` is one of ``OF_SESSIONS``.

    Raises:
        QueryError: The query cannot be understood.
    """
    found = chart(reader, query, Grid.into(since_ns, until_ns, 1), measure=measure, aggregate=aggregate)
    if not found["groups"]:
        # No session at all: what they come to is known, what they are like is not.
        return Figure(0.0 if (MEASURES[measure].only or aggregate) == "sum" else None, 0)
    return Figure(found["groups"][_ALL][0], found["measured"][_ALL][0])


def group_for(measure: str, by: str) -> str:
    """The group that is meant: what is measured of calls is by model unless another label is named."""
    return "model" if MEASURES[measure].is_of_calls and by not in LABEL_GROUPS else by


def chart(reader: Reader, query: str, grid: Grid, *, measure: str, aggregate: str, by: str = "") -> ChartData:
    """Measure the sessions found.

    By model, tool or agent, tokens, cost, errors and what is of calls are those of its own calls; anything else is of
    the sessions in which it took part.

    Args:
        reader: Of the project.
        query: Text of the query language.
        grid: The intervals; a session counts in the one in which it started.
        measure: One of ``MEASURES``.
        aggregate: One of ``AGGREGATES``; left out of account where the measure allows only one.
        by: One of ``CHART_GROUPS``, or nothing. A session counts once per tag, model, tool and agent.

    Raises:
        QueryError: The query cannot be understood.
    """
    what, by = MEASURES[measure], group_for(measure, by)
    values, sizes = _read(reader, query, grid, measure, by)
    chosen = what.only or aggregate
    if chosen == "sum" and by in LABEL_GROUPS and measure in ("cost", "tokens"):
        _add_rest(values, sizes, _read(reader, query, grid, measure, "")[0])
    shown = _largest(sizes)
    # Of a sum, an interval without sessions is 0; of anything else it is unknown.
    empty = 0.0 if chosen == "sum" else None
    groups = {
        name: [values[name][at].as_one(chosen) if at in values[name] else empty for at in range(grid.count)]
        for name in shown
    }
    measured = {
        name: [len(values[name][at].amounts) if at in values[name] else 0 for at in range(grid.count)] for name in shown
    }
    return {"groups": groups, "measured": measured, "left_out": len(sizes) - len(shown)}


def distribution(reader: Reader, query: str, grid: Grid, *, measure: str, by: str = "") -> Distribution:
    """Share the sessions found out among bars: of equal ratio where they differ by powers of ten, else of equal width.

    Raises:
        QueryError: The query cannot be understood.
    """
    by = group_for(measure, by)
    whole = Grid.into(grid.since_ns, grid.until_ns, 1)
    values, sizes = _read(reader, query, whole, measure, by)
    shown = _largest(sizes)
    amounts = {name: [amount for each in values[name].values() for amount in each.shares()] for name in shown}
    edges = _edges([amount for each in amounts.values() for amount in each])
    bars = {name: [0] * (len(edges) - 1) for name in shown}
    for name, each in amounts.items():
        for amount in each:
            bars[name][min(max(bisect_left(edges, amount) - 1, 0), len(edges) - 2)] += 1
    return {"edges": edges, "groups": bars, "left_out": len(sizes) - len(shown)}


def _largest(sizes: dict[str, int]) -> list[str]:
    return sorted(sizes, key=lambda name: (-sizes[name], name))[:_MOST_GROUPS]


def _edges(amounts: list[float]) -> list[float]:
    low, high = min(amounts, default=0.0), max(amounts, default=1.0)
    least = min((amount for amount in amounts if amount > 0), default=1.0)
    if high > 20 * least:
        ratio = (high / least) ** (1 / _BARS)
        return [*(least * ratio**at for at in range(_BARS)), high]
    width = (high - low) / _BARS or max(abs(high), 1.0) / _BARS
    return [low + width * at for at in range(_BARS + 1)]


def _read(reader: Reader, query: str, grid: Grid, measure: str, by: str) -> tuple[_Found, dict[str, int]]:
    """The values by group and interval, and how many sessions each group has."""
    now_ns, scale = time.time_ns(), MEASURES[measure].scale
    condition = reader.condition(query, grid.since_ns, grid.until_ns, now_ns)
    values: _Found = defaultdict(lambda: defaultdict(_Values))
    sizes: dict[str, int] = defaultdict(int)
    with reader.connect() as connection:
        for number, label, amount, part in connection.execute(_rows(measure, by, grid, now_ns, condition)):
            name = NONE if label is None else str(label)
            sizes[name] += 1
            if amount is not None and part:
                place = values[name][number]
                place.amounts.append(float(amount) / scale)
                place.parts.append(float(part))
    return values, sizes


def _add_rest(values: _Found, sizes: dict[str, int], whole: _Found) -> None:
    """What no call of a known model, tool or agent accounts for, so that the groups sum up to the sessions."""
    for at, total in whole[_ALL].items():
        known = [amount for each in values.values() if at in each for amount in each[at].amounts]
        rest = math.fsum(total.amounts) - math.fsum(known)
        if rest > math.fsum(total.amounts) * 1e-9:
            values[NONE][at] = _Values([rest], [1.0])
            sizes.setdefault(NONE, 1)


def _rows(measure: str, by: str, grid: Grid, now_ns: int, condition: ColumnElement[bool]) -> Select[Any]:
    """Interval, group, amount, and what it is of, of each session."""
    c, tag, said, u = t.session.c, t.session_tag.c, t.annotation.c, t.usage.c
    number = IntDiv(c.start_ns - grid.origin_ns, grid.width_ns).label("number")
    source: Any = t.session
    if measure == "score":
        is_score = and_(said.project == c.project, said.session_id == c.session_id, said.span_id == "")
        source = source.outerjoin(t.annotation, and_(is_score, said.name == "score"))
    if by == "tag":
        source = source.outerjoin(t.session_tag, and_(tag.sid == c.sid, tag.is_removed == 0))
    if by in LABEL_GROUPS:
        source = source.join(t.usage, and_(u.sid == c.sid, u.label_kind == by))
    group: ColumnElement[Any] = (
        tag.tag if by == "tag" else shown_state(now_ns) if by == "status" else u.label if by in LABEL_GROUPS
        else c[by] if by else literal(_ALL)
    )  # fmt: skip
    of_calls = _OF_LABELS.get(measure) if by in LABEL_GROUPS else None
    amount, part = of_calls or (_value(measure, now_ns), literal(1))
    columns = (number, group.label("grp"), amount.label("val"), part.label("part"))
    return select(*columns).select_from(source).where(condition)


_OF_LABELS: Final[dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]]] = {
    "cost": (t.usage.c.cost_nano, literal(1)),
    "tokens": (func.coalesce(t.usage.c.input_tokens, 0) + func.coalesce(t.usage.c.output_tokens, 0), literal(1)),
    "errors": (t.usage.c.errors, literal(1)),
    "calls": (t.usage.c.calls, literal(1)),
    "failed_calls": (t.usage.c.errors, t.usage.c.calls),
    "latency": (t.usage.c.duration_ns, t.usage.c.calls),
}


def _value(measure: str, now_ns: int) -> ColumnElement[Any]:
    c = t.session.c
    if measure in _ENDED_AS:
        state = shown_state(now_ns)
        return case((state.in_((State.RUNNING, State.PAUSED)), None), (state == _ENDED_AS[measure], 1), else_=0)
    if measure == "score":
        return case((t.annotation.c.value == "up", 1), (t.annotation.c.value == "down", 0), else_=None)
    if measure == "duration":
        return case((c.duration_ns.is_(None), None), else_=c.duration_ns - func.coalesce(c.waiting_ns, 0))
    columns = {
        "cost": c.cost_nano, "tokens": c.total_tokens, "llm": c.llm_calls, "tools": c.tool_calls, "errors": c.errors,
    }  # fmt: skip
    return columns[measure] if measure in columns else literal(1)
