"""The recording process: its settings, sessions, destinations, and the rules that say where an event belongs."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agentops.sdk.clock import Clock, SystemClock
from agentops.sdk.config import Config
from agentops.sdk.context import CURRENT, current_span, depth, live
from agentops.sdk.guard import guard, say_once
from agentops.sdk.ids import Ids, SystemIds
from agentops.sdk.joined import JoinedSessions
from agentops.sdk.links import session_url
from agentops.sdk.session import Session, Sink
from agentops.sdk.span import ErrorInfo, Span
from agentops.sdk.tags import normalize_tags
from agentops.semconv import Session as SessionAttr
from agentops.semconv import SpanKind, State

if TYPE_CHECKING:
    from agentops.sdk.delivery import Delivery

__all__ = ["DiscardSink", "ParentResolver", "Runtime"]

ParentResolver = Callable[[], Span | None]
DEFAULT_NAME = "default"


class DiscardSink:
    """Takes what is not to be recorded.

    Args:
        says_so: Whether the first thing taken is reported: it was meant to be recorded, but no session is open and no
            automatic session is wanted.
    """

    def __init__(self, *, says_so: bool) -> None:
        self._says_so = says_so

    def put(self, span: Span) -> None:
        """Forget."""
        if self._says_so and span.kind != SpanKind.SESSION:
            say_once(
                "outside",
                "agentops: %r happened outside of a session and is not recorded. Start one with "
                "agentops.start_session() or @session, or leave auto_start_session on.",
                span.name,
            )

    def flush(self, timeout_s: float | None = None) -> bool:
        """Nothing waits."""
        return True

    def close(self, timeout_s: float) -> None:
        """Nothing to stop."""


class Runtime:
    """One per process; replaced as a whole when ``init()`` is called with other settings.

    Args:
        config: The settings.
        sink: Where new sessions go.
        process: Id of this process.
        clock: Source of time.
        ids: Source of ids.
    """

    def __init__(
        self, config: Config, sink: Sink, process: str, *, clock: Clock | None = None, ids: Ids | None = None
    ) -> None:
        self.config = config
        self.sink = sink
        self.process = process
        self.clock = clock or SystemClock()
        self.ids = ids or SystemIds()
        self.delivery: Delivery | None = None
        self.counts: Counter[str] = Counter()
        self.resolvers: list[ParentResolver] = []
        self.sessions: dict[str, Session] = {}
        self.on_session_started: list[Callable[[Session], None]] = []
        self.on_session_ended: list[Callable[[Session], None]] = []
        self._automatic: Session | None = None
        self._outside: Session | None = None
        self.joined = JoinedSessions(self)
        self._has_recorded = False
        self._lock = threading.RLock()

    # Sessions

    def start_session(
        self,
        name: str | None = None,
        tags: object = None,
        metadata: Mapping[str, Any] | None = None,
        user: str | None = None,
    ) -> Session:
        """Start an explicit session; inside another explicit one it is linked as that one's child.

        Raises:
            ConfigurationError: The tags are not text.
        """
        own = normalize_tags(tags)
        around = self.find_parent()
        outer = around if around is not None and not around.session.is_automatic else None
        session = self._new_session(name or self.config.trace_name or "session", own, metadata, outer)
        if user is not None:
            session.root.set({SessionAttr.USER_ID: user})
        session._appear()  # an explicit session is visible from its start
        return session

    def automatic_session(self) -> Session:
        """Return the process's automatic session, or, where none is wanted, one that records nothing."""
        session = self._automatic
        if session is not None and not session.has_ended:
            return session
        with self._lock:
            if not self.config.auto_start_session:
                return self._session_outside()
            if self._automatic is None or self._automatic.has_ended:
                name = self.config.trace_name or DEFAULT_NAME
                self._automatic = self._new_session(name, [], None, None, is_automatic=True)
            return self._automatic

    def current_session(self) -> Session | None:
        """Return the session that an event recorded here and now would belong to; None if there is none yet."""
        span = self.find_parent()
        if span is not None:
            return span.session
        session = self._automatic
        return session if session is not None and not session.has_ended else None

    def _new_session(
        self,
        name: str,
        tags: list[str],
        metadata: Mapping[str, Any] | None,
        outer: Span | None,
        *,
        is_automatic: bool = False,
    ) -> Session:
        merged = list(dict.fromkeys((*self.config.default_tags, *tags)))
        return Session(
            self, self.sink, name=name, tags=merged, metadata=metadata, outer=outer, is_automatic=is_automatic
        )

    def _session_outside(self) -> Session:
        """Where no automatic session is wanted: the one open session, if there is just one, else none that lasts."""
        running = list(self.sessions.values())
        if len(running) == 1:
            return running[0]
        if self._outside is None:
            self._outside = Session(self, DiscardSink(says_so=True), name="outside", tags=[], is_automatic=True)
        return self._outside

    def session_appeared(self, session: Session) -> None:
        """Note a session that has something to show; called once by each session."""
        if session is self._outside:
            return
        self._has_recorded = True
        self.sessions[session.id] = session
        for notify in self.on_session_started:
            with guard("session started"):
                notify(session)

    def session_ended(self, session: Session) -> None:
        """Note that a session is over; called once by each session."""
        self.sessions.pop(session.id, None)
        if session.is_inherited:
            return
        for notify in self.on_session_ended:
            with guard("session ended"):
                notify(session)

    def session_url(self, session_id: str) -> str | None:
        """Return the address of a session's page, if it leads somewhere."""
        return session_url(self.config, session_id)

    # Where an event belongs

    def find_parent(self) -> Span | None:
        """Return the innermost open span of the calling context, be it ours or one that a framework knows of."""
        span = current_span()
        for resolver in self.resolvers:
            try:
                other = live(resolver())
                if other is not None and other is not span and (span is None or _is_inner(other, span)):
                    span = other
            except Exception as error:  # as ``guard`` does; this runs for each span of every framework
                if not guard.state.caught("parent resolver", error):
                    raise
        return span

    def open_span(self, kind: str, name: str, start_ns: int | None = None) -> Span:
        """Open a span under whatever is current here, or else in the automatic session."""
        parent = self.find_parent() if self.resolvers else current_span()
        if parent is None:
            return self.automatic_session().open(kind, name, None, start_ns)
        return parent.session.open(kind, name, parent, start_ns)

    # The end

    def hand_over(self, successor: "Runtime | None") -> None:
        """Make way for other settings: the automatic session ends if it holds anything; explicit ones go on."""
        automatic = self._automatic
        if automatic is not None and automatic.id in self.sessions:
            automatic.end(State.SUCCESS)
        if successor is not None:
            successor._has_recorded = successor._has_recorded or self._has_recorded
        self._has_recorded = True  # an automatic session that holds nothing is not shown at the end either

    def end_all_sessions(self, state: object = State.INDETERMINATE) -> None:
        """End every session that is open in this process."""
        for session in list(self.sessions.values()):
            session.end(state)

    def finish(self, error: BaseException | None = None) -> None:
        """End what is open because the process ends; ``error`` is the exception that ends it."""
        automatic = self._automatic
        if automatic is not None and not automatic.has_ended and not automatic.is_inherited:
            if not self._has_recorded:
                automatic._appear()  # the only trace of a run that recorded nothing else
            if automatic.id in self.sessions and not self.config.skip_auto_end_session:
                automatic.end(State.SUCCESS, error=error)
        for session in list(self.sessions.values()):
            if session.is_inherited or self.config.skip_auto_end_session:
                continue
            info = None if error is None else ErrorInfo(type(error).__name__, str(error))
            session.end(State.INDETERMINATE, error=info, reason="The process ended before the session did.")

    def after_fork(self, process: str) -> None:
        """In a forked child: keep the sessions, leave what is open in them to the parent process."""
        self.process = process
        self.ids = SystemIds()
        self._lock = threading.RLock()
        for session in self.sessions.values():
            session.leave_to_others()
        if self._automatic is not None and not self._automatic.is_inherited:
            self._automatic = None  # nobody has seen it, so this process makes one of its own when it needs one
        self._has_recorded = True  # and none only to show that it ran: its parent does that

    def before_fork(self) -> None:
        """Let the automatic session appear, if it is the one that children would record into."""
        automatic = self._automatic
        if automatic is not None and not self._has_recorded and not automatic.has_ended:
            automatic._appear()

    def show_current_session(self) -> Session | None:
        """Return the session that is current here, which from now on is seen even if nothing is recorded in it.

        Not so the automatic session of a program that has others and has never used this one.
        """
        session = self.current_session()
        if session is None or (session.is_automatic and self._has_recorded and session.id not in self.sessions):
            return None
        if not session.is_inherited:
            session._appear()
        return session

    def join(self, session: Session) -> None:
        """Record what belongs to no other session into this one, which another process has started."""
        self._automatic = session


def make_current(span: Span) -> None:
    """Make a span current in the calling context; nothing needs to be given back (see ``context``)."""
    CURRENT.set(span)


def _is_inner(span: Span, other: Span) -> bool:
    """Whether of two spans that claim to be current here this is the inner one.

    What is inside began later. That holds also where one claim is stale (a context that a framework keeps across
    sessions), and then the depth of its tree would say nothing.
    """
    if span.start_ns != other.start_ns:
        return span.start_ns > other.start_ns
    return depth(span) > depth(other)
