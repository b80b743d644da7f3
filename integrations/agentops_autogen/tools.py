"""What agents do beside talking: tools, handoffs, workbenches of other protocols, code execution, memory."""

from collections.abc import Mapping
from typing import Any

from autogen_core.tools import StaticWorkbench, ToolResult

from agentops import Recorder, Span, guard
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr

__all__ = ["CodeRecording", "MemoryRecording", "ToolRecording", "WorkbenchRecording"]


class ToolRecording(Recording):
    """Each run of a tool is a ``tool`` span; of the tool by which an agent hands over, a ``handoff`` one."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a tool's run."""
        call_id = given.get("call_id")
        if _is_under_way(outer, call_id):
            return None
        name = owner.name
        attributes = {GenAI.TOOL_CALL_ID: call_id, GenAI.TOOL_DESCRIPTION: owner.description}
        if outer is not None:
            outer.note_tool(name, call_id)
            target = _handoff_target(outer.owner, name)
            if target is not None:
                outer.notes[f"handoff {target}"] = True
                attributes |= {GenAI.TOOL_NAME: name, Attr.HANDOFF_FROM: outer.span.name, Attr.HANDOFF_TO: target}
                return self.recorder.start(SpanKind.HANDOFF, target, attributes=attributes)
        return self.recorder.start(SpanKind.TOOL, name, input=given.get("args"), attributes=attributes)

    def finish(self, call: Call, result: Any) -> None:
        """Record what the tool returned; of an agent or a team as a tool, what the model reads of it."""
        output = result
        if type(result).__name__ == "TaskResult":  # of autogen_agentchat, which a program may do without
            with guard("autogen.tool"):
                output = call.owner.return_value_as_string(result)  # type: ignore[attr-defined]
        self.recorder.end(call.span, output=output)


class WorkbenchRecording(Recording):
    """Calls of a workbench that is no collection of tools, such as an MCP server's."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a call; a ``StaticWorkbench`` runs tools, which are recorded themselves."""
        call_id = given.get("call_id")
        if isinstance(owner, StaticWorkbench) or _is_under_way(outer, call_id):
            return None
        name = str(given.get("name"))
        if outer is not None:
            outer.note_tool(name, call_id)
        attributes = {GenAI.TOOL_CALL_ID: call_id}
        return self.recorder.start(SpanKind.TOOL, name, input=given.get("arguments"), attributes=attributes)

    def finish(self, call: Call, result: Any) -> None:
        """Record the result; an error in it does not fail the run, the model reads it and goes on."""
        if not isinstance(result, ToolResult):
            self.recorder.end(call.span, output=result)
            return
        text = result.to_text(replace_image="[image]")
        failed = {Attr.SWALLOWED_ERROR: text} if result.is_error else None
        self.recorder.end(call.span, output=text, attributes=failed)


class CodeRecording(Recording):
    """Code that an executor runs: a ``tool`` span, or an ``operation`` of the tool that runs it."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of an execution."""
        kind = SpanKind.OPERATION if outer is not None and outer.span.kind == SpanKind.TOOL else SpanKind.TOOL
        blocks = [{"language": block.language, "code": block.code} for block in given.get("code_blocks") or ()]
        return self.recorder.start(kind, type(owner).__name__, input={"code_blocks": blocks})

    def finish(self, call: Call, result: Any) -> None:
        """Record what the code printed; an exit code other than 0 is an error that the agent reads."""
        failed = {Attr.SWALLOWED_ERROR: f"exit code {result.exit_code}: {result.output}"} if result.exit_code else None
        output = {"exit_code": result.exit_code, "output": result.output}
        self.recorder.end(call.span, output=output, attributes=failed)


class MemoryRecording(Recording):
    """One method of memories: a ``memory`` span named after the memory and the method."""

    def __init__(self, recorder: Recorder, patches: Patches, method: str, argument: str | None = None) -> None:
        super().__init__(recorder, patches)
        self.method = method
        self.argument = argument

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of an access."""
        content = given.get(self.argument) if self.argument is not None else None
        return self.recorder.start(SpanKind.MEMORY, f"{type(owner).__name__}.{self.method}", input=content)

    def finish(self, call: Call, result: Any) -> None:
        """Record what was remembered."""
        found = getattr(getattr(result, "memories", result), "results", None)
        self.recorder.end(call.span, output=found)


def _is_under_way(outer: Call | None, call_id: object) -> bool:
    """Whether a tool that hands its call on to another is recorded already."""
    return (
        call_id is not None
        and outer is not None
        and outer.span.kind == SpanKind.TOOL
        and outer.span.attributes.get(GenAI.TOOL_CALL_ID) == call_id
    )


def _handoff_target(agent: object, tool: str) -> str | None:
    """Return to whom an agent hands over with a tool of this name."""
    handoffs = getattr(agent, "_handoffs", None)
    handoff = handoffs.get(tool) if isinstance(handoffs, Mapping) else None
    return getattr(handoff, "target", None)
