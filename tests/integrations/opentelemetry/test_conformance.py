"""The conformance cases, with a library that is instrumented against OpenTelemetry's SDK."""

from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from agentops.testing.conformance import Conformance
from tests.integrations.opentelemetry.instrumented import calculate, calculate_async, calculate_streaming

PROVIDER = TracerProvider()
trace.set_tracer_provider(PROVIDER)
TRACER = PROVIDER.get_tracer("some_library")


class TestOpenTelemetry(Conformance):
    integration = "opentelemetry"
    plugin = "agentops_opentelemetry.plugin"
    framework = "opentelemetry"

    def run(self) -> Any:
        return calculate(TRACER)

    async def run_async(self) -> Any:
        return await calculate_async(TRACER)

    async def run_streaming(self) -> Any:
        return [part async for part in calculate_streaming(TRACER)]

    def run_failing(self) -> Any:
        return calculate(TRACER, raises=True)

    def patched(self) -> list[Any]:
        return [trace.get_tracer_provider(), PROVIDER._active_span_processor._span_processors, dict(vars(trace))]
