"""The way in for a raw span."""

from agentops_dashboard.semantics.foreign import understand_foreign
from agentops_dashboard.semantics.native import is_native, understand_native
from agentops_dashboard.semantics.record import RawSpan, SpanRecord

__all__ = ["understand"]


def understand(raw: RawSpan) -> SpanRecord:
    """Turn a span of any convention into the internal form. Never fails: what does not fit is left as it came."""
    return understand_native(raw) if is_native(raw) else understand_foreign(raw)
