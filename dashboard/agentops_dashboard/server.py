"""``agentops serve``: the application on this machine's loopback address, or, with a login, on any."""

import gc
import json
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from agentops.errors import AgentOpsError
from agentops_dashboard.app import create_app

if TYPE_CHECKING:
    from agentops_dashboard.alerts import Destination
    from agentops_dashboard.door.settings import ServerSettings

__all__ = ["DEFAULT_PORT", "LOOPBACK_HOST", "SERVE_FILE", "run", "served_at"]

DEFAULT_PORT = 8632
SERVE_FILE = "serve.json"
"""Tells programs on this machine where their sessions can be looked at: ``{"url", "pid"}``."""

_COLLECT_AFTER = 70_000
"""Objects made and not gone again. Python's default is 700."""

LOOPBACK_HOST = "127.0.0.1"


def run(
    home: Path,
    port: int,
    *,
    host: str = LOOPBACK_HOST,
    store_url: str | None = None,
    opens_browser: bool = False,
    page: str = "",
    settings: "ServerSettings | None" = None,
    proxies: Sequence[str] = (LOOPBACK_HOST,),
    log_format: str = "text",
    destinations: "Sequence[Destination]" = (),
) -> int:
    """Serve until interrupted.

    Args:
        home: Home directory with the store and the spool.
        port: 0 picks a free one.
        host: Address to listen on; another one than this machine's own only with a login.
        store_url: A store other than the one in the home directory.
        opens_browser: Also open the page in a browser.
        page: Path of the page that is announced; the first page by default.
        settings: Serve with a login.
        proxies: Addresses whose ``X-Forwarded-`` headers are believed.
        log_format: How a server with a login logs: ``text``, ``json`` or ``off``.
        destinations: Who is told of alerts.

    Raises:
        AgentOpsError: The port is in use, or may not be used; or nobody could sign in.
    """
    if settings is not None:
        _require_admin(home)
        _configure_logging(log_format)
    listener = _listen(home, host, port)
    name = f"[{host}]" if ":" in host else host
    url = (settings and settings.public_url) or f"http://{name}:{listener.getsockname()[1]}"
    app = create_app(home, store_url=store_url, server=settings, destinations=destinations)
    app.state.url = url
    config = uvicorn.Config(
        app,
        log_level="warning",
        # A server's log is one stream of one shape; the local dashboard leaves it to uvicorn.
        log_config=None if settings is not None else uvicorn.config.LOGGING_CONFIG,
        lifespan="on",
        timeout_graceful_shutdown=2,
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )
    server = _AnnouncedServer(config, home, url, page=page, opens_browser=opens_browser)
    _collect_seldom()
    server.run(sockets=[listener])
    return 0


def served_at(home: Path) -> str | None:
    """Return the address at which a home's dashboard is served right now; None if it is not."""
    running = _read_serve_file(home)
    if running is None:
        return None
    try:
        os.kill(int(str(running["pid"])), 0)
    except ProcessLookupError:
        return None
    except (OSError, ValueError):
        pass
    return str(running.get("url"))


def _collect_seldom() -> None:
    """Look for cyclic garbage a hundredth as often: a batch is thousands of objects that go by themselves.

    At Python's own pace, this search took a quarter of the time in which a batch was stored.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)


def _configure_logging(form: str) -> None:
    from agentops_dashboard.observe import configure_logging

    configure_logging(form)


def _require_admin(home: Path) -> None:
    from agentops_dashboard.accounts import Accounts, accounts_path

    accounts = Accounts(accounts_path(home))
    has_admin = accounts.users.has_admin()
    accounts.close()
    if not has_admin:
        raise AgentOpsError("nobody could sign in yet. Make the first user: agentops users create --admin NAME")


def _listen(home: Path, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, an answer on an open connection
    # waits 40 ms for the other side to acknowledge its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise AgentOpsError(_port_problem(home, host, port, error)) from error
    return listener


def _port_problem(home: Path, host: str, port: int, error: Exception) -> str:
    running = _read_serve_file(home)
    if running is not None and running.get("url") == f"http://{host}:{port}":
        return f"the dashboard is already served at {running['url']} (process {running['pid']}). Open it there."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if host != LOOPBACK_HOST and port:
        return f"{host} port {port} cannot be used ({reason}). Choose others with --host and --port."
    return f"port {port} cannot be used ({reason}). To take any free port, run: agentops serve --port 0"


def _read_serve_file(home: Path) -> dict[str, object] | None:
    try:
        content = json.loads((home / SERVE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "pid" in content else None


class _AnnouncedServer(uvicorn.Server):
    """Says where it is once it listens, in the terminal and in the home directory, and takes that back at the end."""

    def __init__(self, config: uvicorn.Config, home: Path, url: str, *, page: str, opens_browser: bool) -> None:
        super().__init__(config)
        self._file = home / SERVE_FILE
        self._url = url
        self._page = url + page
        self._opens_browser = opens_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.should_exit:
            return
        self._file.write_text(json.dumps({"url": self._url, "pid": os.getpid()}), "utf-8")
        sys.stdout.write(f"Dashboard: {self._page}  (Ctrl-C stops it)\n")
        sys.stdout.flush()
        if self._opens_browser:
            threading.Thread(target=webbrowser.open, args=(self._page,), daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take the announcement back, then stop."""
        running = _read_serve_file(self._file.parent)
        if running is not None and running.get("pid") == os.getpid():
            self._file.unlink(missing_ok=True)
        await super().shutdown(sockets)
