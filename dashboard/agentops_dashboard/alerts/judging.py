"""How a rule stands: what the chart of its figure or the tables of the analytics say, against its threshold."""

from typing import NamedTuple

from agentops_dashboard.alerts.rule import FIRING, NO_DATA, OK, Draft
from agentops_dashboard.derived.label_figures import label_figures
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import Figure, figure

__all__ = ["Judgement", "Part", "judge"]


class Part(NamedTuple):
    """How one model, tool or agent stands: its figure, of so many calls."""

    label: str
    standing: str
    value: float | None
    measured: int


class Judgement(NamedTuple):
    """How a rule stands at a moment: its figure, of so many sessions or calls of ``[since_ns, until_ns)``.

    ``parts`` are how each model, tool or agent stands, the worst first, where each is judged by itself. The whole then
    fires if one does, and its figure is that of the worst.
    """

    standing: str
    value: float | None
    measured: int
    since_ns: int
    until_ns: int
    parts: tuple[Part, ...] = ()

    @property
    def worst(self) -> str:
        """The label whose figure it is; empty if it is nobody's."""
        return self.parts[0].label if self.parts and self.value is not None else ""


def judge(reader: Reader, rule: Draft, now_ns: int) -> Judgement:
    """Measure a rule's figure and compare it. The same sessions and the same moment give the same judgement.

    Raises:
        QueryError: The query cannot be understood (any more).
    """
    since_ns, until_ns = rule.bounds(now_ns)
    kind, label = rule.subject
    how = {"measure": rule.measure, "aggregate": rule.aggregate}
    if not kind:
        found = figure(reader, rule.query, since_ns, until_ns, **how)
        return Judgement(_standing(rule, found), found.value, found.measured, since_ns, until_ns)
    figures = label_figures(reader, rule.query, since_ns, until_ns, kind, label, **how)
    if label is not None:
        found = figures[label]
        return Judgement(_standing(rule, found), found.value, found.measured, since_ns, until_ns)
    parts = [Part(name, _standing(rule, found), found.value, found.measured) for name, found in figures.items()]
    parts.sort(key=lambda part: _rank(rule, part))
    standing, value, measured = parts[0][1:] if parts else (NO_DATA, None, 0)
    if standing == NO_DATA:
        # The one of them that comes first has too few calls, and is no figure of the others.
        value, measured = None, sum(part.measured for part in parts)
    return Judgement(standing, value, measured, since_ns, until_ns, tuple(parts))


def _rank(rule: Draft, part: Part) -> tuple[bool, float, str]:
    """Those that can be judged before those that cannot, the worst first; so the ones that fire come before all."""
    value = part.value or 0.0
    return part.standing == NO_DATA, -value if rule.side == "above" else value, part.label


def _standing(rule: Draft, found: Figure) -> str:
    if found.value is None or found.measured < rule.least:
        return NO_DATA
    is_past = found.value > rule.threshold if rule.side == "above" else found.value < rule.threshold
    return FIRING if is_past else OK
