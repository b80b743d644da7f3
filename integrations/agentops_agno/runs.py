"""Runs of agents and of teams: what each was asked, what it answered, and what became of it."""

from collections.abc import Mapping
from typing import Any, Final

from agno.exceptions import RunCancelledException
from agno.run.agent import RunOutput
from agno.run.team import TeamRunOutput

from agentops import ErrorInfo, Recorder, Span, guarded
from agentops.messages import text
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_agno.messages import plain
from agentops_agno.swallowed import error_of
from agentops_agno.waits import Waits

__all__ = ["ExternalRecording", "ResumptionRecording", "RunRecording", "end_run"]

_TOLD: Final = ("RunCompleted", "RunError", "RunCancelled", "RunPaused")
_SAID: Final = "RunContent"
_STATUS_OF_EVENT: Final = {"RunError": "ERROR", "RunCancelled": "CANCELLED", "RunPaused": "PAUSED"}


class RunRecording(Recording):
    """Each run of an agent or of a team, which is an agent with members, is an ``agent`` span, streamed or not.

    A run that goes on after a wait is another one.
    """

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches, waits: Waits) -> None:
        super().__init__(recorder, patches)
        self.waits = waits

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a run, unless one way of running hands on to another of the same agent or team."""
        response = given.get("run_response")
        asked = _asked(response)
        if outer is not None and outer.owner is owner and outer.span.kind == SpanKind.AGENT:
            if outer.notes["response"] is None and response is not None:
                outer.notes["response"] = response
                outer.span.set_input(asked)
            return None
        self.waits.answer(response, given.get("requirements"))
        instructions = getattr(owner, "instructions", None)
        attributes = {
            GenAI.AGENT_ID: getattr(owner, "id", None),
            GenAI.AGENT_DESCRIPTION: getattr(owner, "description", None) or getattr(owner, "role", None),
            GenAI.CONVERSATION_ID: getattr(response, "session_id", None) or given.get("session_id"),
            GenAI.SYSTEM_INSTRUCTIONS: _parts(instructions),
        }
        return self.recorder.start(
            SpanKind.AGENT,
            getattr(owner, "name", None) or type(owner).__name__,
            input=asked,
            attributes=attributes,
        )

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a run, and keep what agno gathers of it."""
        call = super().open(owner, given)
        if call is not None:
            call.notes.update(run=_run_id(given), response=self.gathered(given))
        return call

    def gathered(self, given: Mapping[str, Any]) -> Any:
        """Return the object in which agno gathers what becomes of the run, where it is known already."""
        return given.get("run_response")

    def note(self, call: Call, item: Any) -> None:
        """Keep what a streamed run says of itself; events of members pass by as well."""
        if isinstance(item, RunOutput | TeamRunOutput):
            call.result = item if item.run_id == call.notes["run"] else call.result
        elif call.notes["response"] is None and getattr(item, "run_id", None) == call.notes["run"]:
            event = _event(item)
            if event in _TOLD:
                call.result = item
            elif event == _SAID and isinstance(item.content, str):
                call.notes["said"] = call.notes.get("said", "") + item.content

    @guarded
    def take(self, call: Call, item: Any) -> None:
        """Take notice of an item; the run's own output is its last word, and some do not read on after it."""
        self.note(call, item)
        if isinstance(call.result, RunOutput | TeamRunOutput):
            self._end(call, call.result)

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer, or how else the run ended."""
        response = result if result is not None else call.notes["response"]
        if response is None:
            self.recorder.end(call.span, output=call.notes.get("said"))
            return
        if call.span.input is None:
            call.span.set_input(_asked(response))
        end_run(self.recorder, self.waits, call, response)


class ResumptionRecording(RunRecording):
    """A team asks those of its members that have waited to go on before it goes on itself: all of it is one run."""

    def gathered(self, given: Mapping[str, Any]) -> Any:
        """Return nothing: what the caller hands over still says that the run has paused."""
        return None


class ExternalRecording(RunRecording):
    """An agent of another framework or SDK that agno runs as one of its own; what that records is below."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a run."""
        if outer is not None and outer.owner is owner and outer.span.kind == SpanKind.AGENT:
            return None
        return self.recorder.start(
            SpanKind.AGENT,
            getattr(owner, "name", None) or type(owner).__name__,
            input=plain(given.get("input")),
            attributes={
                GenAI.AGENT_ID: getattr(owner, "id", None),
                GenAI.AGENT_DESCRIPTION: getattr(owner, "description", None),
                GenAI.CONVERSATION_ID: given.get("session_id"),
            },
        )

    def note(self, call: Call, item: Any) -> None:
        """Keep what a streamed run says of itself; its first event says which run it is."""
        call.notes["run"] = call.notes["run"] or getattr(item, "run_id", None)
        super().note(call, item)


def end_run(recorder: Recorder, waits: Waits, call: Call, response: Any) -> None:
    """End the span of a run by what agno says of it: errors and cancellations are not raised to its caller."""
    status = getattr(getattr(response, "status", None), "value", None) or _STATUS_OF_EVENT.get(_event(response))
    content = getattr(response, "content", None)
    error: BaseException | ErrorInfo | None = None
    if status == "ERROR":
        error, content = error_of(call, content), None
    elif status == "CANCELLED" and Attr.CLOSED_EARLY not in call.span.attributes:
        error = _cancellation(getattr(response, "cancellation_reason", None) or getattr(response, "reason", None))
    elif status == "PAUSED":
        waits.ask(call, response)
    recorder.end(call.span, output=plain(content), error=error)


def _cancellation(reason: object) -> ErrorInfo:
    """Describe a run that was called off."""
    kind = RunCancelledException
    return ErrorInfo(f"{kind.__module__}.{kind.__qualname__}", str(reason or "cancelled"), is_cancellation=True)


def _asked(response: Any) -> Any:
    return plain(getattr(getattr(response, "input", None), "input_content", None))


def _run_id(given: Mapping[str, Any]) -> Any:
    for name in ("run_response", "run_context"):
        found = getattr(given.get(name), "run_id", None)
        if found is not None:
            return found
    return given.get("run_id")


def _event(item: Any) -> str:
    event = getattr(item, "event", None)
    return event.removeprefix("Team") if isinstance(event, str) else ""


def _parts(instructions: Any) -> list[dict[str, Any]] | None:
    if isinstance(instructions, str):
        return [text(instructions)]
    return [text(plain(each)) for each in instructions] if isinstance(instructions, list) else None
