"""What agents do beside talking: tools, agents that they manage, and the code that they write."""

from collections.abc import Mapping
from typing import Any, Final

from smolagents.utils import AgentToolExecutionError

from agentops import Recorder, Span
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_smolagents.messages import plain
from agentops_smolagents.steps import OpenSteps

__all__ = ["CodeRecording", "DelegationRecording", "ToolCallRecording", "ToolRecording"]

_INTERPRETER: Final = "python_interpreter"
"""The name under which smolagents keeps the code of a step among its tool calls."""


class ToolCallRecording(Recording):
    """What a model asks for is a ``tool`` span, also if there is no such tool or its arguments do not fit."""

    calls_own_methods = False

    def __init__(self, recorder: Recorder, patches: Patches, steps: OpenSteps) -> None:
        super().__init__(recorder, patches)
        self.steps = steps

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a tool call, unless a subclass hands on the one that it was given."""
        name, arguments = given["tool_name"], given.get("arguments")
        if outer is not None and outer.owner is owner and outer.span.kind == SpanKind.TOOL and outer.span.name == name:
            return None
        step, call_id = self.steps.asked(owner, name, arguments)
        put_in = getattr(owner, "_substitute_state_variables", None)
        return self.recorder.start(
            SpanKind.TOOL,
            name,
            parent=None if step is None or step is outer else step.span,
            input=plain(put_in(arguments) if put_in is not None else arguments),
            attributes={GenAI.TOOL_CALL_ID: call_id, **_described(_tool_of(owner, name))},
        )

    def finish(self, call: Call, result: Any) -> None:
        """Record what the tool returned."""
        self.recorder.end(call.span, output=plain(result))

    def give_up(self, call: Call, error: BaseException) -> None:
        """End it with what the tool raised; smolagents raises another error, with advice for the model."""
        is_of_tool = isinstance(error, AgentToolExecutionError) and error.__cause__ is not None
        super().give_up(call, error.__cause__ or error if is_of_tool else error)


class ToolRecording(Recording):
    """A tool that is called in code is a ``tool`` span; one that the model asked for by name has one already."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a tool's run."""
        if _is_asked_for(owner, outer):
            return None
        return self.recorder.start(
            SpanKind.TOOL, str(owner.name), input=plain(_arguments(owner, given)), attributes=_described(owner)
        )

    def finish(self, call: Call, result: Any) -> None:
        """Record what the tool returned."""
        self.recorder.end(call.span, output=plain(result))


class DelegationRecording(Recording):
    """An agent that another one manages and calls in its code is a tool of that one; its run is below."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a delegation."""
        if _is_asked_for(owner, outer) or not _is_managed(owner, outer):
            return None
        return self.recorder.start(
            SpanKind.TOOL, str(owner.name), input=plain(dict(given)), attributes=_described(owner)
        )


class CodeRecording(Recording):
    """Code that an executor runs: a ``tool`` span, or an ``operation`` of the tool that runs it."""

    def __init__(self, recorder: Recorder, patches: Patches, steps: OpenSteps) -> None:
        super().__init__(recorder, patches)
        self.steps = steps

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of an execution."""
        code = given.get("code_action")
        kind = SpanKind.OPERATION if outer is not None and outer.span.kind == SpanKind.TOOL else SpanKind.TOOL
        call_id = None
        if outer is not None and "memory_step" in outer.notes:
            _, call_id = self.steps.asked(outer.owner, _INTERPRETER, code)
        attributes = {GenAI.TOOL_CALL_ID: call_id} if kind == SpanKind.TOOL else None
        return self.recorder.start(kind, _INTERPRETER, input={"code": code}, attributes=attributes)

    def finish(self, call: Call, result: Any) -> None:
        """Record the value of the last line, and what was printed."""
        output = {"output": plain(result.output), "logs": result.logs} if hasattr(result, "logs") else result
        self.recorder.end(call.span, output=output)


def _tool_of(agent: Any, name: str) -> Any:
    return agent.managed_agents.get(name) or agent.tools.get(name)


def _described(tool: Any) -> dict[str, Any]:
    return {GenAI.TOOL_TYPE: "function", GenAI.TOOL_DESCRIPTION: getattr(tool, "description", None)}


def _is_asked_for(tool: Any, outer: Call | None) -> bool:
    """Whether this is the tool that the call around it was asked for."""
    return (
        outer is not None
        and outer.span.kind == SpanKind.TOOL
        and hasattr(outer.owner, "managed_agents")
        and _tool_of(outer.owner, outer.span.name) is tool
    )


def _is_managed(agent: Any, outer: Call | None) -> bool:
    """Whether one of the agents at work here manages this one."""
    while outer is not None:
        managed = getattr(outer.owner, "managed_agents", None) or {}
        if any(other is agent for other in managed.values()):
            return True
        outer = outer.outer
    return False


def _arguments(tool: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool's arguments by name, however they were handed over."""
    named = {name: value for name, value in given.items() if name not in {"args", "sanitize_inputs_outputs"}}
    positional = given.get("args", ())
    inputs = getattr(tool, "inputs", None) or {}
    if len(positional) == 1 and not named and isinstance(positional[0], dict) and positional[0].keys() <= inputs.keys():
        return dict(positional[0])
    beyond = {"args": list(positional[len(inputs) :])} if len(positional) > len(inputs) else {}
    return {**dict(zip(inputs, positional, strict=False)), **named, **beyond}
