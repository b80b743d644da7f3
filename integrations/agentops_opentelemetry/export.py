"""Our spans in a provider of the user's: each is handed over when it has ended, as the SDK's own are."""

import json
import threading
from collections import OrderedDict
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from agentops import ConfigurationError, Span, __version__
from agentops.semconv import GenAI, Operation, SpanStatus
from agentops.semconv import Session as SessionAttr
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind as Kind
from agentops_opentelemetry.targets import targets

__all__ = ["EXPORTED_SCOPE", "OpenTelemetrySink", "export_to"]

EXPORTED_SCOPE: Final = "agentops"
"""Instrumentation scope of what we hand over."""
_HANDED_OVER: Final = 10_000
"""Spans that are remembered, so that a correction after the end is not taken for another span."""
_STATUS: Final = {SpanStatus.OK: StatusCode.OK, SpanStatus.ERROR: StatusCode.ERROR}
_OPERATIONS: Final[dict[str, tuple[str, str | None]]] = {
    Kind.AGENT: (Operation.INVOKE_AGENT, GenAI.AGENT_NAME),
    Kind.TOOL: (Operation.EXECUTE_TOOL, GenAI.TOOL_NAME),
    Kind.LLM: (Operation.CHAT, None),
    Kind.EMBEDDING: (Operation.EMBEDDINGS, None),
    Kind.RETRIEVER: (Operation.RETRIEVAL, None),
    Kind.WORKFLOW: (Operation.INVOKE_WORKFLOW, GenAI.WORKFLOW_NAME),
}


def export_to(target: TracerProvider | SpanProcessor | SpanExporter) -> "OpenTelemetrySink":
    """Give every span of ours to a provider, processor or exporter of yours as well. Call it before ``init()``.

    Args:
        target: An SDK ``TracerProvider``, to whose processors and with whose resource they go; a ``SpanProcessor``;
            or a ``SpanExporter``, which gets them in batches.

    Raises:
        ConfigurationError: The target is none of these.
    """
    sink = OpenTelemetrySink(target)
    targets.append(sink)
    return sink


class OpenTelemetrySink:
    """Hands our spans to OpenTelemetry's SDK as they end, each once.

    A span that was closed as ``unfinished``, because what is around it ended, waits for its own end or its session's.
    """

    def __init__(self, target: TracerProvider | SpanProcessor | SpanExporter) -> None:
        self.resource = Resource.create({})
        self._done: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._unfinished: dict[tuple[str, str], Span] = {}
        self._lock = threading.Lock()
        if isinstance(target, TracerProvider):
            self.resource = target.resource
            self.processor: SpanProcessor = target._active_span_processor
        elif isinstance(target, SpanProcessor):
            self.processor = target
        elif isinstance(target, SpanExporter):
            self.processor = BatchSpanProcessor(target)
        else:
            raise ConfigurationError(
                f"Spans cannot be exported to {target!r}: give export_to() a TracerProvider, SpanProcessor or "
                "SpanExporter of opentelemetry.sdk.trace."
            )

    def put(self, span: Span) -> None:
        """Hand a span over once it has ended; while it is open it has no place in OpenTelemetry."""
        if not span.has_ended:
            return
        key = (span.session.id, span.id)
        with self._lock:
            if span.status == SpanStatus.UNFINISHED and not span.session.has_ended:
                self._unfinished[key] = span
                due = self._abandoned(None) if len(self._unfinished) > _HANDED_OVER else []
            else:
                self._unfinished.pop(key, None)
                due = [span, *(self._abandoned(span.session.id) if span.parent is None else ())]
        self._hand_over(due)

    def _abandoned(self, session_id: str | None) -> list[Span]:
        """Take out what waits in a session that has ended; in all of them, for want of room or of time."""
        keys = [key for key in self._unfinished if session_id in {None, key[0]}]
        return [self._unfinished.pop(key) for key in keys]

    def _hand_over(self, spans: list[Span]) -> None:
        with self._lock:
            first = [span for span in spans if self._is_first(span)]
        for span in first:
            self.processor.on_end(self.readable(span))

    def _is_first(self, span: Span) -> bool:
        key = (span.session.id, span.id)
        if key in self._done:
            return False
        self._done[key] = None
        if len(self._done) > _HANDED_OVER:
            self._done.popitem(last=False)
        return True

    def flush(self, timeout_s: float | None = None) -> bool:
        """Flush the processor."""
        return bool(self.processor.force_flush(30_000 if timeout_s is None else int(timeout_s * 1000)))

    def close(self, timeout_s: float) -> None:
        """Hand over what still waited, and flush the processor, which goes on being the user's."""
        with self._lock:
            left = self._abandoned(None)
        self._hand_over(left)
        self.processor.force_flush(int(timeout_s * 1000))

    def readable(self, span: Span) -> ReadableSpan:
        """Return a span as OpenTelemetry's SDK has it."""
        operation, named = _OPERATIONS.get(span.kind, (None, None))
        attributes: dict[str, Any] = {
            Attr.KIND: span.kind,
            Attr.STATUS: span.status,
            Attr.ORIGIN: span.origin,
            SessionAttr.ID: span.session.id,
            SessionAttr.TAGS: tuple(span.session.tags),
        }
        if operation is not None:
            attributes[GenAI.OPERATION_NAME] = operation
        if named is not None:
            attributes[named] = span.name
        attributes |= {name: _attribute(value) for name, value in dict(span.attributes).items()}
        operation = attributes.get(GenAI.OPERATION_NAME)
        if span.error is not None:
            attributes[Attr.ERROR_TYPE] = span.error.type
        return ReadableSpan(
            name=f"{operation} {span.name}" if operation and not span.name.startswith(operation) else span.name,
            context=_context(span),
            parent=_context(span.parent) if span.parent is not None else None,
            resource=self.resource,
            attributes=attributes,
            events=_events(span),
            kind=SpanKind.CLIENT if span.kind in {Kind.LLM, Kind.EMBEDDING} else SpanKind.INTERNAL,
            status=Status(
                _STATUS.get(span.status, StatusCode.UNSET),
                span.error.message if span.error is not None and span.status == SpanStatus.ERROR else None,
            ),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=InstrumentationScope(EXPORTED_SCOPE, __version__),
        )


def _context(span: Span) -> SpanContext:
    return SpanContext(int(span.session.id, 16), int(span.id, 16), is_remote=False, trace_flags=TraceFlags(1))


def _events(span: Span) -> list[Event]:
    events = [
        Event(name, {key: _attribute(value) for key, value in values.items()}, time_ns)
        for name, time_ns, values in span.events or ()
    ]
    if span.error is not None:
        told = {
            Attr.EXCEPTION_TYPE: span.error.type,
            Attr.EXCEPTION_MESSAGE: span.error.message,
            Attr.EXCEPTION_STACKTRACE: span.error.stack,
        }
        events.append(
            Event(Attr.EVENT_EXCEPTION, {key: value for key, value in told.items() if value is not None}, span.end_ns)
        )
    return events


def _attribute(value: object) -> Any:
    """Return a value that OpenTelemetry can hold: what is richer than a list of plain values becomes JSON text."""
    if isinstance(value, str | bool | int | float | tuple):
        return value
    return json.dumps(value, ensure_ascii=False, default=_shared)


def _shared(value: Any) -> object:
    return value.value if hasattr(value, "value") else str(value)
