"""Steps: an agent's planning, and each round of asking the model and doing what it says."""

from collections.abc import Mapping
from typing import Any

from smolagents.agents import ActionOutput
from smolagents.memory import PlanningStep, ToolCall
from smolagents.utils import AgentMaxStepsError

from agentops import ErrorInfo, Recorder, Span, guarded
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import SpanKind
from agentops_smolagents.messages import plain

__all__ = ["LastWordRecording", "OpenSteps", "PlanningRecording", "StepRecording"]


class OpenSteps:
    """The steps under way, and the tool calls that the model has asked for in them.

    A tool call is found by what the model gave for its arguments, which smolagents hands on as the object that it is,
    into whatever thread. Only so is its id known there, and before smolagents 1.23 what it belongs to.
    """

    def __init__(self) -> None:
        self._calls: dict[int, list[Call]] = {}

    def begin(self, step: Call) -> None:
        """Enter a step of the agent that is its owner."""
        self._calls.setdefault(id(step.owner), []).append(step)

    def end(self, step: Call) -> None:
        """Take a step out."""
        left = [call for call in self._calls.pop(id(step.owner), []) if call is not step]
        if left:
            self._calls[id(step.owner)] = left

    def of(self, agent: object) -> Call | None:
        """Return the latest step of an agent; None if it is in none."""
        return next(reversed(self._calls.get(id(agent), [])), None)

    def asked(self, agent: object, name: str, arguments: Any) -> tuple[Call | None, str | None]:
        """Return the step in which a tool was asked for, and the id of that call; each call is found once."""
        steps = self._calls.get(id(agent), [])
        for step in steps:
            for call in list(step.notes["asked"].values()):
                is_it = call.arguments is arguments or (not call.arguments and not arguments)
                if is_it and call.name == name and step.notes["asked"].pop(id(call), None) is not None:
                    return step, call.id
        return self.of(agent), None


class StepRecording(Recording):
    """Each step is an ``operation``; an error that the agent goes on from is an error of its step."""

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches, steps: OpenSteps) -> None:
        super().__init__(recorder, patches)
        self.steps = steps

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a step, unless a subclass hands on the one that it was given."""
        step = given["memory_step"]
        if outer is not None and outer.notes.get("memory_step") is step:
            return None
        return self.recorder.start(SpanKind.OPERATION, f"step {step.step_number}")

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a step, and make it known to the tools that will be called in it."""
        call = super().open(owner, given)
        if call is not None:
            call.notes.update(memory_step=given["memory_step"], asked={})
            self.steps.begin(call)
        return call

    def note(self, call: Call, item: Any) -> None:
        """Keep what the model asked for, and what came of the step."""
        if isinstance(item, ToolCall):
            call.notes["asked"][id(item)] = item
        elif isinstance(item, ActionOutput):
            call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record the final answer, or else what the model is told of the step."""
        self.steps.end(call)
        is_final = result is not None and result.is_final_answer
        output = plain(result.output) if is_final else call.notes["memory_step"].observations
        self.recorder.end(call.span, output=output, error=call.notes.get("refused"))

    def give_up(self, call: Call, error: BaseException) -> None:
        """End a step with the error that leaves it."""
        self.steps.end(call)
        super().give_up(call, error)

    @guarded
    def close_early(self, call: Call | None) -> None:
        """End a step that is left: because its answer was refused, or by whoever reads the run."""
        if call is not None and "refused" in call.notes:
            self.close(call, call.result)
        else:
            super().close_early(call)


class PlanningRecording(Recording):
    """The making of a plan is an ``operation`` around its model call."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a planning step."""
        if outer is not None and outer.owner is owner and "planning" in outer.notes:
            return None
        return self.recorder.start(SpanKind.OPERATION, "planning")

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a planning step."""
        call = super().open(owner, given)
        if call is not None:
            call.notes["planning"] = True
        return call

    def note(self, call: Call, item: Any) -> None:
        """Keep the plan; what comes before it are pieces of the model's answer."""
        if isinstance(item, PlanningStep):
            call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record the plan."""
        self.recorder.end(call.span, output=getattr(result, "plan", None))


class LastWordRecording(Recording):
    """The answer that an agent gives when it may take no further step: an ``operation`` that says so as its error."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of the last answer."""
        return self.recorder.start(SpanKind.OPERATION, "final answer")

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer; smolagents keeps the error in the agent's memory, and returns the answer."""
        kind = AgentMaxStepsError
        error = ErrorInfo(f"{kind.__module__}.{kind.__qualname__}", "Reached max steps.")
        self.recorder.end(call.span, output=plain(result), error=error)
