"""Agent Framework passes the cases that every integration passes."""

import asyncio
from typing import Any

from agent_framework import observability
from agent_framework.observability import ObservabilitySettings

from agentops.testing.conformance import Conformance
from agentops_agent_framework.scripted import ScriptedClient
from tests.integrations.agent_framework.agents_under_test import ASKED, calculator


class TestAgentFramework(Conformance):
    integration = "agent-framework"
    plugin = "agentops_agent_framework.plugin"
    framework = "agent_framework"

    def run(self) -> Any:
        return asyncio.run(self.run_async())

    async def run_async(self) -> Any:
        return str(await calculator().run(ASKED))

    async def run_streaming(self) -> Any:
        return [str(update) async for update in calculator().run(ASKED, stream=True)]

    def run_failing(self) -> Any:
        client = ScriptedClient("gpt-4o-mini", [ConnectionError("the model is down")])
        return asyncio.run(self._ask(client))

    async def _ask(self, client: ScriptedClient) -> Any:
        return await calculator(client=client).run(ASKED)

    def patched(self) -> list[Any]:
        return [observability.get_tracer, dict(vars(ObservabilitySettings))]
