"""The span processor: what other instrumentations record with OpenTelemetry's SDK, in the right place of our tree."""

import threading
from collections import OrderedDict
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext, StatusCode, get_current_span

import agentops
from agentops import ErrorInfo, Recorder, guarded
from agentops import Span as OurSpan
from agentops.semconv import Span as Attr
from agentops_opentelemetry.export import EXPORTED_SCOPE
from agentops_opentelemetry.kinds import presumed_kind
from agentops_opentelemetry.node import Node
from agentops_opentelemetry.tracing import IS_FORWARDING, RecordingSpan, our_time

__all__ = ["AgentOpsSpanProcessor", "active_processors"]

Key = tuple[int, int]
_KEPT: Final = 20_000
"""Nodes of spans that are remembered for their children; of a span that never ends, too."""
_SCOPES: Final = {
    "agents": "openai-agents",
    "autogen-agentchat": "autogen",
    "autogen-core": "autogen",
    "gcp": "google-adk",
    "langgraph": "langchain",
}
"""Parts of the scopes of instrumentations that are not called as the integration which sees the same."""
_NO_FRAMEWORKS: Final = {"opentelemetry", "processes", "threads"}
"""Integrations that record no calls themselves: this one, whose name begins half of all scopes, and recording's own."""
active_processors: list["AgentOpsSpanProcessor"] = []
"""The processor of the enabled integration, if it is enabled."""


class AgentOpsSpanProcessor(SpanProcessor):
    """Records the agents, tools and model calls among a provider's spans: ``provider.add_span_processor(...)``.

    Understood are OpenTelemetry GenAI, OpenInference and OpenLLMetry. Other spans (HTTP, databases) are passed
    through: what is below them stays in its place. What an enabled integration of agentops records itself is left to
    it, so each call is there once.
    """

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.recorder = recorder or Recorder("opentelemetry")
        self._nodes: OrderedDict[Key, Node] = OrderedDict()
        self._lock = threading.Lock()

    @guarded
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Open a node for a span that begins; the SDK calls this in the context of the work."""
        context = span.get_span_context()
        if IS_FORWARDING.get() or self._is_idle():
            return
        around = get_current_span(parent_context)
        parent = around.node if isinstance(around, RecordingSpan) else self._node(span.parent)
        is_other = _is_recorded_elsewhere(span)
        node = Node(
            self.recorder,
            "" if is_other else span.name,
            {} if is_other else dict(span.attributes or {}),
            parent,
            start_ns=our_time(span.start_time),
            joins_calls=True,
            presumed=None if is_other else presumed_kind(_scope(span), span.name),
        )
        with self._lock:
            self._nodes[_key(context)] = node
            if len(self._nodes) > _KEPT:
                self._nodes.popitem(last=False)

    @guarded
    def on_end(self, span: ReadableSpan) -> None:
        """End the node with all that the span says by now."""
        with self._lock:
            node = self._nodes.pop(_key(span.get_span_context()), None)
        if node is None or _is_recorded_elsewhere(span):
            return
        node.events.extend((event.name, dict(event.attributes or {})) for event in span.events)
        node.note(dict(span.attributes or {}))
        node.rename(span.name)
        if span.status.status_code == StatusCode.ERROR:
            node.fail(span.status.description)
        node.end(our_time(span.end_time), _error_of(span))

    def shutdown(self) -> None:
        """Nothing to stop: agentops ends by itself."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return True

    def place_here(self) -> OurSpan | None:
        """Return the span of ours that stands for the SDK span which is current here, if it is one of this provider."""
        context = get_current_span().get_span_context()
        node = self._nodes.get(_key(context))
        return node.place if node is not None else None

    def _node(self, context: SpanContext | None) -> Node | None:
        return self._nodes.get(_key(context)) if context is not None else None

    def _is_idle(self) -> bool:
        return bool(active_processors) and active_processors[0] is not self


def _key(context: SpanContext | None) -> Key:
    return (context.trace_id, context.span_id) if context is not None else (0, 0)


def _scope(span: Any) -> str:
    return str(span.instrumentation_scope.name) if span.instrumentation_scope is not None else ""


def _is_recorded_elsewhere(span: Any) -> bool:
    """Say whether a span is ours, or one of an instrumentation for what an enabled integration records itself."""
    scope = _scope(span)
    if scope == EXPORTED_SCOPE:
        return True
    for part in scope.replace("_", "-").split("."):
        name = _SCOPES.get(part, part)
        if name in _NO_FRAMEWORKS:
            continue
        if agentops.is_enabled(name) or agentops.is_enabled(f"{name}-core"):
            return True
    return False


def _error_of(span: ReadableSpan) -> ErrorInfo | None:
    """Return the exception that a failed span tells of in an event."""
    if span.status.status_code != StatusCode.ERROR:
        return None
    for event in reversed(span.events):
        if event.name == Attr.EVENT_EXCEPTION:
            told = event.attributes or {}
            kind = str(told.get(Attr.EXCEPTION_TYPE) or "error")
            message = str(told.get(Attr.EXCEPTION_MESSAGE) or kind)
            stack = told.get(Attr.EXCEPTION_STACKTRACE)
            cancelled = kind.rpartition(".")[2] in {"CancelledError", "KeyboardInterrupt"}
            return ErrorInfo(kind, message, str(stack) if stack else None, cancelled)
    return None
