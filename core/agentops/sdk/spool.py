"""The spool: spans go from the recording threads through a queue to one writing thread, and by it to the disk."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agentops.sdk.encode import SpanEncoder
from agentops.sdk.guard import guard, logger, say_once
from agentops.sdk.segment_writer import SegmentWriter
from agentops.sdk.span import Span
from agentops.sdk.unwritten import HeldBack, Refused
from agentops.wire import Ledger, encode_line

if TYPE_CHECKING:
    from agentops.sdk.filters import SpanRecord
    from agentops.sdk.session import Session

__all__ = ["Spool"]

BATCH_S: Final = 0.05
"""Seconds that the writer waits for more before it writes: what a ``kill -9`` can cost."""
HEARTBEAT_S: Final = 5.0
_CHUNK: Final = 16
"""Spans encoded between two writes. A write lets go of the interpreter lock, for which other threads may wait: with 16
small spans for a third of a millisecond."""
_LIMIT_CHUNK: Final = 1000
"""The same while many wait: each time that the lock is given up, a program that records without a pause keeps it for
five milliseconds, and in small chunks the writer fell ever further behind it."""
_LIMIT_HELD_BACK: Final = 1000
_LIMIT_REFUSED: Final = 20_000
"""Spans without content that wait for a full disk: about 20 MB."""
_LIMIT_CHUNK_CHARS: Final = 512 * 1024
"""Content between two writes: what is encoded at once stays in a processor's caches."""
_KEPT_BYTES: Final = 8 * 1024 * 1024
_LIMIT_PENDING_CHARS: Final = 64 * 1024 * 1024
"""Characters of content that may wait in memory; beyond it spans are kept without their content."""


