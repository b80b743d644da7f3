"""What happens beside the talk: what is looked up for it, remembered of it, and checked in it."""

from collections.abc import Mapping
from typing import Any

from agentops import Recorder, Span
from agentops.method_calls import Call, Recording
from agentops.patches import Patches
from agentops.semconv import SpanKind
from agentops_agno.messages import plain

__all__ = ["GuardrailRecording", "MemoryRecording", "ReasoningRecording", "RetrievalRecording"]


class RetrievalRecording(Recording):
    """A search in an agent's or team's knowledge, or by its own retriever, is a ``retriever`` span."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a search."""
        if getattr(owner, "knowledge", None) is None and getattr(owner, "knowledge_retriever", None) is None:
            return None
        return self.recorder.start(SpanKind.RETRIEVER, _searched(owner), input=given.get("query"))


class MemoryRecording(Recording):
    """What is kept of a conversation for later is a ``memory`` span around the model calls that it takes.

    Args:
        recorder: Of the integration.
        patches: Those that it is switched off with.
        name: What is done.
    """

    def __init__(self, recorder: Recorder, patches: Patches, name: str) -> None:
        super().__init__(recorder, patches)
        self.name = name

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span."""
        asked = next((given[name] for name in ("message", "task", "query") if given.get(name)), None)
        return self.recorder.start(SpanKind.MEMORY, self.name, input=asked)

    def finish(self, call: Call, result: Any) -> None:
        """Record what was found or said of it."""
        self.recorder.end(call.span, output=plain(getattr(result, "summary", result)))


class ReasoningRecording(Recording):
    """Thinking ahead is an ``operation`` around the agent that agno makes for it."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span."""
        return self.recorder.start(SpanKind.OPERATION, "reasoning")

    def finish(self, call: Call, result: Any) -> None:
        """Record what was thought, which the last event tells."""
        message = getattr(result, "message", None)
        self.recorder.end(call.span, output=getattr(message, "content", None))


class GuardrailRecording(Recording):
    """A check of what comes in or goes out is a ``guardrail`` span; one that refuses raises."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a check."""
        checked = next(iter(given.values()), None)
        said = getattr(checked, "input_content", getattr(checked, "content", None))
        return self.recorder.start(SpanKind.GUARDRAIL, type(owner).__name__, input=plain(said))


def _searched(owner: Any) -> str:
    retriever = getattr(owner, "knowledge_retriever", None)
    if retriever is not None:
        return str(getattr(retriever, "__name__", type(retriever).__name__))
    knowledge = owner.knowledge
    name = getattr(knowledge, "name", None)
    return str(name or ("knowledge" if callable(knowledge) else type(knowledge).__name__))
