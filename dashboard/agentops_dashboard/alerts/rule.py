"""Rules: a figure of the sessions of a period, or of their calls, and the threshold that it must not pass."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from agentops_dashboard.alerts.errors import AlertError
from agentops_dashboard.alerts.subject import SESSIONS, Subject, read_subject, subject_of
from agentops_dashboard.derived.label_figures import OF_LABELS, aggregates_of
from agentops_dashboard.query import QueryError, parse
from agentops_dashboard.query.fields import Field, read_value
from agentops_dashboard.reader.charts import AGGREGATES, MEASURES, OF_SESSIONS, QUANTILES, title_of

__all__ = [
    "FIRING", "NO_DATA", "OK", "PERIODS", "SIDES", "Draft", "Fires", "Rule", "draft_of", "fields_of", "figure_title",
]  # fmt: skip

OK: Final = "ok"
FIRING: Final = "firing"
NO_DATA: Final = "no data"
SIDES: Final = ("above", "below")
TODAY: Final = "today"
PERIODS: Final = ("15m", "30m", "1h", "6h", "24h", "7d", "30d", TODAY)
"""What forms offer; any duration from a minute to 90 days will do."""

_NAME_LIMIT: Final = 100
_QUERY_LIMIT: Final = 1000
_MOST_LEAST: Final = 1_000_000
_LEAST_SESSIONS: Final = 5
_LEAST_CALLS: Final = 20
_SHORTEST_NS: Final = 60_000_000_000
_DAY_NS: Final = 86_400_000_000_000
_LONGEST_NS: Final = 90 * _DAY_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a rule says.

    Attributes:
        name: What people call it; one per project has it.
        of: ``sessions``, or whose calls: ``tool search``, or ``each tool``, which are judged by themselves.
        measure: One of the charts' ``OF_SESSIONS``; of calls, one of ``OF_LABELS``.
        aggregate: One of the charts' ``AGGREGATES``; of a measure that allows only one, that.
        query: Which sessions, in the query language; empty: all.
        period: The last so long, as in ``1h``, by the sessions' starts; or ``today``, by the clock of UTC.
        side: ``above`` or ``below``: where the figure must not be.
        threshold: In the chart's unit: dollars, seconds, a share of 1, or a number.
        least: Of fewer sessions or calls it is not judged.
    """

    name: str
    of: str
    measure: str
    aggregate: str
    query: str
    period: str
    side: str
    threshold: float
    least: int

    @property
    def words(self) -> str:
        """The rule as a sentence without its end, as in ``Failure rate above 10% in the last 1h``."""
        limit = MEASURES[self.measure].text(self.threshold)
        when = "today (UTC)" if self.period == TODAY else f"in the last {self.period}"
        only = f", only {self.query}" if self.query else ""
        return f"{figure_title(self.of, self.measure, self.aggregate)} {self.side} {limit} {when}{only}"

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return subject_of(self.of)

    @property
    def is_of_a_sum(self) -> bool:
        """Whether the figure is a sum, which is known of no session too: it is 0."""
        return self.aggregate == "sum"

    def bounds(self, now_ns: int) -> tuple[int, int]:
        """The first moment of the period, and the one after its last, in whole microseconds as addresses have them."""
        now_ns -= now_ns % 1000
        if self.period == TODAY:
            return now_ns - now_ns % _DAY_NS, now_ns
        return now_ns - _period_ns(self.period), now_ns


def figure_title(of: str, measure: str, aggregate: str) -> str:
    """What a rule measures, in words, as in ``Failure rate of calls of tool search``."""
    if of == SESSIONS:
        return title_of(measure, aggregate)
    if measure == "latency" and aggregate in QUANTILES:
        return f"{aggregate} time of a call of {of}"
    return f"{title_of(measure, aggregate)} of {of}"


class Fires(NamedTuple):
    """One of the models, tools or agents of a rule about each, that fires: its figure, of so many calls."""

    label: str
    since_ns: int
    value: float
    measured: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Draft):
    """A rule that is watched, and how it stands.

    Attributes:
        id: Its number.
        project: Whose sessions it is about.
        is_paused: Whether it is left alone for now.
        created_ns: When it was made, and ``created_by`` by whom.
        standing: ``ok``, ``firing`` or ``no data`` since ``since_ns``; empty while it has not been judged.
        value: The figure at ``judged_ns``, of ``measured`` sessions or calls.
        worst: Whose figure that is, of a rule about each model, tool or agent.
        fires: Which of them fire, and ``left_out`` how many more that nobody is told of: there are too many.
        problem: Why it could not be judged the last time; its standing is what it was before.
    """

    id: int
    project: str
    is_paused: bool
    created_ns: int
    created_by: str
    standing: str
    since_ns: int | None
    value: float | None
    measured: int | None
    judged_ns: int | None
    problem: str
    worst: str
    left_out: int
    fires: tuple[Fires, ...] = ()

    @property
    def is_firing(self) -> bool:
        """Whether it fires now."""
        return self.standing == FIRING and not self.is_paused


