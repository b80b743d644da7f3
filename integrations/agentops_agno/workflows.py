"""Workflows: their steps, and what runs these side by side, again, or not at all."""

from collections.abc import Mapping
from typing import Any

from agno.workflow.types import StepOutput

from agentops import Recorder, Span, guarded
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_agno.messages import plain
from agentops_agno.runs import end_run
from agentops_agno.swallowed import error_of
from agentops_agno.waits import Waits

__all__ = ["StepRecording", "WorkflowRecording"]


class WorkflowRecording(Recording):
    """Each run of a workflow is a ``workflow`` span, streamed or not."""

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches, waits: Waits) -> None:
        super().__init__(recorder, patches)
        self.waits = waits

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a run, unless one way of running hands on to another."""
        if outer is not None and outer.owner is owner and outer.span.kind == SpanKind.WORKFLOW:
            return None
        response = given.get("workflow_run_response")
        self.waits.answer(response)
        return self.recorder.start(
            SpanKind.WORKFLOW,
            getattr(owner, "name", None) or type(owner).__name__,
            input=plain(getattr(given.get("execution_input"), "input", None)),
            attributes={GenAI.CONVERSATION_ID: getattr(response, "session_id", None) or given.get("session_id")},
        )

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a run, and keep what agno gathers of it."""
        call = super().open(owner, given)
        if call is not None:
            call.notes["response"] = given.get("workflow_run_response")
        return call

    def note(self, call: Call, item: Any) -> None:
        """Leave what a streamed run says of itself: all of it is gathered."""

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer, or how else the run ended."""
        end_run(self.recorder, self.waits, call, result if result is not None else call.notes["response"])


class StepRecording(Recording):
    """A step is a ``task``, what is made of several an ``operation``; an error that is gone on from is its own."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a step, unless a subclass hands on the one that it was given."""
        step = given.get("step_input")
        if outer is not None and outer.owner is owner and outer.notes.get("step_input") is step:
            return None
        kind = SpanKind.OPERATION if hasattr(owner, "steps") or hasattr(owner, "choices") else SpanKind.TASK
        before = getattr(step, "previous_step_content", None)
        asked = plain(getattr(step, "input", None))
        return self.recorder.start(
            kind,
            getattr(owner, "name", None) or type(owner).__name__,
            input={"input": asked, "previous_step_content": plain(before)} if before else asked,
        )

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a step, and keep what it was given."""
        call = super().open(owner, given)
        if call is not None:
            call.notes["step_input"] = given.get("step_input")
        return call

    def note(self, call: Call, item: Any) -> None:
        """Keep the result; what comes before it are events."""
        if isinstance(item, StepOutput):
            call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record what came of the step."""
        is_failed = result is not None and not result.success
        error = error_of(call, result.error or result.content) if is_failed else None
        self.recorder.end(call.span, output=plain(getattr(result, "content", None)), error=error)
