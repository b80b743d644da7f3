"""When something came back for the first time."""

from dataclasses import dataclass
from statistics import median_low

from agentops.semconv import SpanKind
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["FirstAnswer", "answered_ns", "first_answer"]


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """``after_ms`` counts from the session's start; ``token_ms`` is the median time to first token of its calls."""

    span_id: str
    after_ms: float
    token_ms: float | None


def answered_ns(start_ns: int, end_ns: int | None, first_token_ns: int | None) -> int | None:
    """When a call gave its first token or, where it does not say, its answer; None while there is none."""
    return end_ns if first_token_ns is None else start_ns + first_token_ns


@remembered
def first_answer(outline: Outline) -> FirstAnswer | None:
    """The first token, or where calls do not say, the first answer of any model call; None while there is none."""
    calls = outline.of_kind(SpanKind.LLM)
    starts, ends, firsts = map(outline.column, ("start_ns", "end_ns", "first_token_ns"))
    waits = [first for place in calls if (first := firsts[place]) is not None]
    moments = [answered_ns(starts[place], ends[place], firsts[place]) for place in calls]
    answered = [(moment, place) for moment, place in zip(moments, calls, strict=True) if moment]
    if not answered:
        return None
    first_ns, earliest = min(answered)
    token_ms = median_low(waits) / 1e6 if waits else None
    return FirstAnswer(outline.column("span_id")[earliest], (first_ns - outline.extent()[0]) / 1e6, token_ms)