def draft_of(fields: Mapping[str, str]) -> Draft:
    """Read a rule as people write it.

    Args:
        fields: Texts of ``name, of, measure, aggregate, query, period, side, threshold, least``, and ``which`` where
            ``of`` leaves a name out. Thresholds are written as in ``$5``, ``2m``, ``10%`` (of shares the sign may be
            left out) or ``1.5k``. Without ``least`` a sum is judged of any number, and anything else from 5 sessions
            or 20 calls on.

    Raises:
        AlertError: Something of it cannot be understood.
    """
    of = read_subject(fields.get("of", ""), fields.get("which", ""))
    measure, aggregate = _figure(subject_of(of).kind, fields.get("measure", ""), fields.get("aggregate", ""))
    query = " ".join(fields.get("query", "").split())
    if len(query) > _QUERY_LIMIT:
        raise AlertError(f"a query needs at most {_QUERY_LIMIT} characters, not {len(query)}.")
    try:
        parse(query, time.time_ns())
    except QueryError as error:
        raise AlertError(f"the query {query!r} cannot be understood: {error.message}") from error
    return Draft(
        name=_name(fields.get("name", "")),
        of=of,
        measure=measure,
        aggregate=aggregate,
        query=query,
        period=_period(fields.get("period") or "1h"),
        side=_choice("side", fields.get("side") or SIDES[0], SIDES),
        threshold=_threshold(fields.get("threshold", ""), MEASURES[measure].unit),
        least=_least(fields.get("least", ""), _default_least(of, aggregate)),
    )


def fields_of(draft: Draft) -> dict[str, str]:
    """A rule as people write it: the texts from which ``draft_of`` reads the same rule."""
    return {
        "name": draft.name, "of": draft.of, "measure": draft.measure, "aggregate": draft.aggregate,
        "query": draft.query, "period": draft.period, "side": draft.side, "least": str(draft.least),
        "threshold": _threshold_text(draft.threshold, MEASURES[draft.measure].unit),
    }  # fmt: skip


def _threshold_text(threshold: float, unit: str) -> str:
    if unit == "s":
        return _duration_text(round(threshold * 1e9))
    if unit == "%":
        return f"{_digits(threshold * 100)}%"
    return f"{'$' if unit == '$' else ''}{_digits(threshold)}"


def _duration_text(time_ns: int) -> str:
    """As in ``1h30m``, ``2.5s`` or ``350ms``."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    if rest_ns:
        is_short = not seconds and rest_ns % 1_000_000 == 0
        return f"{rest_ns // 1_000_000}ms" if is_short else f"{_digits(time_ns / 1e9)}s"
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, length)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"


def _digits(number: float) -> str:
    """Without an exponent, which is no way that people write."""
    return f"{number:.12f}".rstrip("0").rstrip(".")


def _figure(kind: str, measure: str, aggregate: str) -> tuple[str, str]:
    """The measure and how it is summed up, as the kind of subject allows."""
    if not kind:
        measure = _choice("measure", measure, tuple(OF_SESSIONS))
        return measure, OF_SESSIONS[measure].only or _choice("aggregate", aggregate or "sum", AGGREGATES)
    measure = _choice(f"measure of {kind}s", measure, tuple(OF_LABELS))
    known = aggregates_of(kind, measure)
    if len(known) == 1:
        return measure, known[0]
    return measure, _choice(f"aggregate of {kind}s' {measure}", aggregate or known[0], known)


def _choice(what: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise AlertError(f"there is no {what} {text[:40]!r}; there are: {', '.join(known)}.")
    return text


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= _NAME_LIMIT:
        raise AlertError(f"a name needs 1 to {_NAME_LIMIT} characters, not {len(name)}.")
    return name


def _period(text: str) -> str:
    text = text.strip().lower()
    if text != TODAY and not _SHORTEST_NS <= _period_ns(text) <= _LONGEST_NS:
        raise AlertError(f"a period needs 1m to 90d, not {text[:40]!r}.")
    return text


def _period_ns(text: str) -> int:
    return int(_read("period", "duration", text))


def _threshold(text: str, unit: str) -> float:
    text = text.strip()
    if unit == "%":
        return _read("threshold", "number", text.removesuffix("%").rstrip()) / 100
    if unit == "$":
        return _read("threshold", "money", text) / 1e9
    return _read("threshold", "duration", text) / 1e9 if unit == "s" else _read("threshold", "number", text)


def _default_least(of: str, aggregate: str) -> int:
    if aggregate == "sum":
        return 0
    return _LEAST_SESSIONS if of == SESSIONS else _LEAST_CALLS


def _least(text: str, default: int) -> int:
    if not text.strip():
        return default
    least = _read("least", "number", text.strip())
    if least != int(least) or least > _MOST_LEAST:
        raise AlertError(f"the least number needs a whole number to {_MOST_LEAST:,}, not {text[:40]!r}.")
    return int(least)


def _read(name: str, kind: str, text: str) -> float:
    """A value as the query language reads it."""
    try:
        return float(read_value(Field(name, kind, ""), text[:60], 0, 0))
    except QueryError as error:
        raise AlertError(error.message[:1].lower() + error.message[1:]) from error
