"""A tracer provider that records into sessions, made of OpenTelemetry's API alone, around the provider that was there.

Every span is also one of that provider's tracer, with all that is said to it: who already collects a framework's
spans goes on doing so, and the ids that leave the process are theirs.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NoOpTracer, SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.util._decorator import _agnosticcontextmanager
from opentelemetry.util.types import Attributes, AttributeValue

from agentops import Recorder, Span, guard
from agentops.semconv import CONTENT_ATTRIBUTES
from agentops_opentelemetry.node import Node, Tidy

__all__ = ["IS_FORWARDING", "RecordingSpan", "RecordingTracer", "RecordingTracerProvider", "current_place", "our_time"]

IS_FORWARDING: ContextVar[bool] = ContextVar("agentops_opentelemetry_is_forwarding", default=False)
"""Whether a span that starts now is one that we hand on, and is recorded already."""
_PAST_NS: Final = 20_000_000
"""A time further from now than this was meant to be another one."""


def our_time(stated_ns: int | None) -> int | None:
    """Return a stated time by our clock; None where it is now."""
    if stated_ns is None:
        return None
    return stated_ns if abs(time.time_ns() - stated_ns) > _PAST_NS else None


def current_place() -> Span | None:
    """Return the span of ours that stands for the OpenTelemetry span which is current here."""
    span = trace.get_current_span()
    return span.node.place if isinstance(span, RecordingSpan) else None


class RecordingSpan(trace.Span):
    """A span that is recorded, around the one of the provider that was there."""

    def __init__(self, node: Node, inner: trace.Span, *, forwards_content: bool) -> None:
        self.node = node
        self._inner = inner
        self._forwards_content = forwards_content
        self._has_ended = False

    def get_span_context(self) -> trace.SpanContext:
        """Return the ids of the span around which this one is: ours mean nothing to others."""
        return self._inner.get_span_context()

    def is_recording(self) -> bool:
        """Whether it is open."""
        return not self._has_ended

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Take an attribute."""
        self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Take attributes."""
        with guard("opentelemetry.set_attributes"):
            self.node.note(attributes)
        kept = self._forwarded(attributes)
        if kept:
            self._inner.set_attributes(kept)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Take an event."""
        with guard("opentelemetry.add_event"):
            self.node.events.append((name, dict(attributes or {})))
        self._inner.add_event(name, self._forwarded(attributes or {}), timestamp)

    def update_name(self, name: str) -> None:
        """Take another name."""
        with guard("opentelemetry.update_name"):
            self.node.rename(name)
        self._inner.update_name(name)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Take the status; an error is ours, too."""
        with guard("opentelemetry.set_status"):
            code = status.status_code if isinstance(status, Status) else status
            if code == StatusCode.ERROR:
                self.node.fail(status.description if isinstance(status, Status) else description)
        self._inner.set_status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Take the exception itself, with its stack."""
        self.node.error = exception
        self._inner.record_exception(exception, attributes, timestamp, escaped)

    def end(self, end_time: int | None = None) -> None:
        """End both spans; a second end changes nothing."""
        if not self._has_ended:
            self._has_ended = True
            with guard("opentelemetry.end"):
                self.node.end(our_time(end_time))
        self._inner.end(end_time)

    def _forwarded(self, attributes: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
        if self._forwards_content:
            return attributes
        return {name: value for name, value in attributes.items() if name not in CONTENT_ATTRIBUTES}


class RecordingTracer(Tracer):
    """A tracer whose spans are recorded.

    Args:
        recorder: Of the framework's integration.
        inner: The tracer that the framework would have used.
        forwards_content: Whether ``inner`` is told what users and models said. Off where content is switched on
            for our sake, and the user has not asked for it there.
        hidden: Beginnings of attribute names to leave out of the record, which repeat what others say.
        tidy: Gets kind and attributes of a span that ends, and returns the attributes as they are to be read.
        skipped: Names of spans that are not recorded; nothing is below them.
        is_on: Whether to record; asked at each start, for tracers that a framework keeps.
    """

    def __init__(
        self,
        recorder: Recorder,
        inner: Tracer | None = None,
        *,
        forwards_content: bool = True,
        hidden: Sequence[str] = (),
        tidy: Tidy | None = None,
        is_on: Callable[[], bool] | None = None,
        skipped: Sequence[str] = (),
    ) -> None:
        self.recorder = recorder
        self._tidy = tidy
        self._is_on = is_on
        self._skipped = frozenset(skipped)
        self.inner = inner or NoOpTracer()
        self._forwards_content = forwards_content
        self._hidden = tuple(hidden)

    def start_span(  # noqa: PLR0917 - OpenTelemetry's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """Start a span, of ours and of the inner tracer's."""
        if name in self._skipped or (self._is_on is not None and not self._is_on()):
            return self.inner.start_span(
                name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
            )
        token = IS_FORWARDING.set(True)
        try:
            told = attributes if self._forwards_content else _without_content(attributes)
            inner = self.inner.start_span(
                name, context, kind, told, links, start_time, record_exception, set_status_on_exception
            )
        finally:
            IS_FORWARDING.reset(token)
        with guard("opentelemetry.start_span"):
            around = trace.get_current_span(context)
            parent = around.node if isinstance(around, RecordingSpan) else None
            node = Node(
                self.recorder,
                name,
                attributes or {},
                parent,
                start_ns=our_time(start_time),
                hidden=self._hidden,
                tidy=self._tidy,
            )
            return RecordingSpan(node, inner, forwards_content=self._forwards_content)
        return inner

    @_agnosticcontextmanager
    def start_as_current_span(  # noqa: PLR0917 - OpenTelemetry's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[trace.Span]:
        """Start a span that is current in the ``with`` block."""
        span = self.start_span(
            name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
        )
        with trace.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span


def _without_content(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name not in CONTENT_ATTRIBUTES}


class RecordingTracerProvider(TracerProvider):
    """Hands out recording tracers: for frameworks and libraries that take a provider.

    Args:
        recorder: Of the framework's integration; one named ``opentelemetry`` if none is given.
        inner: The provider that the framework would have used; its tracers get every span as well.
    """

    def __init__(self, recorder: Recorder | None = None, inner: TracerProvider | None = None, **options: Any) -> None:
        self.recorder = recorder or Recorder("opentelemetry")
        self.inner = inner
        self._options = options

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Tracer:
        """Return a tracer for one library."""
        inner = (
            self.inner.get_tracer(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
            if self.inner is not None
            else None
        )
        return RecordingTracer(self.recorder, inner, **self._options)
