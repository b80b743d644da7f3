"""Semantic Kernel passes the cases that every integration passes."""

import asyncio
from typing import Any

from semantic_kernel.agents import Agent, ChatCompletionAgent
from semantic_kernel.agents.orchestration.agent_actor_base import ActorBase
from semantic_kernel.agents.orchestration.orchestration_base import OrchestrationBase
from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.functions.kernel_function import KernelFunction

from agentops.testing.conformance import Conformance
from agentops_semantic_kernel.scripted import ScriptedService, scripted
from tests.integrations.semantic_kernel.agents_under_test import ASKED, ask, calculator


class TestSemanticKernel(Conformance):
    integration = "semantic-kernel"
    plugin = "agentops_semantic_kernel.plugin"
    framework = "semantic_kernel"

    def run(self) -> Any:
        return asyncio.run(ask(calculator()))

    async def run_async(self) -> Any:
        return [str(response) async for response in calculator().invoke(ASKED)]

    async def run_streaming(self) -> Any:
        return [str(piece) async for piece in calculator().invoke_stream(ASKED)]

    def run_failing(self) -> Any:
        return asyncio.run(ask(calculator(service=scripted("gpt-4o-mini", ConnectionError("the model is down")))))

    def patched(self) -> list[Any]:
        patched = (
            Agent,
            ChatCompletionAgent,
            ChatCompletionClientBase,
            ScriptedService,
            KernelFunction,
            OrchestrationBase,
            ActorBase,
        )
        return [_methods(item) for item in patched]


def _methods(cls: type) -> dict[str, Any]:
    """Return what a class holds, apart from what abstract base classes remember of past checks."""
    return {name: value for name, value in vars(cls).items() if name not in {"_abc_impl", "__pydantic_serializer__"}}
