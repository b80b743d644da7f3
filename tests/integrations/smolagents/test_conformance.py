"""smolagents passes the cases that every integration passes."""

import asyncio
from typing import Any

from smolagents import CodeAgent, LocalPythonExecutor, MultiStepAgent, Tool, ToolCallingAgent, local_python_executor
from smolagents.models import ApiModel, Model, OpenAIServerModel

from agentops.testing.conformance import Conformance
from agentops_smolagents.scripted import ScriptedModel
from tests.integrations.smolagents.agents_under_test import ASKED, calculator, coder


class TestToolCallingAgent(Conformance):
    integration = "smolagents"
    plugin = "agentops_smolagents.plugin"
    framework = "smolagents"

    def agent(self, **options: Any) -> MultiStepAgent:
        return calculator(**options)

    def run(self) -> Any:
        return self.agent().run(ASKED)

    async def run_async(self) -> Any:
        """As smolagents tells its users to: its agents are synchronous."""
        return await asyncio.to_thread(self.run)

    async def run_streaming(self) -> Any:
        """The agent's steps and the model's pieces, one after the other."""
        return list(self.agent(stream_outputs=True).run(ASKED, stream=True))[-1]

    def run_failing(self) -> Any:
        return self.agent(script=[ConnectionError("the model is down")]).run(ASKED)

    def patched(self) -> list[Any]:
        classes = (
            MultiStepAgent, ToolCallingAgent, CodeAgent, Tool, *Tool.__mro__[1:2], Model, ApiModel, OpenAIServerModel,
            ScriptedModel, LocalPythonExecutor,
        )  # fmt: skip
        return [*map(_methods, classes), vars(local_python_executor).get("timeout")]


class TestCodeAgent(TestToolCallingAgent):
    def agent(self, **options: Any) -> MultiStepAgent:
        return coder(**options)


def _methods(cls: type) -> dict[str, Any]:
    """Return what a class holds, apart from what abstract base classes remember of past checks."""
    return {name: value for name, value in vars(cls).items() if name != "_abc_impl"}
