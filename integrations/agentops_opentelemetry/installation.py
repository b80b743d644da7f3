"""Switching the bridge on and off: our processor beside those of the provider that the user has made the global one."""

import functools
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from agentops import Recorder, Span, guard
from agentops.patches import Patches
from agentops_opentelemetry import tracing
from agentops_opentelemetry.processor import AgentOpsSpanProcessor, active_processors

__all__ = ["current_place", "install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Add our processor to the global provider, now or when the user sets it. The provider itself is never ours."""
    processor = AgentOpsSpanProcessor(recorder)
    active_processors[:] = [processor]
    patches = Patches()
    providers: list[TracerProvider] = []

    def join() -> None:
        provider = trace._TRACER_PROVIDER
        if isinstance(provider, TracerProvider) and provider not in providers:
            providers.append(provider)
            provider.add_span_processor(processor)

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def set_tracer_provider(tracer_provider: Any) -> None:
            original(tracer_provider)
            with guard("opentelemetry.set_tracer_provider"):
                if patches.is_active:
                    join()

        return set_tracer_provider

    patches.replace(trace, "set_tracer_provider", make)
    join()

    def undo() -> None:
        patches.undo()
        active_processors.clear()
        for provider in providers:
            held = provider._active_span_processor
            with held._lock:
                held._span_processors = tuple(item for item in held._span_processors if item is not processor)

    return undo


def current_place() -> Span | None:
    """Return the span of ours that stands for the OpenTelemetry span which is current here."""
    place = tracing.current_place()
    if place is None and active_processors:
        return active_processors[0].place_here()
    return place
