"""How a rule stands: what the chart of its figure says, against its threshold."""

from typing import NamedTuple

from agentops_dashboard.alerts.rule import FIRING, NO_DATA, OK, Draft
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import figure

__all__ = ["Judgement", "judge"]


class Judgement(NamedTuple):
    """How a rule stands at a moment: its figure, of so many sessions that started in ``[since_ns, until_ns)``."""

    standing: str
    value: float | None
    measured: int
    since_ns: int
    until_ns: int


def judge(reader: Reader, rule: Draft, now_ns: int) -> Judgement:
    """Measure a rule's figure and compare it. The same sessions and the same moment give the same judgement.

    Raises:
        QueryError: The query cannot be understood (any more).
    """
    since_ns, until_ns = rule.bounds(now_ns)
    found = figure(reader, rule.query, since_ns, until_ns, measure=rule.measure, aggregate=rule.aggregate)
    return Judgement(_standing(rule, found.value, found.measured), found.value, found.measured, since_ns, until_ns)


def _standing(rule: Draft, value: float | None, measured: int) -> str:
    if value is None or measured < rule.least:
        return NO_DATA
    is_past = value > rule.threshold if rule.side == "above" else value < rule.threshold
    return FIRING if is_past else OK