class Spool:
    """Takes spans from any thread and writes them to one destination's segments.

    Args:
        segments: Where lines go.
        encoder: How a span becomes text.
        resource: Returns the encoded OTLP resource of this process.
        scope: Encoded OTLP instrumentation scope.
        limit_spans: How many spans may wait in memory.
        sends_each_once: Whether it is for an endpoint of others, which gets ended spans, each once: a span that may
            still be corrected is held back, and a later correction is not written.
    """

    def __init__(
        self,
        segments: SegmentWriter,
        encoder: SpanEncoder,
        *,
        resource: Callable[[], str],
        scope: str,
        limit_spans: int,
        sends_each_once: bool = False,
    ) -> None:
        self.segments = segments
        self.encoder = encoder
        self._resource = resource
        self._scope = scope
        self._limit_spans = limit_spans
        self.on_written: Callable[[], None] | None = None
        """Called in the writing thread after each batch; delivery uses it."""
        self.on_encoded: Callable[[Span, SpanRecord], None] | None = None
        """Called in the writing thread with each version of a span and what filters have left of it; exporters' way."""
        self._queue: deque[Span | threading.Event] = deque()
        self._pending_chars = 0
        self._wake = threading.Event()
        self._is_awake = False
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self.writes_at_once = False
        """Whether the recording thread writes: at the end of the process, when nobody waits for the writing one."""
        self._sessions: dict[str, Session] = {}
        self._ledger_is_due = False
        self._keeps_memory = False
        self._ledger_at = time.monotonic()
        self._refused = Refused(min(limit_spans, _LIMIT_REFUSED))
        self._held_back = HeldBack(_LIMIT_HELD_BACK) if sends_each_once else None

    @property
    def is_behind(self) -> bool:
        """Whether more waits to be written than the writing thread takes at a time."""
        return len(self._queue) > _LIMIT_CHUNK

    def put(self, span: Span) -> None:
        """Take a span as it now stands; see ``agentops.sdk.session.Sink``."""
        queue = self._queue
        if span.size:
            self._pending_chars += span.size
        is_full = self._pending_chars > _LIMIT_PENDING_CHARS or len(queue) > self._limit_spans
        if is_full and not self._lighten(span):
            return
        # Once is enough: it is written as it stands when its turn comes; the writer takes the mark away before that.
        if not span.is_queued:
            span.is_queued = True
            queue.append(span)
        if not self._is_awake:
            self._is_awake = True
            if self._thread is None:
                self._start()
            self._wake.set()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all spans put so far are on the disk; False when the time ran out."""
        if self._thread is None:
            return True
        marker = threading.Event()
        self._queue.append(marker)
        self._is_awake = True
        self._wake.set()
        return marker.wait(timeout_s)

    def close(self, timeout_s: float) -> None:
        """Write what is queued and a last ledger, then end the writing thread. The next span starts it again."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        self._is_closing = True
        self._wake.set()
        thread.join(timeout_s)
        if thread.is_alive():
            logger.warning(
                "agentops: the disk did not take everything in %.0f s; about %d records are lost.",
                timeout_s,
                len(self._queue),
            )
            return
        self._thread, self._is_awake, self._is_closing = None, False, False
        if self._queue:  # put after the thread had looked for the last time
            self._is_awake = True
            self._start()
            self._wake.set()

    def after_fork(self, segments: SegmentWriter, resource: Callable[[], str]) -> None:
        """In a forked child: begin anew, with segments of its own and nothing of what the parent had queued."""
        self.segments.close()
        self.segments = segments
        self._resource = resource
        self._queue = deque()
        self._pending_chars = 0
        self._wake = threading.Event()
        self._is_awake = False
        self._start_lock = threading.Lock()
        self._thread = None
        self._sessions = {}
        self._refused.take()
        if self._held_back is not None:
            self._held_back.take(is_last=True)

    def _lighten(self, span: Span) -> bool:
        """Memory is full: content goes first, then spans that begin now; the session's ledger says so.

        What has begun may end, or a reader would see it running for ever. Returns whether the span is to be queued.
        """
        if span.written_version == Span.FILTERED:
            return False
        if len(self._queue) > 2 * self._limit_spans and not span.end_ns and span.parent is not None:
            span.session.ledger.dropped_spans += 1
            span.written_version = Span.FILTERED
            return False
        if span.size:
            span.drop_content()
            span.session.ledger.dropped_payloads += 1
        return True

    def _start(self) -> None:
        with self._start_lock, guard("spool.start"):
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="agentops-writer", daemon=True)
                try:
                    if not self.writes_at_once:
                        thread.start()
                        self._thread = thread
                        return
                except RuntimeError:
                    """An interpreter that shuts down starts no thread any more."""
                self._write_at_once()

    def _write_at_once(self) -> None:
        """Write what is queued, in the recording thread."""
        self._is_awake = False
        self._wake.clear()
        self._write_all()

    def _run(self) -> None:
        while True:
            has_more_to_say = self._sessions or self._refused or self.segments.needs_heartbeat
            self._wake.wait(HEARTBEAT_S if has_more_to_say else None)
            self._await_more()
            # Cleared before draining: a span put from here on either is drained below or wakes the thread again.
            self._wake.clear()
            self._is_awake = False
            with guard("spool"):
                self._write_all()
            if self._is_closing and not self._queue:
                with guard("spool.close"):
                    self._write_last()
                return

    def _await_more(self) -> None:
        """Let a batch fill for as long as it may, but not while a burst fills it: then the writer is needed at once."""
        for pause_s in (BATCH_S / 5, BATCH_S * 4 / 5):
            if self._is_closing or len(self._queue) >= _LIMIT_CHUNK:
                return
            time.sleep(pause_s)

    def _write_all(self) -> None:
        """Write what waits, and the account of it; then tell those who wait for that."""
        markers: list[threading.Event] = []
        try:
            self._drain(markers)
            self._write_held_back(is_last=False)
            self._write_ledger_if_due()
            self.segments.renew()
            if self.on_written is not None:
                self.on_written()
        finally:
            for marker in markers:
                marker.set()

    def _drain(self, markers: list[threading.Event]) -> None:
        self._pending_chars = 0
        waiting = len(self._queue)
        while waiting > 0:
            items = self._next_chunk(min(max(_CHUNK, waiting // 4), _LIMIT_CHUNK))
            waiting -= len(items) or waiting
            spans: list[Span] = []
            for item in items:
                if isinstance(item, threading.Event):
                    markers.append(item)
                else:
                    item.is_queued = False
                    spans.append(item)
            for span in self._write_spans(spans):
                self._refused.keep(span)

    def _next_chunk(self, count: int) -> list["Span | threading.Event"]:
        """Take up to this many from the queue, and fewer where they are large."""
        items: list[Span | threading.Event] = []
        chars = 0
        while self._queue and len(items) < count and chars < _LIMIT_CHUNK_CHARS:
            item = self._queue.popleft()
            chars += getattr(item, "size", 0)
            items.append(item)
        if chars > _LIMIT_CHUNK_CHARS and not self._keeps_memory:
            self._keeps_memory = True
            _keep_freed_memory()
        return items

    def _write_spans(self, spans: list[Span], *, is_due: bool = False) -> list[Span]:
        """Write the spans that have changed since they were written; returns those that the disk refuses.

        What it refuses with content it is offered once more without. ``is_due``: they have waited long enough.
        """
        without_content = self.segments.is_over_budget
        if without_content:
            say_once("budget", "agentops: the spool has reached its disk budget; spans are kept without content.")
        refused = self._write_lines(spans, without_content=without_content, is_due=is_due, tells_exporters=not is_due)
        if not refused or without_content:
            return refused
        return self._write_lines(refused, without_content=True, is_due=is_due, tells_exporters=False)

    def _write_lines(
        self, spans: list[Span], *, without_content: bool, is_due: bool, tells_exporters: bool
    ) -> list[Span]:
        ended, still_open = _Line(), _Line()
        for span in spans:
            before = span.written_version
            if before < 0 or before >= span.version:
                continue
            # Before it is encoded: an ended line holds nothing that is still open, and to an endpoint of others nothing
            # that may still be corrected.
            is_final = span.end_ns != 0 and (is_due or self._held_back is None or not self._held_back.wants(span))
            text = self._encode(span, without_content=without_content)
            if text is not None:
                if tells_exporters and self.on_encoded is not None and self.encoder.record is not None:
                    self.on_encoded(span, self.encoder.record)
                self._note_session(span)
                (ended if is_final else still_open).add(text, span, before)
        refused: list[Span] = []
        resource = self._resource()
        for line in (still_open, ended):
            if line.texts:
                encoded = encode_line(resource, self._scope, line.texts, partial=line is still_open)
                if not self.segments.write(encoded):
                    refused += line.take_back()
                elif self._held_back is not None and line is ended:
                    line.make_final()
        return refused

    def _write_held_back(self, *, is_last: bool) -> None:
        if self._held_back is None:
            return
        due = self._held_back.take(is_last=is_last)
        for span in due:
            span.written_version = 0
        self._write_again(due)

    def _write_again(self, spans: list[Span]) -> None:
        """Write spans that had to wait, in chunks."""
        for start in range(0, len(spans), _LIMIT_CHUNK):
            for span in self._write_spans(spans[start : start + _LIMIT_CHUNK], is_due=True):
                self._refused.keep(span)

    def _encode(self, span: Span, *, without_content: bool) -> str | None:
        with _encoding:
            if without_content and span.size:
                span.session.ledger.dropped_payloads += 1
            version, text = 0, None
            # Other threads go on with the span: what is written is one version of it, not a part of the next.
            while version != span.version:
                version = span.version
                text = self.encoder.encode(span, without_content=without_content)
            if text is None:
                span.written_version = Span.FILTERED
                span.session.ledger.spans_left_out += 1
            else:
                span.written_version = version
            return text
        # Something in it cannot be written. A node without what it holds is better than a hole in the tree.
        with guard("encode without attributes"):
            span.session.ledger.dropped_payloads += 1
            span.drop_content()
            span.attributes = {}
            span.written_version = span.version
            return self.encoder.encode(span, without_content=True)
        if span.end_ns:
            span.session.ledger.dropped_spans += 1
        return None

    def _note_session(self, span: Span) -> None:
        session = span.session
        if session.id not in self._sessions:
            self._sessions[session.id] = session
            self._ledger_is_due = True
        if span.parent is None and span.end_ns:
            self._ledger_is_due = True

    def _write_ledger_if_due(self) -> None:
        if self._ledger_is_due or (self._sessions and time.monotonic() - self._ledger_at >= HEARTBEAT_S):
            self._write_ledger(has_exited=False)

    def _write_ledger(self, *, has_exited: bool) -> None:
        """Write this process's account of its sessions. It doubles as the heartbeat of those that run."""
        if not self._sessions:
            return
        ledger = Ledger(self.segments.process, time.time_ns(), has_exited)
        for key, session in list(self._sessions.items()):
            session.ledger.has_ended = session.has_ended
            ledger.sessions[key] = session.ledger
        self._ledger_at = time.monotonic()
        if self.segments.is_over_budget:
            self.segments.measure()
        if not self.segments.write(ledger.encode(self._resource()), is_vital=True):
            return  # it stays due
        self._ledger_is_due = False
        if not has_exited:
            self._sessions = {key: session for key, session in self._sessions.items() if not session.has_ended}
            self._write_again(self._refused.take())

    def _write_last(self) -> None:
        """At the end: what waited for something is written as it stands, and what cannot be is counted."""
        self._write_held_back(is_last=True)
        self._write_again(self._refused.take())
        for span in self._refused.take():
            self._note_session(span)
            self._refused.give_up(span)
        self._write_ledger(has_exited=True)
        self.segments.close()


_encoding = guard("encode")


class _Line:
    """What becomes a line: spans, their texts, and which version of each was written before."""

    __slots__ = ("spans", "texts", "versions_before")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.spans: list[Span] = []
        self.versions_before: list[int] = []

    def add(self, text: str, span: Span, version_before: int) -> None:
        self.texts.append(text)
        self.spans.append(span)
        self.versions_before.append(version_before)

    def take_back(self) -> list[Span]:
        """The line was not written: its spans are as they were before."""
        for span, version in zip(self.spans, self.versions_before, strict=True):
            span.written_version = version
        return self.spans

    def make_final(self) -> None:
        """No later record of these spans is to be written."""
        for span in self.spans:
            span.written_version = Span.FINAL


def _keep_freed_memory() -> None:
    """Let glibc keep some megabytes of freed memory instead of giving them back after each large span.

    It does so by itself once a program has freed a block of such a size (``mallopt(3)``, M_MMAP_THRESHOLD). Until then
    every large text is made of fresh pages: half of what writing spans of 100 kB cost. Nothing touches this block.
    """
    bytes(_KEPT_BYTES)
