"""A session: one run of a program or of a part of it, with its tags, its state and its tree of spans."""

import itertools
import threading
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol

from agentops.errors import ConfigurationError
from agentops.sdk.context import CURRENT, live
from agentops.sdk.guard import logger
from agentops.sdk.redaction import redact
from agentops.sdk.span import ErrorInfo, Span
from agentops.sdk.states import STATUS_OF_STATE, end_state
from agentops.sdk.tags import Tags, normalize_tags
from agentops.sdk.values import capture
from agentops.semconv import Session as Attr
from agentops.semconv import Span as SpanAttr
from agentops.semconv import SpanKind, SpanStatus, State
from agentops.wire import SessionLedger, encode_attributes

if TYPE_CHECKING:
    from typing_extensions import Self

    from agentops.sdk.runtime import Runtime

__all__ = ["Session", "Sink", "is_clean_exit", "renew_session_lock"]

_REMEMBERED_SPANS: Final = 1000
_late_end_lock = threading.Lock()


class Sink(Protocol):
    """Where a session's spans go, each when it opens, when it ends, and when it is corrected."""

    def put(self, span: Span) -> None:
        """Take a span as it now stands. Never blocks and never raises."""

    def flush(self, timeout_s: float | None) -> bool:
        """Wait until everything put so far is safe; False when the time ran out."""

    def close(self, timeout_s: float) -> None:
        """Write what is left and stop."""


