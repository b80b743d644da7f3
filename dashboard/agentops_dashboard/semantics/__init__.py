"""Understanding: every convention's spans become one internal form."""

from agentops_dashboard.semantics.record import RawSpan, SpanRecord, TraceFacts
from agentops_dashboard.semantics.understanding import understand

__all__ = ["RawSpan", "SpanRecord", "TraceFacts", "understand"]
