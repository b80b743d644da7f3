"""Bridges agentops and OpenTelemetry: spans of others into sessions, and sessions into a provider of yours."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops_opentelemetry.export import OpenTelemetrySink, export_to
    from agentops_opentelemetry.processor import AgentOpsSpanProcessor
    from agentops_opentelemetry.tracing import RecordingSpan, RecordingTracer, RecordingTracerProvider

__all__ = [
    "AgentOpsSpanProcessor",
    "OpenTelemetrySink",
    "RecordingSpan",
    "RecordingTracer",
    "RecordingTracerProvider",
    "export_to",
]

_HOMES = {
    "AgentOpsSpanProcessor": "processor",
    "OpenTelemetrySink": "export",
    "RecordingSpan": "tracing",
    "RecordingTracer": "tracing",
    "RecordingTracerProvider": "tracing",
    "export_to": "export",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
