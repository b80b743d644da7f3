"""When something came back for the first time."""

from dataclasses import dataclass
from statistics import median_low

from agentops.semconv import SpanKind
from agentops_dashboard.reader.outline import Outline

__all__ = ["FirstAnswer", "first_answer"]


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """``after_ms`` counts from the session's start; ``token_ms`` is the median time to first token of its calls."""

    span_id: str
    after_ms: float
    token_ms: float | None


def first_answer(outline: Outline) -> FirstAnswer | None:
    """The first token, or where calls do not say, the first answer of any model call; None while there is none."""
    if "first_answer" not in outline.derived:
        outline.derived["first_answer"] = _find(outline)
    found: FirstAnswer | None = outline.derived["first_answer"]
    return found


def _find(outline: Outline) -> FirstAnswer | None:
    order = outline.index.order
    calls = [row for row in order if row.kind == SpanKind.LLM and (row.first_token_ns is not None or row.end_ns)]
    if not calls:
        return None

    def answered_ns(row: object) -> int:
        first = row.first_token_ns  # type: ignore[attr-defined]
        return row.start_ns + first if first is not None else row.end_ns  # type: ignore[attr-defined,no-any-return]

    earliest = min(calls, key=answered_ns)
    waits = [row.first_token_ns for row in calls if row.first_token_ns is not None]
    began = min(row.start_ns for row in order)
    return FirstAnswer(
        earliest.span_id, (answered_ns(earliest) - began) / 1e6, median_low(waits) / 1e6 if waits else None
    )