class Session:
    """One trace. Made by ``agentops.start_session()``, ``@session`` and ``init()``, not by calling this class.

    A context manager, sync and async: an exception that leaves the block ends it as ``error``, else as ``success``.
    """

    def __init__(  # each part is named at the one call, in Runtime
        self,
        runtime: "Runtime",
        sink: Sink,
        *,
        name: str,
        tags: list[str],
        metadata: Mapping[str, Any] | None = None,
        outer: Span | None = None,
        is_automatic: bool = False,
        session_id: str | None = None,
    ) -> None:
        self.runtime = runtime
        self.sink = sink
        self.id = session_id or runtime.ids.session_id()
        self.is_automatic = is_automatic
        self.is_inherited = False
        self.captures_content = runtime.config.captures_content
        self.outer = outer
        self.now_ns = runtime.clock.anchored()
        self.ledger = SessionLedger()
        self._count = itertools.count(1)
        self._recent: deque[Span] = deque(maxlen=_REMEMBERED_SPANS)
        self._tags = tags
        self._metadata: dict[str, Any] = {}
        self._state = State.RUNNING
        self._is_visible = False
        self._wire_attributes: str | None = None
        self.root = Span(self, None, SpanKind.SESSION, name, runtime.ids.span_id(), self.now_ns(), next(self._count))
        self.ledger.spans = self.root.seq
        self.open_roots: dict[str, Span] = {self.root.id: self.root}
        if metadata:
            self.set_metadata(metadata)
        if outer is not None:
            self.root.set({Attr.PARENT_ID: outer.session.id, Attr.PARENT_SPAN_ID: outer.id})

    # What a caller sees

    @property
    def name(self) -> str:
        """Name of the session."""
        return self.root.name

    @property
    def start_time(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return self.root.start_ns

    @property
    def end_time(self) -> int | None:
        """Nanoseconds since the Unix epoch; None while it runs."""
        return self.root.end_ns or None

    @property
    def tags(self) -> list[str]:
        """A copy of the tags."""
        return list(self._tags)

    @property
    def metadata(self) -> dict[str, Any]:
        """A copy of the metadata."""
        return dict(self._metadata)

    @property
    def state(self) -> str:
        """``running``, ``success``, ``error``, ``cancelled`` or ``indeterminate``."""
        return self._state

    @property
    def events(self) -> list[Span]:
        """The latest 1,000 spans that this process recorded in it, oldest first, without the session itself."""
        return list(self._recent)

    @property
    def url(self) -> str | None:
        """Address of the session's page; None where no dashboard is known that would show it."""
        return self.runtime.session_url(self.id)

    @property
    def has_ended(self) -> bool:
        """Whether the session is over."""
        return self.root.end_ns != 0

    def add_tags(self, tags: Tags) -> None:
        """Add tags; spans recorded from here on carry them, and readers show them on all of the session's spans."""
        try:
            new = [tag for tag in normalize_tags(tags) if tag not in self._tags]
        except ConfigurationError as error:
            logger.warning("agentops: tags not added to session %s: %s", self.id, error)
            return
        if new:
            self._tags = self._tags + new
            self._wire_attributes = None
            self._publish_root()

    def set_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Merge values into the metadata; nested ones are kept as they are."""
        self._metadata.update({str(key): capture(value) for key, value in metadata.items()})
        self.root.attributes[Attr.METADATA] = dict(self._metadata)
        if self._is_visible:
            self._publish_root()

    def record(self, event: object) -> None:
        """Record an event of AgentOps' older API: ``ActionEvent``, ``LLMEvent``, ``ToolEvent`` or ``ErrorEvent``."""
        from agentops.sdk.events import record_event

        record_event(event, self)

    def end(
        self,
        state: object = State.SUCCESS,
        *,
        error: BaseException | ErrorInfo | None = None,
        reason: str | None = None,
    ) -> None:
        """End the session now; what is still open in it is closed as ``unfinished``. Ending twice changes nothing.

        Args:
            state: An end state in any spelling (see ``agentops.TraceState``); one that is not known is reported and
                recorded as ``indeterminate``.
            error: What ended it, recorded on the session's own span.
            reason: A sentence kept beside the state.
        """
        if self.root.end_ns:
            return
        try:
            self._state = end_state(state) if error is None else State.ERROR
        except ConfigurationError as problem:
            logger.warning("agentops: session %s ends as indeterminate: %s", self.id, problem)
            self._state = State.INDETERMINATE
        self._appear()
        if reason is not None:
            self.root.attributes[Attr.END_REASON] = reason
        info = None if error is None else self.root.describe(error)
        if info is not None and info.is_cancellation:
            self._state = State.CANCELLED
        self.close(self.root, error=info, status=STATUS_OF_STATE[self._state])
        self.runtime.session_ended(self)
        current = CURRENT.get()
        if current is not None and current.session is self:
            CURRENT.set(live(current))

    def end_session(self, end_state: object = State.SUCCESS, end_state_reason: str | None = None) -> None:
        """Do what ``end`` does, by AgentOps' older name."""
        self.end(end_state, reason=end_state_reason)

    def __enter__(self) -> "Self":
        CURRENT.set(self.root)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(State.SUCCESS, error=None if is_clean_exit(error) else error)

    async def __aenter__(self) -> "Self":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __repr__(self) -> str:
        return f"<Session {self.name!r} {self._state} id={self.id}>"

    # What records into it

    def open(self, kind: str, name: str, parent: Span | None = None, start_ns: int | None = None) -> Span:
        """Open a span in this session, under ``parent`` or else under the session's root."""
        if not self._is_visible:
            self._appear()
        if parent is None:
            parent = self.root
        started = self.now_ns() if start_ns is None else start_ns
        started = max(started, parent.start_ns)
        seq = self.ledger.spans = next(self._count)
        span = Span(self, parent, kind, name, self.runtime.ids.span_id(), started, seq)
        parent.open_children[span.id] = span
        # Checked after, not before: another thread may end the parent meanwhile and miss the new child.
        if parent.end_ns:
            self._hold_elsewhere(span)
        self._recent.append(span)
        self.sink.put(span)
        return span

    def close(
        self,
        span: Span,
        *,
        error: BaseException | str | ErrorInfo | None = None,
        status: str | None = None,
        end_ns: int | None = None,
    ) -> None:
        """Close a span and all that is still open below it.

        A second end changes nothing, except that it corrects a span which was closed as ``unfinished``.
        """
        if not self._claim(span, status):
            self.runtime.counts["ended twice"] += 1
            return
        moment = end_ns or self.now_ns()
        if error is not None:
            status = self._set_error(span, error, moment)
        span.status = status or SpanStatus.OK
        ended = max(moment, span.start_ns, span._last_child_end_ns)  # the two share the tree's rules
        span.end_ns = ended
        if span.open_children:
            self._close_children(span, ended)
        parent = span.parent
        if parent is not None:
            if parent.end_ns:
                span.outlived_parent = ended > parent.end_ns
            elif ended > parent._last_child_end_ns:
                parent._last_child_end_ns = ended
        self.republish(span)

    def amend_error(self, span: Span, error: ErrorInfo) -> None:
        """Mark a span as failed that has ended without an error."""
        span.status = self._set_error(span, error, span.end_ns)
        self.republish(span)

    def republish(self, span: Span) -> None:
        """Hand a span that has changed to the sink once more."""
        span.version += 1
        self.sink.put(span)

    def wire_attributes(self) -> str:
        """Return the encoded attributes that each span of the session carries: its id and tags."""
        if self._wire_attributes is None:
            values: dict[str, object] = {Attr.ID: self.id}
            if self._tags:
                values[Attr.TAGS] = tuple(self._tags)
            encoded = encode_attributes(values)
            self._wire_attributes = redact(encoded)[0] if self.runtime.config.redact else encoded
        return self._wire_attributes

    def leave_to_others(self) -> None:
        """Keep the tree as it stands, but leave what is open in it to the process that opened it, and its end too."""
        self._is_visible = True
        self.is_inherited = True
        self.ledger = SessionLedger()
        self._count = itertools.count(1)
        pending = [self.root]
        while pending:
            span = pending.pop()
            span.written_version = Span.NOT_OURS
            pending.extend((span.open_children or {}).values())

    def _appear(self) -> None:
        if not self._is_visible:
            self._is_visible = True
            self.runtime.session_appeared(self)
            self.sink.put(self.root)

    def _publish_root(self) -> None:
        if self._is_visible:
            self.republish(self.root)

    def _hold_elsewhere(self, span: Span) -> None:
        """Enter a span whose parent has ended where the end of its nearest open ancestor will find it."""
        holder = span.parent
        while holder is not None and holder.end_ns and holder.parent is not None:
            if holder.open_children.pop(span.id, None) is None and span.holder is holder:
                return  # the thread that ended the holder has found it after all
            holder = holder.parent
            holder.open_children[span.id] = span
            span.holder = holder

    def _claim(self, span: Span, status: str | None) -> bool:
        """Decide who ends a span: the one caller that takes it out of its holder."""
        holder = span.holder.open_children if span.holder is not None else self.open_roots
        if holder.pop(span.id, None) is not None:
            return True
        if span.status != SpanStatus.UNFINISHED or status == SpanStatus.UNFINISHED:
            return False
        with _late_end_lock:
            if span.status != SpanStatus.UNFINISHED:
                return False
            span.status = SpanStatus.RUNNING
            return True

    def _set_error(self, span: Span, error: BaseException | str | ErrorInfo, time_ns: int) -> str:
        info = span.describe(error)
        span.error = info
        span.attributes[SpanAttr.ERROR_TYPE] = info.type
        return SpanStatus.CANCELLED if info.is_cancellation else SpanStatus.ERROR

    def _close_children(self, span: Span, end_ns: int) -> None:
        """Close all open descendants, the deepest first. A loop, because a tree may be deeper than Python's stack."""
        found = [span]
        for ancestor in found:
            found.extend(list(ancestor.open_children.values()))
        for descendant in reversed(found[1:]):
            self.close(descendant, status=SpanStatus.UNFINISHED, end_ns=end_ns)


def is_clean_exit(error: BaseException | None) -> bool:
    """Say whether a block was left without an error: normally, or by ``sys.exit()`` with no code or 0."""
    return error is None or (isinstance(error, SystemExit) and not error.code)


def renew_session_lock() -> None:
    """In a forked child: another thread of the parent may have held the lock, and will never give it back here."""
    global _late_end_lock
    _late_end_lock = threading.Lock()
