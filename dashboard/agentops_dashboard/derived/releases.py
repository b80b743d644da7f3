"""Two releases of a program side by side: how often they succeed, what they cost, and how sure the difference is."""

import time
from typing import Any, Final, TypedDict

from sqlalchemy import Double, case, cast, func, select

from agentops.semconv import State
from agentops_dashboard.derived.sureness import means_apart, shares_apart, variance
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.facets import shown_state
from agentops_dashboard.store import tables as t

__all__ = ["FEWEST_SESSIONS", "Difference", "Releases", "read_releases"]

FEWEST_SESSIONS: Final = 10
_MOST: Final = 50
_MEANS: Final = ("cost", "duration", "errors", "tokens")


class Difference(TypedDict):
    """A figure of both releases: ``success`` is a share, the others are means per session (dollars, ms, counts).

    ``apart`` is by how many standard errors the newer one lies above; None where there are too few sessions to say.
    """

    what: str
    old: float | None
    new: float | None
    apart: float | None


class Releases(TypedDict):
    """``known`` are the releases found, the one that was first seen last in front, with their numbers of sessions."""

    known: dict[str, int]
    old: str
    new: str
    differences: list[Difference]


def read_releases(
    reader: Reader, query: str, since_ns: int | None, until_ns: int | None, *, old: str = "", new: str = ""
) -> Releases | None:
    """Compare two releases over the sessions found, by default the two that were first seen last; None below two.

    Raises:
        QueryError: The query cannot be understood.
    """
    now_ns = time.time_ns()
    c, state = t.session.c, shown_state(now_ns)
    is_over = state.not_in((State.RUNNING, State.PAUSED))
    took = case((c.duration_ns.is_(None), None), else_=c.duration_ns - func.coalesce(c.waiting_ns, 0))
    columns = {"cost": c.cost_nano, "duration": took, "errors": c.errors, "tokens": c.total_tokens}
    sums = []
    for name in _MEANS:
        # An unknown value adds nothing; without the zero ClickHouse refuses to cast it.
        value = cast(func.coalesce(columns[name], 0), Double)
        sums += [func.count(columns[name]).label(f"{name}_count"), func.sum(value).label(f"{name}_sum"),
                 func.sum(value * value).label(f"{name}_squares")]  # fmt: skip
    statement = (
        select(c.release, func.count().label("sessions"), func.min(c.start_ns).label("first_ns"),
               func.sum(case((is_over, 1), else_=0)).label("over"),
               func.sum(case((state == State.SUCCESS, 1), else_=0)).label("fine"), *sums)
        .where(reader.condition(query, since_ns, until_ns, now_ns), c.release.is_not(None))
        .group_by(c.release)
    )  # fmt: skip
    with reader.connect() as connection:
        rows = sorted(connection.execute(statement).all(), key=lambda row: (-row.first_ns, row.release))
    if len(rows) < 2:
        return None
    by_name = {row.release: row for row in rows}
    after = by_name.get(new) or next(row for row in rows if row.release != old)
    before = by_name.get(old) if old != after.release else None
    before = before or next((row for row in rows[rows.index(after) + 1 :]), None) or rows[0]
    return {
        "known": {row.release: row.sessions for row in rows[:_MOST]}, "old": before.release, "new": after.release,
        "differences": [_success(before, after), *(_mean(name, before, after) for name in _MEANS)],
    }  # fmt: skip


def _success(old: Any, new: Any) -> Difference:
    shares = [row.fine / row.over if row.over else None for row in (old, new)]
    apart = None
    if shares[0] is not None and shares[1] is not None and min(old.over, new.over) >= FEWEST_SESSIONS:
        apart = shares_apart((shares[0], shares[1]), (old.over, new.over))
    return {"what": "success", "old": shares[0], "new": shares[1], "apart": apart}


def _mean(name: str, old: Any, new: Any) -> Difference:
    scale = {"cost": 1e9, "duration": 1e6}.get(name, 1.0)
    (n1, s1, q1), (n2, s2, q2) = ([getattr(row, f"{name}_{part}") for part in ("count", "sum", "squares")]
                                  for row in (old, new))  # fmt: skip
    apart = None
    if min(n1, n2) >= FEWEST_SESSIONS:
        apart = means_apart((s1 / n1, s2 / n2), (variance(s1, q1, n1), variance(s2, q2, n2)), (n1, n2))
    return {
        "what": name, "old": s1 / n1 / scale if n1 else None, "new": s2 / n2 / scale if n2 else None, "apart": apart,
    }  # fmt: skip
