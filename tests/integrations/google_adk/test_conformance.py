"""ADK passes the cases that every integration passes."""

from typing import Any

from google.adk.telemetry import tracing
from google.adk.telemetry.context import TelemetryConfig

from agentops.testing.conformance import Conformance
from tests.integrations.google_adk.agents_under_test import ask, calculator, fail, run


class TestGoogleADK(Conformance):
    integration = "google-adk"
    plugin = "agentops_google_adk.plugin"
    framework = "google.adk"

    def run(self) -> Any:
        return run(calculator())

    async def run_async(self) -> Any:
        return await ask(calculator())

    async def run_streaming(self) -> Any:
        return await ask(calculator(), streams=True)

    def run_failing(self) -> Any:
        return run(calculator(fail))

    def patched(self) -> list[Any]:
        return [tracing.tracer, dict(vars(TelemetryConfig))]
