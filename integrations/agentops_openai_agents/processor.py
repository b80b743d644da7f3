"""The trace processor: the SDK's traces and spans, in order and in their own context, as spans of our tree."""

import sys
import threading
from collections import OrderedDict
from typing import Any, Final

from agents.tracing import Span as AgentsSpan
from agents.tracing import Trace, TracingProcessor

from agentops import Recorder, Span, guarded
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_openai_agents.failures import FAILURES, failure_of
from agentops_openai_agents.model_calls import ModelCalls
from agentops_openai_agents.span_data import ending_of, start_of

__all__ = ["AgentOpsTraceProcessor", "integration_processor", "key_of"]

_COLLAPSED: Final = {"task", "turn"}
_MODEL_CALLS: Final = {"generation", "response"}
integration_processor: list["AgentOpsTraceProcessor"] = []
"""The processor of the enabled integration, if it is enabled."""


def key_of(item: Any) -> str:
    """Return the id under which a trace or span of the SDK is known to our recorder."""
    return str(getattr(item, "key", None) or getattr(item, "span_id", None) or item.trace_id)


class AgentOpsTraceProcessor(TracingProcessor):
    """Records what the SDK traces. Add it with ``agents.add_trace_processor(AgentOpsTraceProcessor())``.

    Not needed after ``agentops.init()`` or ``agentops.enable("openai-agents")``, which also record what a processor is
    not told of. Beside them it does nothing, so that nothing is recorded twice.
    """

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.recorder = recorder or Recorder("openai-agents")
        self.model_calls = ModelCalls(self.recorder)
        self._raised_before: OrderedDict[str, BaseException] = OrderedDict()
        self._lock = threading.Lock()

    @guarded
    def on_trace_start(self, trace: Trace) -> None:
        """Open a span for the trace: the workflow that the program runs."""
        if self._is_idle():
            return
        key = key_of(trace)
        self._note_raised(key)
        attributes: dict[str, Any] = {GenAI.CONVERSATION_ID: getattr(trace, "group_id", None)}
        metadata = getattr(trace, "metadata", None)
        if metadata:
            attributes[Attr.METADATA] = metadata
        name = getattr(trace, "workflow_name", None) or trace.name
        around = getattr(trace, "around", None)
        self.recorder.start(SpanKind.WORKFLOW, name, key=key, parent=around, attributes=attributes)

    @guarded
    def on_trace_end(self, trace: Trace) -> None:
        """End it, with the exception that ends the run if there is one."""
        if self._is_idle():
            return
        key = key_of(trace)
        self.recorder.end(key, error=failure_of(None, key, self._raised_before.pop(key, None)))

    @guarded
    def on_span_start(self, span: AgentsSpan[Any]) -> None:
        """Open a span; the SDK's ``task`` and ``turn`` have no span of their own in our tree."""
        if self._is_idle():
            return
        data, key = span.span_data, key_of(span)
        parent_key = getattr(span, "parent_key", None) or span.parent_id or span.trace_id
        if data.type in _COLLAPSED:
            self.recorder.alias(key, parent_key)
            return
        self._note_raised(key)
        start = start_of(data)
        if data.type in _MODEL_CALLS:
            start = self.model_calls.named(start, self.recorder.get(parent_key))
        within = self._within(parent_key) if data.type == "agent" else None
        opened = self.recorder.start(
            start.kind, start.name, key=key, parent=within, parent_key=parent_key, attributes=start.attributes
        )
        if data.type in _MODEL_CALLS and opened is not None:
            self.model_calls.seen(opened)

    @guarded
    def on_span_end(self, span: AgentsSpan[Any]) -> None:
        """End a span with what is known of it now: the SDK fills most of it in at the end."""
        key, data = key_of(span), span.span_data
        if self._is_idle() or data.type in _COLLAPSED:
            return
        opened = self.recorder.get(key)
        error = failure_of(span.error, key, self._raised_before.pop(key, None))
        if opened is None:
            return
        ending = ending_of(data, opened)
        if ending.name:
            opened.name = ending.name
        if ending.input is not None:
            opened.set_input(ending.input)
        if data.type == "agent":
            self.model_calls.forget(opened)
        self.recorder.end(key, output=ending.output, error=error, attributes=ending.attributes)

    def shutdown(self) -> None:
        """Nothing to stop: agentops ends by itself."""

    def force_flush(self) -> None:
        """Nothing waits here."""

    def workflow_of(self, span: Span) -> Span | None:
        """Return the span of the trace around a span, if it is this integration's."""
        parent = span.parent
        while parent is not None and parent.origin != self.recorder.origin:
            parent = parent.parent
        return parent if parent is not None and parent.kind == SpanKind.WORKFLOW else None

    def _within(self, parent_key: str) -> Span | None:
        """Return what an agent is run in, if that is something of another origin inside the SDK's own span."""
        around, current = self.recorder.get(parent_key), self.recorder.current()
        span = current
        while span is not None and span is not around:
            span = span.parent
        return current if around is not None and span is around else None

    def _is_idle(self) -> bool:
        return bool(integration_processor) and integration_processor[0] is not self

    def _note_raised(self, key: str) -> None:
        """Keep the exception that is being handled around a span's start: it is not what ends the span."""
        raised = sys.exc_info()[1]
        if raised is not None:
            with self._lock:
                self._raised_before[key] = raised
                if len(self._raised_before) > FAILURES:
                    self._raised_before.popitem(last=False)
