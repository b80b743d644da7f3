"""Sessions that another process has started and this one records into: its parent's, or that of an HTTP caller."""

import os
import sys
import threading
import urllib.parse
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agentops.sdk.session import Session
from agentops.sdk.span import Span
from agentops.semconv import SpanKind

if TYPE_CHECKING:
    from agentops.sdk.runtime import Runtime

__all__ = ["PARENT_VARIABLE", "JoinedSessions", "RemoteParent", "started_under"]

PARENT_VARIABLE: Final = "AGENTOPS_PARENT"
"""Environment variable by which a program tells those that it starts which span they run under."""
PROCESS_ATTRIBUTE: Final = "agentops_parent"
"""Attribute of a ``multiprocessing`` process object that does the same."""
_REMEMBERED: Final = 1000
_LIMIT_TAGS: Final = 128
_LIMIT_TAG_CHARS: Final = 256


@dataclass(frozen=True, slots=True)
class RemoteParent:
    """A span of another process, as it is passed on. Text form: ``<session id>-<span id>[-<tags>]``."""

    session_id: str
    """32 hex digits."""
    span_id: str
    """16 hex digits."""
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, span: Span) -> "RemoteParent":
        """Describe a span of ours."""
        return cls(span.session.id, span.id, tuple(span.session.tags))

    @classmethod
    def parse(cls, text: str | None) -> "RemoteParent | None":
        """Read the text form; None where it is not one."""
        session_id, _, rest = (text or "").partition("-")
        span_id, _, tags = rest.partition("-")
        if not (_is_hex(session_id, 32) and _is_hex(span_id, 16)):
            return None
        return cls(session_id, span_id, decode_tags(tags))

    def __str__(self) -> str:
        tags = encode_tags(self.tags)
        return f"{self.session_id}-{self.span_id}" + (f"-{tags}" if tags else "")


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and not set(text) - set("0123456789abcdef") and bool(set(text) - {"0"})


def encode_tags(tags: tuple[str, ...]) -> str:
    """Return tags as text that fits into a header and a variable."""
    return ",".join(urllib.parse.quote(tag, safe=":") for tag in tags)


def decode_tags(text: str) -> tuple[str, ...]:
    """Read what ``encode_tags`` wrote; a reasonable part of it, since every span will carry them."""
    tags = [tag for tag in text.split(",", _LIMIT_TAGS)[:_LIMIT_TAGS] if tag]
    return tuple(urllib.parse.unquote(tag)[:_LIMIT_TAG_CHARS] for tag in tags)


def started_under() -> RemoteParent | None:
    """Return the span of another process that this one was started under; None if it was not."""
    processes = sys.modules.get("multiprocessing.process")
    text = getattr(processes.current_process(), PROCESS_ATTRIBUTE, None) if processes is not None else None
    return RemoteParent.parse(text) or RemoteParent.parse(os.environ.get(PARENT_VARIABLE))


class JoinedSessions:
    """The joined sessions of a runtime. One object per session id, so that its spans are counted in one account."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._users: dict[str, int] = {}
        self._lock = threading.Lock()

    def open(self, parent: RemoteParent) -> Span:
        """Join a session; returns a stand-in for the remote span, under which to record. Call ``close`` in the end."""
        with self._lock:
            session = self._sessions.get(parent.session_id)
            if session is None:
                session = self._sessions[parent.session_id] = self._make(parent)
                if len(self._sessions) > _REMEMBERED:
                    self._sessions.popitem(last=False)
            self._sessions.move_to_end(session.id)
            self._users[session.id] = self._users.get(session.id, 0) + 1
            session.root.end_ns = 0
            if session.root.id == parent.span_id:
                return session.root
        span = Span(
            session, session.root, SpanKind.OPERATION, "", span_id=parent.span_id, start_ns=session.root.start_ns, seq=0
        )
        span.written_version = Span.NOT_OURS
        return span

    def close(self, span: Span) -> None:
        """Leave a session. It counts as over in this process when nobody records into it any more."""
        session = span.session
        with self._lock:
            left = self._users.get(session.id, 1) - 1
            self._users[session.id] = left
            if left:
                return
            del self._users[session.id]
        session.root.end_ns = session.now_ns()
        self._runtime.sessions.pop(session.id, None)

    def _make(self, parent: RemoteParent) -> Session:
        runtime = self._runtime
        session = Session(runtime, runtime.sink, name="", tags=list(parent.tags), session_id=parent.session_id)
        session.root.id = parent.span_id
        session.leave_to_others()
        return session
