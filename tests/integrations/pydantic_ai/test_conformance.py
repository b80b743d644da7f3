"""Pydantic AI passes the cases that every integration passes."""

from typing import Any

from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

from agentops.testing.conformance import Conformance
from tests.integrations.pydantic_ai.agents_under_test import ASKED, calculator, fail, run


class TestPydanticAI(Conformance):
    integration = "pydantic-ai"
    plugin = "agentops_pydantic_ai.plugin"
    framework = "pydantic_ai"

    def run(self) -> Any:
        return run(calculator())

    async def run_async(self) -> Any:
        return (await calculator().run(ASKED)).output

    async def run_streaming(self) -> Any:
        async with calculator().run_stream(ASKED) as result:
            return [text async for text in result.stream_text()]

    def run_failing(self) -> Any:
        return run(calculator(fail))

    def patched(self) -> list[Any]:
        return [dict(vars(Agent)), dict(vars(InstrumentationSettings))]
