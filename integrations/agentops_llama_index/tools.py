"""Tools, and the one by which an agent hands over to another."""

from typing import Any, Final

from agentops import Recorder, Span
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_llama_index.content import plain, shown
from agentops_llama_index.entry import Entry, name_of
from agentops_llama_index.workflows import Workflows

__all__ = ["Tools"]

_HANDOFF: Final = "handoff"
"""The name that LlamaIndex keeps for it: no tool of a user's may have it."""
_WAITING: Final = "WaitingForEvent"
"""What is raised through a tool that waits for an event; LlamaIndex's workflows have it since 2.9."""
_ADAPTER: Final = "BaseToolAsyncAdapter"
"""What LlamaIndex puts around a tool that has no asynchronous call."""


class Tools:
    """Maps calls of tools.

    Args:
        recorder: Records them.
        workflows: Knows which call of an agent a tool answers.
    """

    def __init__(self, recorder: Recorder, workflows: Workflows) -> None:
        self.recorder = recorder
        self.workflows = workflows
        self._tools: dict[str, tuple[Span, str | None]] = {}

    def began(self, entry: Entry, around: Span | None) -> None:
        """Begin a tool, or collapse it where it is a tool around the same tool."""
        if self._is_part(entry, around):
            self.recorder.alias(entry.key, entry.parent_key)
            return
        waiting = self.workflows.resumed(entry.parent_key)
        if waiting is not None:
            # LlamaIndex calls a tool again from its beginning when what it waited for is there.
            span = self.recorder.take_over(entry.key, waiting, entry.key)
            if span is not None:
                self._tools[entry.key] = (span, entry.parent_key)
            return
        described = entry.instance.metadata
        name = str(described.name or entry.title)
        attributes: dict[str, Any] = {GenAI.TOOL_CALL_ID: self.workflows.call_id(entry.parent_key)}
        source, target = self.workflows.agent_of_step(entry.parent_key), entry.named_arguments.get("to_agent")
        if name == _HANDOFF and source is not None and self.workflows.can_hand_off(entry.parent_key, target):
            kind, title = SpanKind.HANDOFF, str(target)
            attributes |= {GenAI.TOOL_NAME: name, Attr.HANDOFF_FROM: source, Attr.HANDOFF_TO: title}
        else:
            kind, title = SpanKind.TOOL, name
            attributes |= {GenAI.TOOL_TYPE: "function", GenAI.TOOL_DESCRIPTION: described.description}
        span = self.recorder.start(kind, title, key=entry.key, parent=around, attributes=attributes)
        if span is not None:
            self._tools[entry.key] = (span, entry.parent_key)
            span.set_input(shown(span, _arguments, entry))

    def ended(self, key: str, result: Any) -> bool:
        """End a tool; one that returns an error instead of raising it is marked. False if it is none of ours."""
        span, _ = self._tools.pop(key, (None, None))
        if span is None:
            return False
        is_refused = span.kind == SpanKind.TOOL and span.name == _HANDOFF
        failure = shown(span, _text if is_refused else _failure, result)
        self.recorder.end(key, output=shown(span, _result, result), attributes={Attr.SWALLOWED_ERROR: failure})
        return True

    def failed(self, key: str, error: BaseException | None) -> bool:
        """End a tool with what it raised; False if it is none of ours."""
        span, step_key = self._tools.pop(key, (None, None))
        if span is None:
            return False
        if type(error).__name__ != _WAITING or not self.workflows.waits(step_key, key, span, error):
            self.recorder.end(key, error=error)
        return True

    def _is_part(self, entry: Entry, around: Span | None) -> bool:
        """Say whether this is a tool's call of itself under another name, or what an adapter makes asynchronous."""
        outer = entry.parent_key
        if outer is None or around is None or around.kind != SpanKind.TOOL or around is not self.recorder.get(outer):
            return False
        owner, _, method = name_of(outer).rpartition(".")
        is_itself = owner == entry.owner and entry.method == "call" and method in {"__call__", "acall"}
        return is_itself or owner == _ADAPTER


def _text(result: Any) -> str:
    return str(result.content)


def _failure(result: Any) -> str | None:
    return _text(result) if getattr(result, "is_error", False) else None


def _result(result: Any) -> Any:
    """Return what a tool returned: the value itself, or of an engine what it answered."""
    if not hasattr(result, "raw_output"):
        return plain(result)
    value = result.raw_output
    return result.content if value is None or hasattr(value, "source_nodes") else plain(value)


def _arguments(entry: Entry) -> dict[str, Any]:
    """Return a tool's arguments by name, without the workflow's context that it may be handed."""
    given = entry.named_arguments
    positional = entry.arguments.get("args") or ()
    if positional:
        given["args"] = list(positional)
    return {name: plain(value) for name, value in given.items() if type(value).__name__ != "Context"}
