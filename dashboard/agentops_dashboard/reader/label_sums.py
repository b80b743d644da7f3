"""What each model, tool, agent and kind of failure sums up to: of each day, counted once until something changes."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Double, cast, func, literal, select

from agentops_dashboard.reader.dialect import IntDiv
from agentops_dashboard.store import tables as t

if TYPE_CHECKING:
    from agentops_dashboard.reader.reader import Reader

__all__ = ["LABELS", "Counted", "LabelSums", "Sums"]

LABELS: Final = ("model", "tool", "agent", "error", "fingerprint")
_DAY_NS: Final = 86_400_000_000_000
_FEWEST_DAYS: Final = 2
_MOST_DAYS: Final = 1_000
"""When a session began is what a program says: so many days with sessions are years of them, or nonsense."""
_MOST_STRETCHES: Final = 16
_MOST_KEPT: Final = 20_000

_State = tuple[int, int]
"""Of a day: the newest revision and the number of its sessions. Whatever is written or deleted changes one of them."""


class Sums(NamedTuple):
    """Over the sessions in which a label occurs. Sums are None where no session says.

    ``metered`` and ``priced`` count the sessions that say tokens and cost; ``squares`` sums the squares of the costs.
    """

    sessions: int
    calls: int
    errors: int
    duration_ns: float
    input: int | None
    metered: int
    output: int | None
    cached: int | None
    cost_nano: int | None
    priced: int
    squares: float
    cut_off: int | None
    first_ns: int
    last_ns: int


Counted = dict[tuple[str, str], Sums]
"""Sums by kind of label and label."""


class LabelSums:
    """Counts over the sessions of one project; safe to share between threads.

    A program's labels are few and its sessions many, and sessions of days past hardly ever change. So without a query
    the sums of whole days (UTC) are remembered, and days whose sessions have changed are counted again.
    """

    def __init__(self, reader: "Reader") -> None:
        self._reader = reader
        self._kept: OrderedDict[int, tuple[_State, Counted]] = OrderedDict()
        self._lock = Lock()

    def over(self, query: str, since_ns: int | None, until_ns: int | None) -> Counted:
        """The sums over the sessions that a query finds and that started in ``[since_ns, until_ns)``.

        Raises:
            QueryError: The query cannot be understood.
        """
        first = None if since_ns is None else -(-since_ns // _DAY_NS)
        end = None if until_ns is None else until_ns // _DAY_NS
        stop = time.time_ns() // _DAY_NS + 1 if end is None else end
        if query.strip() or (first is not None and stop - first < _FEWEST_DAYS):
            return self._count(query, since_ns, until_ns)
        bounds = None if first is None else first * _DAY_NS, None if end is None else end * _DAY_NS
        # How the days stand is asked before they are counted: what is written meanwhile is counted again next time.
        states = self._states(*bounds)
        if len(states) > _MOST_DAYS:
            return self._count("", since_ns, until_ns)
        parts = self._days(states)
        if first is not None and since_ns is not None and since_ns < first * _DAY_NS:
            parts.append(self._count("", since_ns, first * _DAY_NS))
        if end is not None and until_ns is not None and until_ns > end * _DAY_NS:
            parts.append(self._count("", end * _DAY_NS, until_ns))
        return _merged(parts)

    def _days(self, states: dict[int, _State]) -> list[Counted]:
        """The sums of each of these days."""
        with self._lock:
            known = {
                day: self._kept[day][1] for day in states if day in self._kept and self._kept[day][0] == states[day]
            }
        found: dict[int, Counted] = {day: {} for day in states} | known
        for stretch in _stretches(sorted(states.keys() - known.keys())):
            found |= self._count_days(*stretch)
        with self._lock:
            for day, counted in found.items():
                if day in states:
                    self._kept[day] = states[day], counted
                    self._kept.move_to_end(day)
            while sum(len(counted) for _, counted in self._kept.values()) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return list(found.values())

    def _states(self, since_ns: int | None, until_ns: int | None) -> dict[int, _State]:
        c = t.session.c
        day = _day()
        statement = select(day, func.max(c.revision), func.count()).where(self._condition("", since_ns, until_ns))
        with self._reader.connect() as connection:
            return {at: (newest, count) for at, newest, count in connection.execute(statement.group_by(day))}

    def _count(self, query: str, since_ns: int | None, until_ns: int | None) -> Counted:
        return self._read(literal(0), self._condition(query, since_ns, until_ns)).get(0, {})

    def _count_days(self, start: int, stop: int) -> dict[int, Counted]:
        return self._read(_day(), self._condition("", start * _DAY_NS, stop * _DAY_NS))

    def _read(self, group: ColumnElement[int], condition: ColumnElement[bool]) -> dict[int, Counted]:
        c, u = t.session.c, t.usage.c
        # As floating point: the durations that programs claim may pass 64 bits together. An unknown cost adds nothing;
        # without the zero ClickHouse refuses to cast it.
        cost = cast(func.coalesce(u.cost_nano, 0), Double)
        figures = (
            func.count(), func.sum(u.calls), func.sum(u.errors), func.sum(cast(u.duration_ns, Double)),
            func.sum(u.input_tokens), func.count(u.input_tokens), func.sum(u.output_tokens), func.sum(u.cached_tokens),
            func.sum(u.cost_nano), func.count(u.cost_nano), func.sum(cost * cost), func.sum(u.cut_off),
            func.min(u.start_ns), func.max(u.start_ns),
        )  # fmt: skip
        group = group.label("number")
        statement = (
            select(group, u.label_kind, u.label, *figures)
            .select_from(t.session.join(t.usage, (u.sid == c.sid) & u.label_kind.in_(LABELS)))
            .where(condition)
            .group_by(group, u.label_kind, u.label)
        )
        found: dict[int, Counted] = {}
        with self._reader.connect() as connection:
            for number, kind, label, *sums in connection.execute(statement):
                found.setdefault(number, {})[kind, label] = Sums(*sums)
        return found

    def _condition(self, query: str, since_ns: int | None, until_ns: int | None) -> ColumnElement[bool]:
        return self._reader.condition(query, since_ns, until_ns, time.time_ns())


def _day() -> ColumnElement[int]:
    return IntDiv(t.session.c.start_ns, _DAY_NS).label("day")


def _stretches(days: list[int]) -> list[tuple[int, int]]:
    """Sorted days as stretches ``[start, stop)`` without holes; as a single one if there are many."""
    starts = [day for at, day in enumerate(days) if at == 0 or days[at - 1] != day - 1]
    stops = [day + 1 for at, day in enumerate(days) if at + 1 == len(days) or days[at + 1] != day + 1]
    return list(zip(starts, stops, strict=True)) if len(starts) <= _MOST_STRETCHES else [(starts[0], stops[-1])]


def _merged(parts: Iterable[Counted]) -> Counted:
    found: Counted = {}
    for part in parts:
        for key, sums in part.items():
            found[key] = _plus(found[key], sums) if key in found else sums
    return found


def _plus(one: Sums, other: Sums) -> Sums:
    return Sums._make(map(_sum, one, other))._replace(
        first_ns=min(one.first_ns, other.first_ns), last_ns=max(one.last_ns, other.last_ns)
    )


def _sum(one: Any, other: Any) -> Any:
    """The sum of what is known; None if nothing is."""
    if one is None or other is None:
        return other if one is None else one
    return one + other
