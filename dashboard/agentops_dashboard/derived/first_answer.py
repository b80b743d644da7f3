"""When something came back for the first time."""

from dataclasses import dataclass
from statistics import median_low

from agentops.semconv import SpanKind
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["FirstAnswer", "first_answer"]


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """``after_ms`` counts from the session's start; ``token_ms`` is the median time to first token of its calls."""

    span_id: str
    after_ms: float
    token_ms: float | None


@remembered
def first_answer(outline: Outline) -> FirstAnswer | None:
    """The first token, or where calls do not say, the first answer of any model call; None while there is none."""
    calls = outline.of_kind(SpanKind.LLM)
    starts, ends, firsts = map(outline.column, ("start_ns", "end_ns", "first_token_ns"))
    waits = [first for place in calls if (first := firsts[place]) is not None]
    moments = [ends[place] if firsts[place] is None else starts[place] + firsts[place] for place in calls]
    answered = [(moment, place) for moment, place in zip(moments, calls, strict=True) if moment]
    if not answered:
        return None
    answered_ns, earliest = min(answered)
    token_ms = median_low(waits) / 1e6 if waits else None
    return FirstAnswer(outline.column("span_id")[earliest], (answered_ns - min(starts)) / 1e6, token_ms)
