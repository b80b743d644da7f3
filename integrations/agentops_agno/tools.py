"""Tools: functions, those of toolkits, and what a team does to ask its members."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

from agno.exceptions import AgentRunException
from agno.run.agent import RunContentEvent
from agno.run.team import RunContentEvent as TeamRunContentEvent
from agno.tools.function import ToolResult

from agentops import ErrorInfo, Recorder, Span, guard, guarded
from agentops.method_calls import Call, Recording, recorded_generator, recorded_stream
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_agno.messages import plain
from agentops_agno.swallowed import error_of

__all__ = ["ToolRecording", "asked_for", "over_limit"]

_UNKNOWN: Final = "The requested tool does not exist or is not available."


class ToolRecording(Recording):
    """Each execution of a tool is a ``tool`` span, as long as agno reads what it gives, where that is a generator."""

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        super().__init__(recorder, patches)
        self._items = _ItemsRecording(recorder, patches)

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of an execution."""
        function = owner.function
        return self.recorder.start(
            SpanKind.TOOL,
            str(function.name),
            input=_arguments(owner.arguments),
            attributes={
                GenAI.TOOL_CALL_ID: owner.call_id,
                GenAI.TOOL_TYPE: "function",
                GenAI.TOOL_DESCRIPTION: function.description,
            },
        )

    @guarded
    def close(self, call: Call | None, result: Any) -> None:
        """End an execution, unless what it has returned is the work itself."""
        if call is not None and not self._goes_on(call, result):
            self._end(call, result)

    def finish(self, call: Call, result: Any) -> None:
        """Record what the tool returned; what it raised is a text to agno."""
        if result.status == "failure":
            self.recorder.end(call.span, error=error_of(call, result.error))
        else:
            self.recorder.end(call.span, output=_returned(result.result))

    def give_up(self, call: Call, error: BaseException) -> None:
        """End it with what leaves it; to stop its agent is what a tool may decide, and no failure."""
        if isinstance(error, AgentRunException) and error.stop_execution:
            self.recorder.end(call.span, output=str(error))
        else:
            super().give_up(call, error)

    def _goes_on(self, call: Call, outcome: Any) -> bool:
        owner: Any = call.owner
        items = outcome.result
        if isinstance(items, AsyncIterator):
            given_on: Any = recorded_stream(self._items, "span")(lambda owner, span: items)(owner, call.span)
        elif isinstance(items, Iterator):
            given_on = recorded_generator(self._items, "span")(lambda owner, span: items)(owner, call.span)
        else:
            return False
        # agno reads the one in its synchronous runs, the other in those with asyncio.
        owner.result = outcome.result = given_on
        return True


class _ItemsRecording(Recording):
    """What a tool gives item by item is still the tool's own span."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Go on with the span of the execution."""
        span: Span = given["span"]
        return span

    def note(self, call: Call, item: Any) -> None:
        """Keep what agno makes the tool's result of: texts, and the words of the members of a team."""
        said = item.content if isinstance(item, RunContentEvent | TeamRunContentEvent) else item
        if isinstance(said, str):
            call.result = (call.result or "") + said


def asked_for(patches: Patches, recorder: Recorder) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps the look-up of a tool by what the model asks for: one that fails is a failed ``tool``."""

    def wrap(look_up: Callable[..., Any]) -> Any:
        @functools.wraps(look_up)
        def look_up_and_tell(tool_call: Any, *args: Any, **kwargs: Any) -> Any:
            found = look_up(tool_call, *args, **kwargs)
            if patches.is_active and (found is None or found.error is not None):
                with guard("agno.asked_for"):
                    asked = tool_call.get("function") or {}
                    why = _UNKNOWN if found is None else found.error
                    _refuse(recorder, asked.get("name"), asked.get("arguments"), tool_call.get("id"), why)
            return found

        return look_up_and_tell

    return wrap


def over_limit(patches: Patches, recorder: Recorder) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps the answer to a call beyond ``tool_call_limit``, which is a failed ``tool``."""

    def wrap(answer: Callable[..., Any]) -> Any:
        @functools.wraps(answer)
        def answer_and_tell(self: Any, function_call: Any) -> Any:
            told = answer(self, function_call)
            if patches.is_active:
                with guard("agno.over_limit"):
                    name, arguments = function_call.function.name, _arguments(function_call.arguments)
                    _refuse(recorder, name, arguments, function_call.call_id, told.content)
            return told

        return answer_and_tell

    return wrap


def _refuse(recorder: Recorder, name: Any, arguments: Any, call_id: str | None, why: str) -> None:
    span = recorder.start(SpanKind.TOOL, str(name), input=arguments, attributes={GenAI.TOOL_CALL_ID: call_id})
    if span is not None:
        recorder.end(span, error=ErrorInfo("error", why))


def _arguments(arguments: Any) -> Any:
    return {name: plain(value) for name, value in (arguments or {}).items()}


def _returned(result: Any) -> Any:
    return result.content if isinstance(result, ToolResult) else plain(result)
