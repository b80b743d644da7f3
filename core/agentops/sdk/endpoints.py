"""``track_endpoint``: each request to a view of Flask, FastAPI, Starlette or Django is a session of its own.

What a request and a response hold is read by their shape; no web framework is imported.
"""

import functools
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from agentops.sdk import process
from agentops.sdk.calls import CallScope, OpenCall, OpenSession
from agentops.sdk.decorators import apply_scope, scope_maker
from agentops.sdk.guard import attempt, guard
from agentops.sdk.span import ErrorInfo, Span
from agentops.semconv import HTTP, SpanKind, State

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from agentops.sdk.arguments import SpanOptions
    from agentops.sdk.session import Session

__all__ = ["track_endpoint"]

F = TypeVar("F", bound=Callable[..., Any])
_LIMIT_BODY: Final = 1024 * 1024
_SHOWN_HEADERS: Final = frozenset({"accept", "content-type", "content-length", "host", "user-agent", "x-request-id"})
"""Headers that are recorded. The others may hold credentials and cookies."""
_closing = guard("endpoint.close")


@overload
def track_endpoint(wrapped: F, /) -> F: ...
@overload
def track_endpoint(wrapped: None = None, /, **options: "Unpack[SpanOptions]") -> Callable[[F], F]: ...
def track_endpoint(wrapped: Any = None, /, **options: "Unpack[SpanOptions]") -> Any:
    """Record each request to a view as a session: its request as input, its response as output.

    Put it below the framework's own decorator (``@app.get("/")`` above ``@track_endpoint``). A response of 500 and
    above, or an exception, ends the session as ``error``.

    Args:
        wrapped: The view, where the decorator is used bare.
        options: As for ``session``: ``name`` (default: ``GET /path``, or the view's name where no request is seen),
            ``version``, ``tags``, ``cost`` (US dollars per request), ``spec``, ``capture_request``,
            ``capture_response``.

    Raises:
        ConfigurationError: An option is not one of these, or the tags are not text.
    """
    name = options.pop("name", None)
    scope = scope_maker(functools.partial(EndpointScope, is_named=name is not None), SpanKind.SESSION, options)
    return (lambda view: apply_scope(view, name, scope)) if wrapped is None else apply_scope(wrapped, name, scope)


class EndpointScope(CallScope):
    """Each call is a session that shows a request and its response."""

    def __init__(self, *, is_named: bool, **options: Any) -> None:
        super().__init__(**options)
        self.is_named = is_named

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
        """Start a session for the request."""
        with guard("endpoint.open"):
            runtime = process.runtime()
            if runtime.config.disabled:
                return None
            request = _find_request(args, kwargs)
            seen = {} if request is None else attempt(_describe_request, lambda _: {}, request)
            target = f"{seen.get('method', '')} {seen.get('path', '')}".strip()
            session: Session = runtime.start_session(self.name if self.is_named or not target else target, self.tags)
            self._prepare(session.root, *_without(request, args, kwargs))
            self._note_request(session.root, seen)
            opened = OpenEndpoint(session.root, captures_output=self.captures_output)
            opened.plain_status = seen.get("plain_status")
            return opened
        return None

    def _note_request(self, span: Span, seen: Mapping[str, Any]) -> None:
        span.set({HTTP.METHOD: seen.get("method"), HTTP.PATH: seen.get("path"), HTTP.ROUTE: seen.get("route")})
        if self.captures_input and seen:
            arguments = span.input if isinstance(span.input, dict) else {}
            shown = {key: seen[key] for key in ("query", "headers", "body") if seen.get(key)}
            if shown or arguments:
                span.set_input({**arguments, **shown})


class OpenEndpoint(OpenSession):
    """A request in progress."""

    __slots__ = ("plain_status",)
    plain_status: int | None
    """Status of a response that is no response object."""

    def finish(self, result: Any) -> None:
        """End the session with the response."""
        with _closing:
            status, body = attempt(_describe_response, lambda _: (None, None), result)
            status = status or self.plain_status
            self.span.set({HTTP.STATUS_CODE: status})
            if self.captures_output and body is not None:
                self.span.set_output(body)
            failed = status is not None and status >= 500
            error = ErrorInfo(f"HTTP {status}", f"The view answered {status}.") if failed else None
            self.span.session.end(State.SUCCESS, error=error)


def _find_request(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Return the request of a call: an argument of Starlette's or Django's shape, or Flask's current one."""
    for value in (*args, *kwargs.values()):
        if isinstance(getattr(value, "scope", None), Mapping) or hasattr(value, "META"):
            return value
    flask = sys.modules.get("flask")
    if flask is not None and attempt(flask.has_request_context, lambda _: False):
        return flask.request
    return None


def _without(request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Leave the request object out of the recorded arguments: it is described by itself."""
    if request is None:
        return args, kwargs
    return (
        tuple("<request>" if value is request else value for value in args),
        {name: value for name, value in kwargs.items() if value is not request},
    )


def _describe_request(request: Any) -> dict[str, Any]:
    """Return ``method, path, route, query, headers, body`` of a request, as far as they are there."""
    headers = {str(name).lower(): value for name, value in dict(request.headers).items()}
    scope = getattr(request, "scope", None)
    if isinstance(scope, Mapping) and "path" in scope:  # Starlette, FastAPI; Django's ASGI request has one too
        path, query = scope["path"], (scope.get("query_string") or b"").decode("latin-1")
        route, body = getattr(scope.get("route"), "path", None), None
    elif hasattr(request, "META"):
        path, query = request.path, request.META.get("QUERY_STRING", "")
        route, body = getattr(getattr(request, "resolver_match", None), "route", None), _django_body(request, headers)
    else:
        path, query = request.path, request.query_string.decode("latin-1")
        route, body = getattr(request.url_rule, "rule", None), _flask_body(request)
    is_flask = not hasattr(request, "META") and not isinstance(scope, Mapping)
    shown = {name: value for name, value in headers.items() if name in _SHOWN_HEADERS}
    return {
        "method": request.method, "path": path, "route": route, "query": query, "headers": shown, "body": body,
        "plain_status": 200 if is_flask else None,
    }  # fmt: skip


def _flask_body(request: Any) -> object:
    if (request.content_length or 0) > _LIMIT_BODY:
        return None
    return request.get_json(silent=True) if request.is_json else (request.form.to_dict() or None)


def _django_body(request: Any, headers: Mapping[str, str]) -> object:
    if int(headers.get("content-length") or 0) > _LIMIT_BODY:
        return None
    if "json" in headers.get("content-type", ""):
        return request.body.decode("utf-8", "replace")
    return request.POST.dict() or None


def _describe_response(result: Any) -> tuple[int | None, object]:
    """Return the status and the body of whatever a view returned."""
    if isinstance(result, tuple) and result:  # Flask: (body, status), (body, status, headers), (body, headers)
        status = next((int(item) for item in result[1:2] if isinstance(item, (int, str))), None)
        found, body = _describe_response(result[0])
        return status or found, body
    status = getattr(result, "status_code", None)
    if not isinstance(status, int):
        return None, result
    if getattr(result, "streaming", False) or hasattr(result, "body_iterator") or getattr(result, "is_streamed", False):
        return status, "<streamed>"
    raw = (
        result.get_data() if hasattr(result, "get_data") else getattr(result, "body", getattr(result, "content", None))
    )
    return status, raw or None
