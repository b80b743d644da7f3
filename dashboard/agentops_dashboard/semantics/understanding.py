"""The way in for a raw span."""

from typing import Final

from agentops.semconv import SpanKind
from agentops_dashboard.semantics.finish_reasons import said_in_answer
from agentops_dashboard.semantics.foreign import understand_foreign
from agentops_dashboard.semantics.native import is_native, understand_native
from agentops_dashboard.semantics.record import MOST_NANO, RawSpan, SpanRecord

__all__ = ["understand"]

_TOKENS: Final = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_MOST_TOKENS: Final = 10**10
"""Of one call. A thousand times the largest context, and a hundred million such calls can be summed."""


def understand(raw: RawSpan) -> SpanRecord:
    """Turn a span of any convention into the internal form. Never fails: what does not fit is left as it came."""
    record = understand_native(raw) if is_native(raw) else understand_foreign(raw)
    _leave_incredible(record)
    if record.finish_reason is None and record.kind == SpanKind.LLM:
        record.finish_reason = said_in_answer(record.output)
    return record


def _leave_incredible(record: SpanRecord) -> None:
    """Forget numbers that no call has: sums of them over a large session would pass what a database can count to."""
    for name in _TOKENS:
        count = getattr(record, name)
        if count is not None and not 0 <= count <= _MOST_TOKENS:
            setattr(record, name, None)
    if record.cost_nano is not None and not 0 <= record.cost_nano <= MOST_NANO:
        record.cost_nano = record.cost_source = None
