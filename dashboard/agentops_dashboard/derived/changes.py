"""What changed suddenly: models, tools and agents that fail more often, take longer or cost more than before.

A time is held against the equally long one before it. Failures and costs are those of all sessions found; durations are
of spans, from sessions spread evenly over those found where there are many. A change is named only where it can hardly
be chance and is large enough to matter.
"""

import math
import time
from bisect import bisect_right
from collections import defaultdict
from typing import Final, TypedDict

from sqlalchemy import ColumnElement, Connection

from agentops_dashboard.derived.pace import times_of
from agentops_dashboard.derived.sureness import SURE, means_apart, shares_apart, variance
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import quantile
from agentops_dashboard.reader.label_sums import Counted, Sums

__all__ = ["Change", "read_changes"]

_KINDS: Final = ("tool", "model", "agent")
_ORDER: Final = ("errors", "p95", "cost")
_MOST_SPANS: Final = 2_500
_FEWEST_CALLS: Final = 20
_FEWEST_SESSIONS: Final = 10
_LEAST_RATIO: Final = 1.3
_LEAST_SHARE: Final = 0.02
_LEAST_MS: Final = 50.0
_SLOWEST: Final = 0.95


class Change(TypedDict):
    """A model, tool or agent that got worse.

    ``what`` is ``errors`` (share of its calls or runs), ``p95`` (of its calls, in ms) or ``cost`` (dollars per session
    in which it took part).
    """

    kind: str
    label: str
    what: str
    before: float
    now: float


def read_changes(
    reader: Reader, query: str, since_ns: int, until_ns: int, counted: Counted | None = None
) -> list[Change] | None:
    """What got worse from the equally long time before until now: failures first, then durations, then costs.

    None if no session is found in the time before, so that there is nothing to compare with. ``counted`` are the sums
    of this time, where they are known.

    Raises:
        QueryError: The query cannot be understood.
    """
    before_ns = max(0, 2 * since_ns - until_ns)
    before = _compared(reader.labels.over(query, before_ns, since_ns))
    now = _compared(reader.labels.over(query, since_ns, until_ns) if counted is None else counted)
    if not before:
        return None
    both = [(kind, label, before[kind, label], sums) for (kind, label), sums in now.items() if (kind, label) in before]
    condition = reader.condition(query, before_ns, until_ns, time.time_ns())
    with reader.connect() as connection:
        slower = _slower(_durations(connection, condition, since_ns))
    found = [*_failing(both), *slower, *_dearer(both)]
    return sorted(found, key=_rank)


def _compared(counted: Counted) -> Counted:
    return {label: sums for label, sums in counted.items() if label[0] in _KINDS}


def _rank(change: Change) -> tuple[int, float, int, str]:
    """Failures before slowness before cost, the largest change first; the tool before the agent that it failed."""
    now, before = change["now"], change["before"]
    size = now - before if change["what"] == "errors" else now / before if before else math.inf
    return _ORDER.index(change["what"]), -size, _KINDS.index(change["kind"]), change["label"]


def _failing(both: list[tuple[str, str, Sums, Sums]]) -> list[Change]:
    found: list[Change] = []
    for kind, label, before, now in both:
        if min(before.calls, now.calls) >= _FEWEST_CALLS:
            shares = before.errors / before.calls, now.errors / now.calls
            is_large = shares[1] >= shares[0] * _LEAST_RATIO and shares[1] - shares[0] >= _LEAST_SHARE
            if is_large and shares_apart(shares, (before.calls, now.calls)) >= SURE:
                found.append({"kind": kind, "label": label, "what": "errors", "before": shares[0], "now": shares[1]})
    return found


def _dearer(both: list[tuple[str, str, Sums, Sums]]) -> list[Change]:
    found: list[Change] = []
    for kind, label, before, now in both:
        if min(before.priced, now.priced) >= _FEWEST_SESSIONS and before.cost_nano and now.cost_nano is not None:
            means = before.cost_nano / before.priced, now.cost_nano / now.priced
            counts = before.priced, now.priced
            variances = tuple(variance(row.cost_nano or 0, row.squares, row.priced) for row in (before, now))
            is_sure = means_apart(means, (variances[0], variances[1]), counts) >= SURE
            if means[1] >= means[0] * _LEAST_RATIO and is_sure:
                amounts = means[0] / 1e9, means[1] / 1e9
                found.append({"kind": kind, "label": label, "what": "cost", "before": amounts[0], "now": amounts[1]})
    return found


def _durations(
    connection: Connection, condition: ColumnElement[bool], since_ns: int
) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    """The durations of the calls of each model and tool in ms, sorted: those before, and those now."""
    found: dict[tuple[str, str], tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for session_ns, label, ms in times_of(connection, condition, _MOST_SPANS):
        found[label][session_ns >= since_ns].append(ms)
    for times in found.values():
        for values in times:
            values.sort()
    return found


def _slower(durations: dict[tuple[str, str], tuple[list[float], list[float]]]) -> list[Change]:
    """Those of which far more calls than one in twenty now take longer than one in twenty took before."""
    found: list[Change] = []
    for (kind, label), (before, now) in durations.items():
        if min(len(before), len(now)) < _FEWEST_CALLS:
            continue
        limits = float(quantile(before, _SLOWEST) or 0), float(quantile(now, _SLOWEST) or 0)
        over = tuple(1 - bisect_right(values, limits[0]) / len(values) for values in (before, now))
        is_large = limits[1] >= limits[0] * _LEAST_RATIO and limits[1] - limits[0] >= _LEAST_MS
        if is_large and shares_apart((over[0], over[1]), (len(before), len(now))) >= SURE:
            found.append({"kind": kind, "label": label, "what": "p95", "before": limits[0], "now": limits[1]})
    return found
