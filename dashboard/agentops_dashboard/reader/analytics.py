"""Figures over many sessions: totals, courses over time, and tables of models, tools and agents.

Everything is counted over the sessions that a query finds, by the same condition as the list: the totals agree.
"""

import time
from collections.abc import Sequence
from typing import Any, Final, TypedDict

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from agentops.semconv import State
from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.reader.facets import shown_state
from agentops_dashboard.reader.grid import Grid, around
from agentops_dashboard.reader.label_sums import LABELS, Counted, Sums
from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.store import tables as t

__all__ = ["GROUPS", "LABELS", "Analytics", "LabelRow", "Point", "Totals", "UserRow", "quantile", "tables_of"]

GROUPS: Final = ("model", "agent", "user", "environment", "release", "service", "tag")
"""What cost and tokens can be split by."""

_MOST_ROWS: Final = 100
_MOST_SERIES: Final = 8
NONE: Final = "(none)"
OTHER: Final = "(other)"
_OF_CALLS: Final = frozenset({"model", "agent"})
"""Groups whose amounts are sums over calls; a session has several of each."""


class Totals(TypedDict):
    """Sums over the sessions found. ``success_rate`` counts ended sessions only. Durations in ms, money in dollars.

    ``cache_hits`` is the share of input tokens that was read from a cache, where calls say so.
    """

    sessions: int
    failed: int
    success_rate: float | None
    users: int
    llm: int
    tools: int
    errors: int
    tokens: int | None
    cache_hits: float | None
    cost: float | None
    unpriced: int
    p50_cost: float | None
    p95_cost: float | None
    p50_ms: float | None
    p95_ms: float | None


class Point(TypedDict):
    """One interval ``[start_ns, end_ns)``; a session belongs to the one in which it started."""

    start_ns: int
    end_ns: int
    sessions: int
    failed: int
    states: dict[str, int]
    input: int
    cached: int
    output: int
    reasoning: int
    cost: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class LabelRow(TypedDict):
    """A model, tool, agent, type of error or fingerprint of failures over all sessions found.

    Types of error are counted in every span that failed so, fingerprints where the failure began.
    Tokens and cost of an agent are those of the calls that it made itself. ``cut_off`` of a model's answers ended
    because they had become too long; None where nobody said why they ended.
    """

    label: str
    sessions: int
    calls: int
    errors: int
    mean_ms: float | None
    total_ms: float
    input: int | None
    output: int | None
    cached: int | None
    cost: float | None
    cut_off: int | None
    first_ns: int
    last_ns: int


class UserRow(TypedDict):
    """A user, with the number of their sessions and what those cost in dollars."""

    user: str
    sessions: int
    cost: float | None


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the sorted values do not exceed; None of nothing."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


