"""Around everything: gives each request an id, times it, counts it and logs it.

A line has the route's template and not the path, and no query: what people look for and what their sessions are called
does not belong into a log. Of a key it has the beginning.
"""

import logging
import re
import time
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agentops_dashboard.observe.log import REQUESTS
from agentops_dashboard.observe.metrics import Metrics

if TYPE_CHECKING:
    from agentops_dashboard.caller import Caller

__all__ = ["Requests"]

_log = logging.getLogger(REQUESTS)
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STREAM: Final = "/api/v1/live"
"""Stays open as long as a page does: no latency."""


class Requests:
    """Watches the requests of an application.

    Args:
        app: The application behind it.
        metrics: What counts them.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, status, sent, start = _request_id(scope), 500, 0, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - start
            route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "(other)"
            if route != _STREAM:
                self._metrics.note_request(method, route, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                _write(scope, {"id": request_id, "method": method, "route": route, "status": status,
                               "ms": round(seconds * 1000, 1), "bytes": sent})  # fmt: skip


def _request_id(scope: Scope) -> str:
    """The id that a proxy gave, if it can stand in a log; else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid4().hex


def _route(scope: Scope) -> str:
    """The template that a request was routed by; none for what was answered before that."""
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return "/static" if scope["path"].startswith("/static/") else "(none)"


def _write(scope: Scope, fields: dict[str, Any]) -> None:
    caller: Caller | None = scope.get("state", {}).get("caller")
    client = scope.get("client")
    who = {
        "project": caller.project if caller else None,
        "by": caller.name if caller else None,
        "address": client[0] if client else None,
    }
    text = "%(status)s %(method)s %(route)s %(ms)s ms %(project)s %(by)s %(address)s %(id)s"
    _log.info(text, {name: "-" if value is None else value for name, value in (fields | who).items()},
              extra={"fields": fields | who})  # fmt: skip
