"""AG2 passes the cases that every integration passes."""

import asyncio
from typing import Any

from ag2 import Agent

from agentops.testing.conformance import Conformance
from agentops_ag2.scripted import ScriptedModel
from tests.integrations.ag2.agents_under_test import ASKED, ask, calculator


class TestAG2(Conformance):
    integration = "ag2"
    plugin = "agentops_ag2.plugin"
    framework = "ag2"

    def run(self) -> Any:
        return asyncio.run(ask(calculator()))

    async def run_async(self) -> Any:
        return await ask(calculator())

    async def run_streaming(self) -> Any:
        """A run that is observed while it goes on."""
        seen: list[str] = []
        async with calculator().run(ASKED) as run:
            run.stream.subscribe(lambda event: seen.append(type(event).__name__))
            reply = await run.result()
        return [*seen, reply.body]

    def run_failing(self) -> Any:
        return asyncio.run(ask(calculator(model=ScriptedModel("gpt-4o-mini", [ConnectionError("the model is down")]))))

    def patched(self) -> list[Any]:
        return [dict(vars(Agent))]
