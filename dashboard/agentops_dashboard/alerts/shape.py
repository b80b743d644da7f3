"""Rules as JSON shows them, over HTTP and on the command line alike."""

from typing import TypedDict

from agentops_dashboard import format as write
from agentops_dashboard.alerts.rule import Rule
from agentops_dashboard.alerts.subject import SESSIONS

__all__ = ["Alert", "Firing", "alert_of"]


class Firing(TypedDict):
    """A model, tool or agent that fires, of a rule about each of them: its figure, of so many calls."""

    label: str
    value: float
    calls: int
    since_time: str | None


class Alert(TypedDict):
    """A rule and how it stands.

    ``of`` is ``sessions``, ``each tool``, ``tool search`` and so on. Of one about each, ``worst`` is whose figure
    ``value`` is, ``firing`` which of them fire, and ``left_out`` how many more that nobody is told of.

    ``threshold`` and ``value`` are in the unit of ``/api/v1/analytics/chart``: dollars, seconds, a share of 1, or a
    number. ``state`` is ``ok``, ``firing`` or ``no data`` since ``since_time``; null while it has not been judged.
    ``value`` is of ``sessions`` sessions or of ``calls`` calls; the other one is null. ``problem`` says why it could
    not be judged the last time.
    """

    id: int
    name: str
    rule: str
    of: str
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
    calls: int | None
    worst: str | None
    firing: list[Firing]
    left_out: int
    judged_time: str | None
    problem: str | None


def alert_of(rule: Rule) -> Alert:
    """A rule as JSON."""
    is_of_sessions = rule.of == SESSIONS
    return {
        "id": rule.id, "name": rule.name, "rule": rule.words, "of": rule.of, "measure": rule.measure,
        "aggregate": rule.aggregate, "query": rule.query, "period": rule.period, "side": rule.side,
        "threshold": rule.threshold, "least": rule.least, "paused": rule.is_paused, "state": rule.standing or None,
        "since_time": _time(rule.since_ns), "value": rule.value,
        "sessions": rule.measured if is_of_sessions else None, "calls": None if is_of_sessions else rule.measured,
        "worst": rule.worst or None, "left_out": rule.left_out,
        "firing": [
            {"label": one.label, "value": one.value, "calls": one.measured, "since_time": _time(one.since_ns)}
            for one in rule.fires
        ],
        "judged_time": _time(rule.judged_ns), "problem": rule.problem or None,
    }  # fmt: skip


def _time(time_ns: int | None) -> str | None:
    moment = write.moment_of(time_ns)
    return moment.isoformat() if moment else None
