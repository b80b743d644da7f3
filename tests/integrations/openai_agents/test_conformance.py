"""The conformance cases, with the SDK's own runner and client against a scripted server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from agents.run import AgentRunner
from agents.tracing import get_trace_provider
from agents.tracing.provider import DefaultTraceProvider, SynchronousMultiTracingProcessor
from agents.tracing.spans import SpanImpl

from agentops.testing.conformance import Conformance
from tests.integrations.openai_agents.agents_under_test import ask, ask_streaming, calculator_script, divide
from tests.integrations.scripted_server import ScriptedServer, scripted_server


class TestOpenAIAgents(Conformance):
    integration = "openai-agents"
    plugin = "agentops_openai_agents.plugin"
    framework = "agents"
    server: ScriptedServer

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with scripted_server(calculator_script) as server:
            type(self).server = server
            yield

    def run(self) -> Any:
        return asyncio.run(ask(self.server.url))

    async def run_async(self) -> Any:
        return await ask(self.server.url)

    async def run_streaming(self) -> Any:
        return await ask_streaming(self.server.url)

    def run_failing(self) -> Any:
        return asyncio.run(ask(self.server.url, tool=divide))

    def patched(self) -> list[Any]:
        provider: Any = get_trace_provider()
        owners = (DefaultTraceProvider, SynchronousMultiTracingProcessor, SpanImpl, AgentRunner)
        return [provider._multi_processor._processors, *(dict(vars(owner)) for owner in owners)]