class Analytics:
    """Reads the figures of one project."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def span_of(self, query: str, since_ns: int | None, until_ns: int | None) -> tuple[int, int] | None:
        """The time from the first to the last session found, within the given bounds; None if there is none."""
        c = t.session.c
        with self._reader.connect() as connection:
            statement = select(func.min(c.start_ns), func.max(c.start_ns))
            first, last = connection.execute(statement.where(self._condition(query, since_ns, until_ns))).one()
        if first is None:
            return None
        since, until = around(first, last)
        return (since if since_ns is None else since_ns), (until if until_ns is None else until_ns)

    def totals(self, query: str = "", *, since_ns: int | None = None, until_ns: int | None = None) -> Totals:
        """Sum up the sessions found.

        Raises:
            QueryError: The query cannot be understood.
        """
        c = t.session.c
        state = shown_state(time.time_ns())
        condition = self._condition(query, since_ns, until_ns)
        ended = state.in_((State.SUCCESS, State.ERROR, State.CANCELLED, State.INDETERMINATE, State.ABANDONED))
        statement = select(
            func.count(),
            func.sum(case((state == State.ERROR, 1), else_=0)),
            func.sum(case((state == State.SUCCESS, 1), else_=0)),
            func.sum(case((ended, 1), else_=0)),
            func.count(c.user.distinct()),
            *(func.sum(column) for column in (c.llm_calls, c.tool_calls, c.errors, c.total_tokens, c.cost_nano)),
            func.sum(c.unpriced_calls),
            func.sum(c.input_tokens),
            func.sum(c.cached_tokens),
        ).where(condition)
        with self._reader.connect() as connection:
            count, failed, fine, over, users, llm, tools, errors, tokens, nano, unpriced, sent, cached = (
                connection.execute(statement).one()
            )
            # Sorted here: asked for in order, SQLite would go through the costs of all times.
            priced = select(c.cost_nano).where(condition, c.cost_nano.is_not(None))
            costs = [amount / 1e9 for amount in sorted(connection.execute(priced).scalars())]
            durations = sorted(ms for _, ms in self._durations(connection, condition))
        return {
            "sessions": count,
            "failed": failed or 0,
            "success_rate": (fine or 0) / over if over else None,
            "users": users,
            "llm": llm or 0,
            "tools": tools or 0,
            "errors": errors or 0,
            "tokens": tokens,
            "cache_hits": cached / sent if sent and cached is not None else None,
            "cost": None if nano is None else nano / 1e9,
            "unpriced": unpriced or 0,
            "p50_cost": quantile(costs, 0.5),
            "p95_cost": quantile(costs, 0.95),
            "p50_ms": quantile(durations, 0.5),
            "p95_ms": quantile(durations, 0.95),
        }

    def course(self, query: str, grid: Grid) -> list[Point]:
        """The sessions found, by interval."""
        c = t.session.c
        condition = self._condition(query, grid.since_ns, grid.until_ns)
        number = IntDiv(c.start_ns - grid.origin_ns, grid.width_ns).label("number")
        state = shown_state(time.time_ns()).label("shown")
        sums = (c.input_tokens, c.cached_tokens, c.output_tokens, c.reasoning_tokens, c.cost_nano)
        statement = select(number, state, func.count(), *map(func.sum, sums)).where(condition).group_by(number, state)
        points = [_empty_point(grid.start_ns(at), grid.start_ns(at + 1)) for at in range(grid.count)]
        durations: dict[int, list[float]] = {}
        with self._reader.connect() as connection:
            for at, shown, count, *amounts in connection.execute(statement):
                _add_state(points[at], shown, count, amounts)
            for start, ms in self._durations(connection, condition):
                durations.setdefault(grid.number(start), []).append(ms)
        for at, values in durations.items():
            values.sort()
            points[at]["p50_ms"] = quantile(values, 0.5)
            points[at]["p95_ms"] = quantile(values, 0.95)
            points[at]["p99_ms"] = quantile(values, 0.99)
        return points

    def durations(self, query: str, since_ns: int | None, until_ns: int | None) -> list[float]:
        """The durations of the sessions found, in ms, sorted."""
        with self._reader.connect() as connection:
            found = self._durations(connection, self._condition(query, since_ns, until_ns))
        return sorted(ms for _, ms in found)

    def split(self, query: str, grid: Grid, *, by: str, of: str) -> dict[str, list[float]]:
        """Cost (dollars) or tokens by interval, for the largest groups; the rest as ``(other)``.

        Args:
            query: Text of the query language.
            grid: The intervals.
            by: One of ``GROUPS``. With tags a session counts once per tag.
            of: ``cost`` or ``tokens``.
        """
        condition = self._condition(query, grid.since_ns, grid.until_ns)
        found: dict[str, list[int]] = {}
        with self._reader.connect() as connection:
            for number, label, amount in connection.execute(self._split(by, of, grid).where(condition)):
                found.setdefault(NONE if label is None else label, [0] * grid.count)[number] += amount or 0
            if by in _OF_CALLS:
                # What no call of a known model, or of an agent, accounts for.
                rest = [-sum(column) for column in zip(*found.values(), strict=True)] or [0] * grid.count
                for number, _, amount in connection.execute(self._split("", of, grid).where(condition)):
                    rest[number] += amount or 0
                found[NONE] = rest
        return _largest(found, 1e9 if of == "cost" else 1)

    def _split(self, by: str, of: str, grid: Grid) -> Any:
        c, u, tag = t.session.c, t.usage.c, t.session_tag.c
        number = IntDiv(c.start_ns - grid.origin_ns, grid.width_ns).label("number")
        own = c.cost_nano if of == "cost" else c.total_tokens
        if not by:
            return select(number, literal(""), func.sum(own)).group_by(number)
        if by in _OF_CALLS:
            amount = (
                u.cost_nano if of == "cost" else func.coalesce(u.input_tokens, 0) + func.coalesce(u.output_tokens, 0)
            )
            joined = t.session.join(t.usage, (u.sid == c.sid) & (u.label_kind == by))
            return select(number, u.label, func.sum(amount)).select_from(joined).group_by(number, u.label)
        if by == "tag":
            joined = t.session.outerjoin(t.session_tag, (tag.sid == c.sid) & (tag.is_removed == 0))
            return select(number, tag.tag, func.sum(own)).select_from(joined).group_by(number, tag.tag)
        column = {"user": c.user, "environment": c.environment, "release": c.release, "service": c.service}[by]
        return select(number, column, func.sum(own)).group_by(number, column)

    def tables(
        self, query: str = "", *, since_ns: int | None = None, until_ns: int | None = None
    ) -> dict[str, list[LabelRow]]:
        """Models, tools, agents and errors of the sessions found, each by falling number of calls."""
        return tables_of(self._reader.labels.over(query, since_ns, until_ns))

    def top_users(
        self, query: str = "", *, since_ns: int | None = None, until_ns: int | None = None, most: int = 10
    ) -> list[UserRow]:
        """The users whose sessions cost most."""
        c = t.session.c
        cost = func.sum(c.cost_nano)
        statement = (
            select(c.user, func.count(), cost)
            .where(self._condition(query, since_ns, until_ns), c.user.is_not(None))
            .group_by(c.user)
            .order_by(cost.desc(), c.user)
            .limit(most)
        )
        with self._reader.connect() as connection:
            return [
                {"user": user, "sessions": count, "cost": None if nano is None else nano / 1e9}
                for user, count, nano in connection.execute(statement)
            ]

    def _condition(self, query: str, since_ns: int | None, until_ns: int | None) -> ColumnElement[bool]:
        return self._reader.condition(query, since_ns, until_ns, time.time_ns())

    def _durations(self, connection: Connection, condition: ColumnElement[bool]) -> list[tuple[int, float]]:
        """Start and duration of the ended sessions; time spent waiting for people is left out."""
        c = t.session.c
        statement = select(c.start_ns, c.duration_ns, c.waiting_ns).where(condition, c.duration_ns.is_not(None))
        return [(start, max(0, long - waited) / 1e6) for start, long, waited in connection.execute(statement)]


def tables_of(counted: Counted) -> dict[str, list[LabelRow]]:
    """What ``Analytics.tables`` returns, of sums that are counted already."""
    found: dict[str, list[LabelRow]] = {kind: [] for kind in LABELS}
    for (kind, label), sums in sorted(counted.items(), key=lambda item: (-item[1].calls, item[0][1])):
        if len(found[kind]) < _MOST_ROWS:
            found[kind].append(_label_row(label, sums))
    return found


def _largest(found: dict[str, list[int]], scale: float) -> dict[str, list[float]]:
    """The groups with the largest sums, and all others as one."""
    ranked = sorted(found.items(), key=lambda item: -sum(item[1]))
    shown = {label: [value / scale for value in values] for label, values in ranked[:_MOST_SERIES] if any(values)}
    rest = [values for _, values in ranked[_MOST_SERIES:]]
    if rest and any(map(any, rest)):
        shown[OTHER] = [sum(column) / scale for column in zip(*rest, strict=True)]
    return shown


def _empty_point(start_ns: int, end_ns: int) -> Point:
    return {
        "start_ns": start_ns, "end_ns": end_ns, "sessions": 0, "failed": 0, "states": {}, "input": 0, "cached": 0,
        "output": 0, "reasoning": 0, "cost": None, "p50_ms": None, "p95_ms": None, "p99_ms": None,
    }  # fmt: skip


def _add_state(point: Point, shown: str, count: int, amounts: list[int | None]) -> None:
    """Add the sessions of one interval that are shown in one state."""
    sent, cached, got, thought = (amount or 0 for amount in amounts[:4])
    nano = amounts[4]
    point["sessions"] += count
    point["failed"] += count if shown == State.ERROR else 0
    point["states"][shown] = count
    point["input"] += sent - cached
    point["cached"] += cached
    point["output"] += got - thought
    point["reasoning"] += thought
    if nano is not None:
        point["cost"] = (point["cost"] or 0.0) + nano / 1e9


def _label_row(label: str, sums: Sums) -> LabelRow:
    return {
        "label": label,
        "sessions": sums.sessions,
        "calls": sums.calls,
        "errors": sums.errors,
        "mean_ms": sums.duration_ns / sums.calls / 1e6 if sums.calls else None,
        "total_ms": sums.duration_ns / 1e6,
        "input": sums.input,
        "output": sums.output,
        "cached": sums.cached,
        "cost": None if sums.cost_nano is None else sums.cost_nano / 1e9,
        "cut_off": sums.cut_off,
        "first_ns": sums.first_ns,
        "last_ns": sums.last_ns,
    }
