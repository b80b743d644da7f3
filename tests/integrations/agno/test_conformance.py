"""agno passes the cases that every integration passes."""

from typing import Any

from agno.agent import _messages
from agno.agent import _run as agent_run
from agno.guardrails import PromptInjectionGuardrail
from agno.guardrails.base import BaseGuardrail
from agno.learn.machine import LearningMachine
from agno.memory.manager import MemoryManager
from agno.models import base
from agno.models.base import Model
from agno.models.message import Message
from agno.models.openai import OpenAIChat
from agno.reasoning.manager import ReasoningManager
from agno.session.summary import SessionSummaryManager
from agno.team import _default_tools, _run
from agno.tools import function
from agno.tools.function import FunctionCall
from agno.workflow import Condition, Loop, Parallel, Router, Step, Steps, Workflow
from agno.workflow import step as steps

from agentops.testing.conformance import Conformance
from agentops_agno.scripted import ScriptedModel
from tests.integrations.agno.agents_under_test import ASKED, QUIET, calculator, desk, last_of

_MODULES: Any = (agent_run, _run, _messages, _default_tools, base, function, steps)
_CLASSES = (
    Model, OpenAIChat, ScriptedModel, FunctionCall, BaseGuardrail, PromptInjectionGuardrail, MemoryManager,
    SessionSummaryManager, LearningMachine, ReasoningManager, Workflow, Step, Steps, Parallel, Loop, Condition, Router,
)  # fmt: skip


class TestAgent(Conformance):
    integration = "agno"
    plugin = "agentops_agno.plugin"
    framework = "agno"

    def agent(self) -> Any:
        return calculator()

    def run(self) -> Any:
        return self.agent().run(ASKED)

    async def run_async(self) -> Any:
        return await self.agent().arun(ASKED)

    async def run_streaming(self) -> Any:
        return await last_of(self.agent().arun(ASKED, stream=True))

    def run_failing(self) -> Any:
        """A model that is asked without an agent: agents and teams keep errors to themselves."""
        model = ScriptedModel("gpt-4o-mini", [ConnectionError("the model is down")])
        return model.response(messages=[Message(role="user", content=ASKED)])

    def comparable(self, result: Any) -> Any:
        return (result.content, result.status, [message.content for message in result.messages])

    def patched(self) -> list[Any]:
        names = ("log_error", "log_exception", "log_warning", "get_function_call_for_tool_call")
        functions = [
            value
            for module in _MODULES
            for name, value in sorted(vars(module).items())
            if "run" in name or "get_relevant_docs" in name or name in names
        ]
        return [*map(_methods, _CLASSES), *functions]


class TestTeam(TestAgent):
    def agent(self) -> Any:
        return desk()


class TestWorkflow(TestAgent):
    def agent(self) -> Any:
        return Workflow(name="bakery", steps=[calculator()], **QUIET)

    def run_failing(self) -> Any:
        def burn(workflow: Workflow, execution_input: Any) -> str:
            raise ValueError("the oven is cold")

        return Workflow(name="bakery", steps=burn, **QUIET).run(ASKED)

    def comparable(self, result: Any) -> Any:
        return (result.content, result.status)


def _methods(cls: type) -> dict[str, Any]:
    """Return what a class holds, apart from what abstract base classes remember of past checks."""
    return {name: value for name, value in vars(cls).items() if name != "_abc_impl"}
