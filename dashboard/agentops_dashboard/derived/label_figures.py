"""One figure of each model, tool or agent over a time: what the tables of the analytics say of it."""

import time
from collections import defaultdict
from typing import Final

from agentops.semconv import SpanKind
from agentops_dashboard.derived.pace import times_of
from agentops_dashboard.query.writing import narrowed, term
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import quantile
from agentops_dashboard.reader.charts import QUANTILES, Figure
from agentops_dashboard.reader.label_sums import Sums

__all__ = ["OF_LABELS", "aggregates_of", "label_figures"]

OF_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "calls": ("sum",), "failed_calls": ("mean",), "latency": ("mean", *QUANTILES), "errors": ("sum",),
    "tokens": ("sum", "mean"), "cost": ("sum", "mean"),
}  # fmt: skip
"""What is measured of the calls of a label, and how; a mean of tokens or cost is one per session, as in charts."""

_MOST_SPANS: Final = 12_000
_TIMED: Final = {"model": SpanKind.LLM, "tool": SpanKind.TOOL}


def aggregates_of(kind: str, measure: str) -> tuple[str, ...]:
    """How a measure of a model, tool or agent can be summed up: agents' runs have no percentiles."""
    known = OF_LABELS[measure]
    return known if kind in _TIMED else tuple(how for how in known if how not in QUANTILES)


def label_figures(  # noqa: PLR0917 - what is measured, of whom and when
    reader: Reader, query: str, since_ns: int, until_ns: int, kind: str, label: str | None, *, measure: str,
    aggregate: str,
) -> dict[str, Figure]:  # fmt: skip
    """Measure the models, tools or agents of the sessions that started in ``[since_ns, until_ns)``.

    Args:
        reader: Of the project.
        query: Which sessions, in the query language.
        since_ns: The first moment.
        until_ns: The one after the last.
        kind: ``model``, ``tool`` or ``agent``.
        label: One of them; None: each that was called.
        measure: One of ``OF_LABELS``.
        aggregate: One of ``aggregates_of``.

    Returns:
        The figure of each, of so many of its calls: of percentiles those that were looked at, up to about 12,000 spread
        evenly over the sessions, of anything else all. One that was not called is there only if ``label`` names it.

    Raises:
        QueryError: The query cannot be understood.
    """
    if aggregate in QUANTILES:
        found = _slow(reader, _narrowed(query, kind, label), since_ns, until_ns, kind, QUANTILES[aggregate])
    else:
        counted = reader.labels.over(query, since_ns, until_ns)
        found = {
            name: Figure(_value(sums, measure, aggregate), sums.calls)
            for (of, name), sums in counted.items()
            if of == kind
        }
    if label is None:
        return found
    return {label: found.get(label, Figure(0.0 if aggregate == "sum" else None, 0))}


def _narrowed(query: str, kind: str, label: str | None) -> str:
    """The query, of sessions in which a label occurs: so that more of its own calls are looked at."""
    return query if label is None else narrowed(query, term(kind, label))


def _slow(  # noqa: PLR0917 - which calls
    reader: Reader, query: str, since_ns: int, until_ns: int, kind: str, share: float
) -> dict[str, Figure]:
    condition = reader.condition(query, since_ns, until_ns, time.time_ns())
    times: dict[str, list[float]] = defaultdict(list)
    with reader.connect() as connection:
        for _, (_, name), ms in times_of(connection, condition, _MOST_SPANS, (_TIMED[kind],)):
            times[name].append(ms)
    return {name: Figure(float(quantile(sorted(ms), share) or 0.0) / 1000, len(ms)) for name, ms in times.items()}


def _value(sums: Sums, measure: str, aggregate: str) -> float | None:
    if measure == "calls":
        return float(sums.calls)
    if measure == "errors":
        return float(sums.errors)
    if measure in ("failed_calls", "latency"):
        amount = sums.errors if measure == "failed_calls" else sums.duration_ns / 1e9
        return amount / sums.calls if sums.calls else None
    if measure == "cost":
        amount, part = (sums.cost_nano or 0) / 1e9, sums.priced
    else:
        amount, part = float((sums.input or 0) + (sums.output or 0)), sums.sessions
    return amount if aggregate == "sum" else amount / part if part else None
