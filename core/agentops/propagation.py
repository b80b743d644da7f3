"""Passing a session on to another process: HTTP headers, middleware, and the environment of a program that is started.

Headers: W3C ``traceparent`` (https://www.w3.org/TR/trace-context/), in which the trace id is the session's id, and
``agentops-session`` (the same id), which tells a session of ours from a trace of somebody else. Tags go along.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from agentops.sdk import process
from agentops.sdk.context import activate
from agentops.sdk.guard import attempt, guard
from agentops.sdk.joined import PARENT_VARIABLE, RemoteParent, decode_tags, encode_tags
from agentops.sdk.session import Session

if TYPE_CHECKING:
    from agentops.sdk.span import Span

__all__ = [
    "ASGIMiddleware",
    "WSGIMiddleware",
    "continue_parent",
    "continue_session",
    "current_parent",
    "extract",
    "inject",
    "subprocess_environment",
]

TRACEPARENT: Final = "traceparent"
SESSION_HEADER: Final = "agentops-session"
TAGS_HEADER: Final = "agentops-tags"


def inject(headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
    """Add headers that pass the current session on, and return them; nothing is added outside of any session.

    Example: ``requests.get(url, headers=agentops.propagation.inject())``.
    """
    headers = {} if headers is None else headers
    parent = current_parent()
    if parent is not None:
        headers[TRACEPARENT] = f"00-{parent.session_id}-{parent.span_id}-01"
        headers[SESSION_HEADER] = parent.session_id
        if parent.tags:
            headers[TAGS_HEADER] = encode_tags(parent.tags)
    return headers


def extract(headers: Mapping[str, str]) -> RemoteParent | None:
    """Return the span that a request was sent under; None if its sender does not record with agentops."""
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    parts = lowered.get(TRACEPARENT, "").strip().lower().split("-")
    if len(parts) < 4 or parts[1] != lowered.get(SESSION_HEADER, "").strip().lower():
        return None
    parent = RemoteParent.parse(f"{parts[1]}-{parts[2]}")
    return parent and RemoteParent(parent.session_id, parent.span_id, decode_tags(lowered.get(TAGS_HEADER, "")))


@contextmanager
def continue_session(headers: Mapping[str, str]) -> Iterator[Session | None]:
    """Record the ``with`` block into the session that a request's headers name, under the span that sent it.

    Yields the session, or None when the headers name none; then the block records as it would without.
    """
    parent: RemoteParent | None = None
    with guard("propagation"):
        parent = extract(headers)
    with continue_parent(parent) as session:
        yield session


@contextmanager
def continue_parent(parent: RemoteParent | str | None) -> Iterator[Session | None]:
    """Record the ``with`` block under a span of another process, given itself or its text form."""
    span: Span | None = None
    runtime = None
    with guard("propagation"):
        parent = RemoteParent.parse(parent) if isinstance(parent, str) else parent
        if parent is not None:
            runtime = process.runtime()
            span = None if runtime.config.disabled else runtime.joined.open(parent)
    if span is None or runtime is None:
        yield None
        return
    try:
        with activate(span):
            yield span.session
    finally:
        with guard("propagation"):
            runtime.joined.close(span)


def subprocess_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment (default: this process's) for a program that shall record into the current session.

    Example: ``subprocess.run(command, env=agentops.propagation.subprocess_environment())``.
    """
    result = dict(os.environ if environment is None else environment)
    parent = current_parent()
    if parent is not None:
        result[PARENT_VARIABLE] = str(parent)
    return result


class ASGIMiddleware:
    """ASGI middleware: requests from a program that records with agentops are recorded into its session.

    Example: ``app.add_middleware(agentops.propagation.ASGIMiddleware)`` (Starlette, FastAPI).
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one connection."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers") or ()}
        with continue_session(headers):
            await self.app(scope, receive, send)


class WSGIMiddleware:
    """WSGI middleware, the same for Flask and Django: ``app.wsgi_app = WSGIMiddleware(app.wsgi_app)``."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request, its streamed body included."""
        names = (TRACEPARENT, SESSION_HEADER, TAGS_HEADER)
        keys = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in names}
        with continue_session({name: environ[key] for name, key in keys.items() if key in environ}):
            body = self.app(environ, start_response)
            try:
                yield from body
            finally:
                close = getattr(body, "close", None)
                if close is not None:
                    close()


def current_parent() -> RemoteParent | None:
    """Describe the span that is current here, for another process; None outside of any session."""
    runtime = process.current()
    if runtime is None or runtime.config.disabled:
        return None
    span = attempt(runtime.find_parent, lambda _: None)
    if span is None:
        session = runtime.show_current_session()
        span = session.root if session is not None else None
    return None if span is None else RemoteParent.of(span)
