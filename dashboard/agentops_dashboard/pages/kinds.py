"""What each kind of span, status and state is called and which icon it has; its colour is in ``static/tokens.css``.

A colour never stands alone: icon and word say the same.
"""

from dataclasses import dataclass
from typing import Final

from agentops.semconv import SpanKind, SpanStatus, State

__all__ = ["KINDS", "NOISE_KINDS", "STATES", "STATUSES", "Look", "kind_look", "state_look", "status_look"]


@dataclass(frozen=True, slots=True)
class Look:
    """``label`` is for people; ``icon`` names a symbol in ``static/icons.svg``; ``tone`` a colour in the tokens."""

    label: str
    icon: str
    tone: str


KINDS: Final = {
    SpanKind.SESSION: Look("Session", "session", "session"),
    SpanKind.AGENT: Look("Agent", "agent", "agent"),
    SpanKind.TASK: Look("Task", "task", "task"),
    SpanKind.WORKFLOW: Look("Workflow", "workflow", "workflow"),
    SpanKind.CHAIN: Look("Chain", "chain", "chain"),
    SpanKind.OPERATION: Look("Operation", "operation", "operation"),
    SpanKind.LLM: Look("LLM", "llm", "llm"),
    SpanKind.TOOL: Look("Tool", "tool", "tool"),
    SpanKind.RETRIEVER: Look("Retriever", "retriever", "retriever"),
    SpanKind.EMBEDDING: Look("Embedding", "embedding", "embedding"),
    SpanKind.GUARDRAIL: Look("Guardrail", "guardrail", "guardrail"),
    SpanKind.HANDOFF: Look("Hand-off", "handoff", "handoff"),
    SpanKind.MEMORY: Look("Memory", "memory", "memory"),
    SpanKind.HUMAN: Look("Human wait", "human", "human"),
    SpanKind.EVENT: Look("Event", "event", "event"),
}

NOISE_KINDS: Final = (SpanKind.CHAIN, SpanKind.OPERATION, SpanKind.WORKFLOW)
"""Wrapper spans of frameworks: folded away on request, their children move up."""

STATUSES: Final = {
    SpanStatus.RUNNING: Look("Running", "running", "running"),
    SpanStatus.OK: Look("OK", "ok", "ok"),
    SpanStatus.ERROR: Look("Error", "error", "error"),
    SpanStatus.CANCELLED: Look("Cancelled", "cancelled", "muted"),
    SpanStatus.UNFINISHED: Look("Unfinished", "unfinished", "warn"),
}

STATES: Final = {
    State.RUNNING: Look("Running", "running", "running"),
    State.PAUSED: Look("Paused", "paused", "human"),
    State.SUCCESS: Look("Completed", "ok", "ok"),
    State.ERROR: Look("Failed", "error", "error"),
    State.CANCELLED: Look("Cancelled", "cancelled", "muted"),
    State.ABANDONED: Look("Abandoned", "abandoned", "warn"),
    State.INDETERMINATE: Look("No verdict", "unknown", "muted"),
}


def kind_look(kind: str | None) -> Look:
    """The look of a kind; a foreign one keeps its own word."""
    return KINDS.get(kind or "") or Look(kind or "Span", "event", "event")


def status_look(status: str | None) -> Look:
    """The look of a span's status."""
    return STATUSES.get(status or "") or Look(status or "Unknown", "unknown", "muted")


def state_look(state: str | None) -> Look:
    """The look of a session's state."""
    return STATES.get(state or "") or Look(state or "Unknown", "unknown", "muted")
