"""Rules as JSON shows them, over HTTP and on the command line alike."""

from typing import TypedDict

from agentops_dashboard import format as write
from agentops_dashboard.alerts.rule import Rule

__all__ = ["Alert", "alert_of"]


class Alert(TypedDict):
    """A rule and how it stands.

    ``threshold`` and ``value`` are in the unit of ``/api/v1/analytics/chart``: dollars, seconds, a share of 1, or a
    number. ``state`` is ``ok``, ``firing`` or ``no data`` since ``since_time``; null while it has not been judged.
    ``value`` is of ``sessions`` sessions. ``problem`` says why it could not be judged the last time.
    """

    id: int
    name: str
    rule: str
    measure: str
    aggregate: str
    query: str
    period: str
    side: str
    threshold: float
    least: int
    paused: bool
    state: str | None
    since_time: str | None
    value: float | None
    sessions: int | None
    judged_time: str | None
    problem: str | None


def alert_of(rule: Rule) -> Alert:
    """A rule as JSON."""
    return {
        "id": rule.id, "name": rule.name, "rule": rule.words, "measure": rule.measure, "aggregate": rule.aggregate,
        "query": rule.query, "period": rule.period, "side": rule.side, "threshold": rule.threshold,
        "least": rule.least, "paused": rule.is_paused, "state": rule.standing or None,
        "since_time": _time(rule.since_ns), "value": rule.value, "sessions": rule.measured,
        "judged_time": _time(rule.judged_ns), "problem": rule.problem or None,
    }  # fmt: skip


def _time(time_ns: int | None) -> str | None:
    moment = write.moment_of(time_ns)
    return moment.isoformat() if moment else None
