"""Agents: what each was asked, and what it answered."""

from collections.abc import Mapping
from typing import Any

from semantic_kernel.contents import ChatMessageContent, StreamingChatMessageContent

from agentops import Span
from agentops.messages import text
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops_semantic_kernel.contents import said_in

__all__ = ["AgentRecording"]


class AgentRecording(Recording):
    """Each run of an agent is an ``agent`` span, streamed or not."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a run."""
        attributes: dict[str, Any] = {
            GenAI.AGENT_ID: owner.id,
            GenAI.AGENT_DESCRIPTION: owner.description,
            GenAI.CONVERSATION_ID: getattr(given.get("thread"), "id", None),
        }
        if owner.instructions:
            attributes[GenAI.SYSTEM_INSTRUCTIONS] = [text(owner.instructions)]
        asked = said_in(given.get("messages"))
        return self.recorder.start(SpanKind.AGENT, owner.name, input=asked, attributes=attributes)

    def note(self, call: Call, item: Any) -> None:
        """Keep the answer: whole messages, or the pieces of one."""
        answer = getattr(item, "message", None)
        if isinstance(answer, StreamingChatMessageContent):
            call.notes.setdefault("pieces", []).append(str(answer.content or ""))
        elif isinstance(answer, ChatMessageContent):
            call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record the last message of the run."""
        pieces = call.notes.get("pieces")
        answer = getattr(result, "message", None)
        output = "".join(pieces) if pieces is not None else said_in(answer)
        self.recorder.end(call.span, output=output)
