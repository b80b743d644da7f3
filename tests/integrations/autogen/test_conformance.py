"""AutoGen passes the cases that every integration passes."""

import asyncio
from typing import Any

from autogen_agentchat.agents import AssistantAgent, BaseChatAgent
from autogen_agentchat.base import TaskResult
from autogen_agentchat.teams import BaseGroupChat
from autogen_core import BaseAgent, SingleThreadedAgentRuntime
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import BaseTool, FunctionTool, StaticWorkbench, Workbench

from agentops.testing.conformance import Conformance
from agentops_autogen.scripted import ScriptedModel
from tests.integrations.autogen.runs import agent, pair

PATCHED = (
    BaseGroupChat,
    BaseChatAgent,
    AssistantAgent,
    BaseAgent,
    SingleThreadedAgentRuntime,
    ChatCompletionClient,
    ScriptedModel,
    BaseTool,
    FunctionTool,
    Workbench,
    StaticWorkbench,
)


class TestAutoGen(Conformance):
    """A team of two agents, one of them with a tool."""

    integration = "autogen"
    plugin = "agentops_autogen.plugin"
    framework = "autogen_agentchat"

    def run(self) -> TaskResult:
        return asyncio.run(self.run_async())

    async def run_async(self) -> TaskResult:
        return await pair().run(task="What is 1 + 2?")

    async def run_streaming(self) -> None:
        async for _ in pair(model_client_stream=True).run_stream(task="What is 1 + 2?"):
            pass

    def run_failing(self) -> None:
        asyncio.run(agent("researcher", [ConnectionError("the model is down")]).run(task="What is 1 + 2?"))

    def patched(self) -> list[Any]:
        members = [
            member for cls in PATCHED for name, member in sorted(vars(cls).items()) if name != "__abstractmethods__"
        ]
        return [*members, *(len(vars(cls)) for cls in PATCHED)]

    def comparable(self, result: TaskResult) -> str:
        return str([(message.source, message.to_text()) for message in result.messages])
