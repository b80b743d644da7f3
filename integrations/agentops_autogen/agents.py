"""Teams, agents and people: who was asked what, and what they answered."""

from collections.abc import Mapping
from typing import Any

from autogen_agentchat.agents import UserProxyAgent
from autogen_agentchat.base import Response, TaskResult
from autogen_agentchat.messages import HandoffMessage, ToolCallExecutionEvent, ToolCallRequestEvent

from agentops import Span
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_autogen.messages import chat_text, task_input

__all__ = ["AgentRecording", "SpeakerRecording", "TeamRecording"]


class TeamRecording(Recording):
    """Each run of a team is a ``workflow`` span, whichever runtime its messages go through."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a team's run."""
        # Teams have names since autogen-agentchat 0.6.5.
        name = getattr(owner, "name", None) or type(owner).__name__
        return self.recorder.start(SpanKind.WORKFLOW, name, input=task_input(given.get("task")))

    def note(self, call: Call, item: Any) -> None:
        """Keep the result; what comes before it is recorded by the agents that say it."""
        if isinstance(item, TaskResult):
            call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record the last word, and why the team stopped."""
        output = None
        if isinstance(result, TaskResult):
            output = chat_text(result.messages[-1]) if result.messages else None
            if result.stop_reason:
                output = {"content": output, "stop_reason": result.stop_reason}
        self.recorder.end(call.span, output=output)


class AgentRecording(Recording):
    """Each turn of an agent is an ``agent`` span; that of a person behind a ``UserProxyAgent`` a ``human`` one."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a turn."""
        name = owner.name
        if outer is not None and outer.span.kind == SpanKind.AGENT and outer.span.name == name:
            # A filter around an agent goes by the name of the agent, which is the one with the handoffs.
            outer.owner = owner
            return None
        kind = SpanKind.HUMAN if isinstance(owner, UserProxyAgent) else SpanKind.AGENT
        attributes = {GenAI.AGENT_NAME: name, GenAI.AGENT_DESCRIPTION: owner.description}
        return self.recorder.start(kind, name, input=task_input(given.get("messages")), attributes=attributes)

    def note(self, call: Call, item: Any) -> None:
        """Keep the response, and notice tool calls that never reached a tool."""
        if isinstance(item, Response):
            call.result = item
        elif isinstance(item, ToolCallRequestEvent):
            call.notes.update((f"arguments {request.id}", request.arguments) for request in item.content)
        elif isinstance(item, ToolCallExecutionEvent):
            for result in item.content:
                self._note_result(call, result)

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer; a handoff that no tool call asked for is recorded here."""
        said = result.chat_message if isinstance(result, Response) else None
        if isinstance(said, HandoffMessage) and f"handoff {said.target}" not in call.notes:
            attributes = {Attr.HANDOFF_FROM: call.span.name, Attr.HANDOFF_TO: said.target}
            self.recorder.event(said.target, kind=SpanKind.HANDOFF, parent=call.span, attributes=attributes)
        self.recorder.end(call.span, output=chat_text(said) if said is not None else None)

    def is_final(self, item: Any) -> bool:
        """An agent's turn is over with its response."""
        return isinstance(item, Response)

    def _note_result(self, call: Call, result: Any) -> None:
        """Record a call of a tool that does not exist, or with arguments that are no JSON: AutoGen only answers it."""
        if not result.is_error or call.has_tool(result.name, result.call_id):
            return
        call.note_tool(result.name, result.call_id)
        attributes = {GenAI.TOOL_CALL_ID: result.call_id, Attr.SWALLOWED_ERROR: result.content}
        span = self.recorder.event(result.name, kind=SpanKind.TOOL, parent=call.span, attributes=attributes)
        if span is not None:
            span.set_input(call.notes.get(f"arguments {result.call_id}"))
            span.set_output(result.content)


class SpeakerRecording(Recording):
    """How a ``SelectorGroupChat`` chose who speaks next; its model calls are below."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a choice."""
        return self.recorder.start(SpanKind.OPERATION, "select_speaker")

    def finish(self, call: Call, result: Any) -> None:
        """Record who was chosen; AutoGen gives one name as such or in a list."""
        self.recorder.end(call.span, output=result[0] if isinstance(result, list) and len(result) == 1 else result)
