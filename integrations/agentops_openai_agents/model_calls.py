"""Model calls as the runner sees them, for what traces do not hold: a model of the user's own, or tracing switched off.

A model that is no model of the SDK emits no span, and one that is told that tracing is off leaves its content out. The
runner's hooks see both: what they have seen fills in what is missing, or becomes the span.
"""

from dataclasses import dataclass
from typing import Any

from agentops import Recorder, Span
from agentops.chat_format import field_of, response_finish_reason, response_message, response_messages
from agentops.messages import text
from agentops.semconv import GenAI, SpanKind
from agentops_openai_agents.failures import INCLUDES_CONTENT
from agentops_openai_agents.span_data import (
    Start,
    reasons_of,
    request_attributes,
    response_id_of,
    usage_attributes,
)

__all__ = ["ModelCalls", "input_text"]


@dataclass(slots=True)
class Pending:
    """A model call that the runner has announced and not finished."""

    model: str | None
    settings: Any
    instructions: str | None
    items: list[Any]
    start_ns: int
    span: Span | None = None


class ModelCalls:
    """The announced model calls of all runs: one at a time for each agent that is running."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._pending: dict[str, Pending] = {}

    def announce(self, agent_span: Span, agent: Any, instructions: str | None, items: Any) -> None:
        """Note that the runner is about to call the agent's model."""
        model = agent.model if isinstance(agent.model, str) else field_of(agent.model, "model")
        now = agent_span.session.now_ns()
        self._pending[agent_span.id] = Pending(model, agent.model_settings, instructions, list(items), now)

    def named(self, start: Start, agent_span: Span | None) -> Start:
        """Give a model call that starts without a name the model's, as far as the agent names one."""
        pending = self._pending.get(agent_span.id) if agent_span is not None else None
        if pending is not None:
            if pending.model and start.name == "model":
                start.name = pending.model
                start.attributes[GenAI.REQUEST_MODEL] = pending.model
            start.attributes = {**request_attributes(pending.settings), **start.attributes}
        return start

    def seen(self, span: Span) -> None:
        """Note that the announced call has a span from the SDK."""
        pending = self._pending.get(span.parent.id) if span.parent is not None else None
        if pending is not None:
            pending.span = span

    def finish(self, agent_span: Span, response: Any) -> None:
        """Complete the call's span with what the runner got; or record it, if nobody has."""
        pending = self._pending.pop(agent_span.id, None)
        if pending is None:
            return
        span = pending.span or _recorded_by_another(agent_span, pending)
        if span is not None and span.origin == self.recorder.origin:
            _fill_in(span, pending, response)
        elif span is None:
            name = pending.model or "model"
            attributes = {GenAI.REQUEST_MODEL: pending.model, **request_attributes(pending.settings)}
            span = self.recorder.start(
                SpanKind.LLM, name, parent=agent_span, start_ns=pending.start_ns, attributes=attributes
            )
            if span is not None:
                _fill_in(span, pending, response)
                self.recorder.end(span)

    def forget(self, agent_span: Span) -> None:
        """Let go of a call that never finished."""
        self._pending.pop(agent_span.id, None)


def input_text(items: Any) -> object:
    """Return what an agent was asked: the text itself where there is nothing but one text, else the messages."""
    messages = response_messages(items)
    if len(messages) == 1 and len(messages[0]["parts"]) == 1 and messages[0]["parts"][0]["type"] == "text":
        return messages[0]["parts"][0]["content"]
    return messages or None


def _recorded_by_another(agent_span: Span, pending: Pending) -> Span | None:
    """Return the span of the call if an integration of the model's provider has recorded it."""
    for span in reversed(agent_span.session.events):
        if span.start_ns < pending.start_ns:
            return None
        if span.kind == SpanKind.LLM and span.parent is agent_span:
            return span
    return None


def _fill_in(span: Span, pending: Pending, response: Any) -> None:
    """Add what the span lacks; mostly it lacks nothing, so nothing is read in advance."""
    has = span.attributes
    known: dict[str, Any] = {}
    if GenAI.RESPONSE_ID not in has:
        known[GenAI.RESPONSE_ID] = response_id_of(field_of(response, "response_id"))
    if GenAI.USAGE_INPUT_TOKENS not in has:
        known |= usage_attributes(field_of(response, "usage"))
    if INCLUDES_CONTENT.get():
        if GenAI.INPUT_MESSAGES not in has:
            known[GenAI.INPUT_MESSAGES] = response_messages(pending.items)
        if GenAI.OUTPUT_MESSAGES not in has:
            known[GenAI.OUTPUT_MESSAGES] = [response_message(response.output, response_finish_reason(response))]
        if GenAI.RESPONSE_FINISH_REASONS not in has:
            known[GenAI.RESPONSE_FINISH_REASONS] = reasons_of(response)
        if pending.instructions and GenAI.SYSTEM_INSTRUCTIONS not in has and not _has_system_message(span):
            known[GenAI.SYSTEM_INSTRUCTIONS] = [text(pending.instructions)]
    if any(value is not None for value in known.values()):
        span.set(known)


def _has_system_message(span: Span) -> bool:
    messages = span.input
    return isinstance(messages, list) and any(
        isinstance(item, dict) and item.get("role") == "system" for item in messages
    )
