"""Who may ask a dashboard without a login: this machine, and pages of the dashboard itself."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from agentops_dashboard.api.answers import problem
from agentops_dashboard.caller import LOCAL, admit

__all__ = ["LOOPBACK", "HostCheck", "name_of"]

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
"""Names of this machine."""


class HostCheck:
    """Refuses foreign ``Host`` names (DNS rebinding) and requests that other sites' pages send (``Origin``).

    Args:
        app: The application behind it.
        hosts: Names that may be asked for, beside those of this machine.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK | frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if name_of(host) not in self._hosts:
                answer = problem(421, f"This dashboard is for this machine only and does not answer to {host[:80]!r}.")
                await answer(scope, receive, send)
                return
            origin = headers.get("origin")
            is_reading = scope.get("method") in ("GET", "HEAD", "OPTIONS")
            if origin is not None and not is_reading and urlsplit(origin).netloc != host:
                await problem(403, "Pages of other sites may not change anything here.")(scope, receive, send)
                return
            admit(scope, LOCAL)
        await self._app(scope, receive, send)


def name_of(host: str) -> str:
    """The name of a ``Host`` header, without the port."""
    return host.rsplit(":", 1)[0].lower() if not host.endswith("]") and ":" in host else host.lower()
