"""Spans that go to the spool and to the places that plugins add: the same content, cleaned by the same rules."""

import copy
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from agentops.sdk.encode import span_name
from agentops.sdk.filters import SpanRecord
from agentops.sdk.guard import guard, say_once
from agentops.sdk.redaction import redact, redact_value
from agentops.sdk.session import Sink
from agentops.sdk.span import ErrorInfo, Span
from agentops.sdk.spool import Spool
from agentops.semconv import Session as SessionAttr
from agentops.semconv import Span as Attr

__all__ = ["FanOut"]

_LIMIT_WAITING: Final = 10_000
"""Spans that may wait for exporters; one that is slower than the program loses the oldest."""
_LONGEST_CLOSE_S: Final = 2.0


class FanOut:
    """Hands spans to the spool and, as the spool wrote them, to every exporter. One that fails keeps none from others.

    Exporters get copies past span filters and redaction, in a thread of their own: one that waits for its server holds
    up neither the program nor the disk.

    Args:
        spool: Where spans are kept.
        exporters: What ``agentops_exporters`` of the plugins gave.
    """

    def __init__(self, spool: Spool, exporters: Sequence[Sink]) -> None:
        self.spool = spool
        self.exporters = tuple(exporters)
        spool.on_encoded = self._take
        spool.encoder.keeps_record = True
        self._redacts = spool.encoder.redacts
        self._renew()

    def put(self, span: Span) -> None:
        """Take a span as it now stands."""
        self.spool.put(span)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until the spool has written what was put and the exporters have it, and flush them."""
        end = None if timeout_s is None else time.monotonic() + timeout_s
        is_done = self.spool.flush(timeout_s)
        is_done = self._wait(end) and is_done
        for exporter in self.exporters:
            with guard(f"exporter {type(exporter).__name__}"):
                is_done = exporter.flush(_left(end)) and is_done
        return is_done

    def close(self, timeout_s: float) -> None:
        """Close the spool, then the exporters, which get two seconds at most."""
        end = time.monotonic() + timeout_s
        self.spool.close(timeout_s)
        end = min(end, time.monotonic() + _LONGEST_CLOSE_S)
        self._wait(end)
        self._is_closing = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, end - time.monotonic()))
        for exporter in self.exporters:
            with guard(f"exporter {type(exporter).__name__}"):
                exporter.close(max(0.0, end - time.monotonic()))

    def after_fork(self) -> None:
        """In a forked child: hand out nothing of what waited in the parent."""
        self._renew()

    def _renew(self) -> None:
        self._waiting: deque[tuple[Span, SpanRecord] | threading.Event] = deque()
        self._wake = threading.Event()
        self._is_closing = False
        self._thread: threading.Thread | None = None

    def _take(self, span: Span, record: SpanRecord) -> None:
        """Take a span that has been encoded, as filters left it; called by the spool's thread."""
        if len(self._waiting) >= _LIMIT_WAITING:
            say_once("exporter", "agentops: an exporter is slower than the program; it does not get all spans.")
            self._waiting.popleft()
        self._waiting.append((copy.copy(span), record))
        if self.spool.writes_at_once:  # the process ends, and nobody would wait for a thread
            self._hand_out()
            return
        self._start()
        self._wake.set()

    def _wait(self, end: float | None) -> bool:
        """Wait until the exporters have what was taken so far."""
        if self._thread is None:
            return True
        marker = threading.Event()
        self._waiting.append(marker)
        self._wake.set()
        return marker.wait(_left(end))

    def _start(self) -> None:
        if self._thread is None:
            self._is_closing = False
            thread = threading.Thread(target=self._run, name="agentops-exporter", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError:  # an interpreter that shuts down starts no thread any more
                self._hand_out()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            is_last = self._is_closing
            self._hand_out()
            if is_last:
                self._thread = None
                self._hand_out()  # what came after it had looked for the last time
                return

    def _hand_out(self) -> None:
        while self._waiting:
            item = self._waiting.popleft()
            if isinstance(item, threading.Event):
                item.set()
                continue
            with guard("exporters"):
                cleaned = _cleaned(*item, redacts=self._redacts)
                for exporter in self.exporters:
                    with guard(f"exporter {type(exporter).__name__}"):
                        exporter.put(cleaned)


def _left(end: float | None) -> float | None:
    return None if end is None else max(0.0, end - time.monotonic())


def _cleaned(span: Span, record: SpanRecord, *, redacts: bool) -> Span:
    """Put onto a copy of a span what filters have left of it, without secrets."""
    clean = redact_value if redacts else _as_it_is
    tags = tuple(span.session.tags)
    attributes = record.attributes | {SessionAttr.TAGS: tags} if tags else record.attributes
    exception = next((values for name, _, values in record.events if name == Attr.EVENT_EXCEPTION), {})
    events = [(name, time_ns, values) for name, time_ns, values in record.events if name != Attr.EVENT_EXCEPTION]
    name = span.name if record.name == span_name(span) else record.name
    span.name = redact(name)[0] if redacts else name
    while span.parent is not None and span.parent.written_version == Span.FILTERED:
        span.parent = span.parent.parent
    span.attributes = {name: clean(value) for name, value in attributes.items()}
    span.events = [
        (name, time_ns, {key: clean(value) for key, value in values.items()}) for name, time_ns, values in events
    ]
    if span.error is not None:
        stack = exception.get(Attr.EXCEPTION_STACKTRACE)
        shown = None if stack is None else str(clean(stack))
        span.error = ErrorInfo(span.error.type, str(clean(record.status_message)), shown, span.error.is_cancellation)
    span.open_children = {}
    return span


def _as_it_is(value: object) -> object:
    return value
