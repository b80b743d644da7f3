"""Understanding: every convention's spans become one internal form."""

from agentops_dashboard.semantics.native import understand
from agentops_dashboard.semantics.record import RawSpan, SpanRecord, TraceFacts

__all__ = ["RawSpan", "SpanRecord", "TraceFacts", "understand"]
