"""Strands passes the cases that every integration passes."""

from typing import Any

from strands.telemetry import tracer
from strands.telemetry.tracer import Tracer

from agentops.testing.conformance import Conformance
from agentops_strands.scripted import ScriptedModel
from tests.integrations.strands.agents_under_test import ASKED, calculator


class TestStrands(Conformance):
    integration = "strands"
    plugin = "agentops_strands.plugin"
    framework = "strands"

    def run(self) -> Any:
        return str(calculator()(ASKED))

    async def run_async(self) -> Any:
        return str(await calculator().invoke_async(ASKED))

    async def run_streaming(self) -> Any:
        return [event async for event in calculator().stream_async(ASKED)]

    def run_failing(self) -> Any:
        return calculator(model=ScriptedModel("gpt-4o-mini", [ConnectionError("the model is down")]))(ASKED)

    def patched(self) -> list[Any]:
        return [dict(vars(Tracer)), dict(vars(tracer.get_tracer()))]
