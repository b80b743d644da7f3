"""Agents: what each was asked, what it answered, and whether the answer was accepted."""

from collections.abc import Mapping
from typing import Any

from smolagents.agents import RunResult
from smolagents.memory import FinalAnswerStep
from smolagents.utils import AgentError

from agentops import ErrorInfo, Recorder, Span
from agentops.messages import text
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_smolagents.messages import plain
from agentops_smolagents.steps import OpenSteps

__all__ = ["AgentRecording", "CheckRecording"]


class AgentRecording(Recording):
    """Each run of an agent is an ``agent`` span, streamed or not."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a run, unless a subclass hands on the one that it was given."""
        if outer is not None and outer.owner is owner and outer.span.kind == SpanKind.AGENT:
            return None
        instructions = getattr(owner, "instructions", None)
        attributes = {
            GenAI.AGENT_DESCRIPTION: getattr(owner, "description", None),
            GenAI.SYSTEM_INSTRUCTIONS: [text(instructions)] if instructions else None,
        }
        asked, beside = given.get("task"), given.get("additional_args")
        return self.recorder.start(
            SpanKind.AGENT,
            getattr(owner, "name", None) or type(owner).__name__,
            input={"task": asked, "additional_args": plain(beside)} if beside else asked,
            attributes=attributes,
        )

    def note(self, call: Call, item: Any) -> None:
        """Keep the final answer of a run that is read step by step."""
        if isinstance(item, FinalAnswerStep):
            call.result = item.output

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer."""
        self.recorder.end(call.span, output=plain(result.output if isinstance(result, RunResult) else result))

    def give_up(self, call: Call, error: BaseException) -> None:
        """End a run with the exception that leaves it; one that was interrupted is called off, and no failure."""
        if type(error) is AgentError and getattr(call.owner, "interrupt_switch", False):
            name = f"{AgentError.__module__}.{AgentError.__qualname__}"
            self.recorder.end(call.span, error=ErrorInfo(name, str(error), is_cancellation=True))
        else:
            super().give_up(call, error)


class CheckRecording(Recording):
    """The checks of a final answer are a ``guardrail``; one that refuses it lets the agent's step fail."""

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches, steps: OpenSteps) -> None:
        super().__init__(recorder, patches)
        self.steps = steps

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of the checks, in the step that gave the answer."""
        step = self.steps.of(owner)
        if outer is not None and outer.span.kind == SpanKind.GUARDRAIL:
            return None
        return self.recorder.start(
            SpanKind.GUARDRAIL,
            "final_answer_checks",
            parent=None if step is None else step.span,
            input=plain(given.get("final_answer")),
        )

    def give_up(self, call: Call, error: BaseException) -> None:
        """End the checks with the refusal, which is the reason for which the step is left."""
        step = self.steps.of(call.owner)
        if step is not None:
            step.notes["refused"] = error
        super().give_up(call, error)
