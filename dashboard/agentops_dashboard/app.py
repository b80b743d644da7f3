"""The web application: HTTP API, ingest and pages over the store of a home directory."""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from agentops.version import __version__
from agentops_dashboard.alerts import Book, Destination, Watch, alerts_path
from agentops_dashboard.api.alerts import add_alerts
from agentops_dashboard.api.analytics import add_analytics
from agentops_dashboard.api.answers import problem
from agentops_dashboard.api.edits import add_edits
from agentops_dashboard.api.health import add_health
from agentops_dashboard.api.host_check import HostCheck
from agentops_dashboard.api.ingest import add_ingest
from agentops_dashboard.api.legacy import add_legacy
from agentops_dashboard.api.live import add_live
from agentops_dashboard.api.refusals import add_refusals, known_parameters_only
from agentops_dashboard.api.sessions import add_sessions
from agentops_dashboard.caller import Caller
from agentops_dashboard.ingest.receiver import Receiver
from agentops_dashboard.ingest.spool import SpoolImporter
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader.projects import Readers
from agentops_dashboard.store import DEFAULT_PROJECT, Store, open_store
from agentops_dashboard.store.database import UnwritableError
from agentops_dashboard.store.upkeep import Upkeep

if TYPE_CHECKING:
    from agentops_dashboard.door.settings import ServerSettings

__all__ = ["create_app"]

_log = logging.getLogger("agentops.dashboard")


def create_app(
    home: Path,
    *,
    store_url: str | None = None,
    with_importer: bool = True,
    with_pages: bool = True,
    server: "ServerSettings | None" = None,
    destinations: Sequence[Destination] = (),
) -> FastAPI:
    """Build the application over the store in a home directory.

    ``app.state`` has the projects' ``readers``, the ``store`` that writes, the ``home``, the ``alerts``, the event
    ``stopping``, and the ``url`` of the dashboard as far as it is known.

    Args:
        home: Holds the spool, and the store if none is named.
        store_url: A store elsewhere; by default what ``AGENTOPS_STORE`` says.
        with_importer: Also import this machine's spool in a background thread.
        with_pages: Also serve the pages, not the API alone.
        server: Ask for a login or an API key, and keep projects apart; without it, the dashboard is this machine's.
        destinations: Who is told of alerts.

    Raises:
        AgentOpsError: The store cannot be opened, or its URL cannot be understood.
    """
    store = open_store(home, store_url)
    readers = Readers(store.engine())
    book = Book(alerts_path(home))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.stopping = asyncio.Event()
        background = _workers(app, with_importer=with_importer)
        for worker in background:
            worker.start()
        yield
        app.state.stopping.set()
        for worker in background:
            worker.stop()
        readers.close()
        book.close()
        store.close()
        if app.state.accounts is not None:
            app.state.accounts.close()

    app = FastAPI(
        title="agentops",
        version=__version__,
        description="What agentops recorded on this machine.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        dependencies=[Depends(known_parameters_only)],
    )
    app.state.store, app.state.readers, app.state.home = store, readers, home
    app.state.alerts, app.state.destinations = book, destinations
    app.state.url = (server.public_url or "") if server is not None else ""
    app.add_middleware(GZipMiddleware, minimum_size=4096, compresslevel=1)
    receiver = Receiver(store)
    _add_door(app, server, receiver, with_pages=with_pages)
    _add_error_answers(app, store)
    add_refusals(app)
    add_health(app, readers, store)
    add_sessions(app)
    add_analytics(app)
    add_edits(app, store)
    add_alerts(app, book)
    add_live(app)
    add_ingest(app, receiver)
    add_legacy(app, store, receiver)
    if with_pages:
        # The pages are built on the reader and the API knows nothing of them.
        importlib.import_module("agentops_dashboard.pages").add_pages(app)
    return app


def _workers(app: FastAPI, *, with_importer: bool) -> "list[SpoolImporter | Upkeep | Watch]":
    """What goes on in the background while the application runs."""
    state = app.state
    watch = Watch(
        state.alerts,
        state.store,
        state.open_projects,
        destinations=state.destinations,
        base_url=lambda: str(state.url),
    )
    upkeep = Upkeep(state.store, state.projects, state.trim_record)
    return [upkeep, watch, *([SpoolImporter(state.store, state.home)] if with_importer else [])]


def _add_door(app: FastAPI, server: "ServerSettings | None", receiver: Receiver, *, with_pages: bool) -> None:
    """Put in front of all routes what says who asks: this machine alone, or whoever has a login or a key."""
    app.state.server, app.state.accounts = server, None
    app.state.note_change, app.state.projects = _keep_no_record, lambda: [DEFAULT_PROJECT]
    app.state.open_projects = app.state.projects
    app.state.trim_record = lambda _days: None
    if server is None:
        app.add_middleware(HostCheck)
        return
    # What this needs is an extra of its own.
    from agentops_dashboard.door.installation import install

    refuse = importlib.import_module("agentops_dashboard.pages.refusal").refuse if with_pages else None
    app.state.accounts = install(app, server, receiver, refuse)


def _keep_no_record(_caller: Caller, _action: str, _target: str) -> None:
    """This machine's own dashboard has one user, who knows what they did."""


def _add_error_answers(app: FastAPI, store: Store) -> None:
    async def store_down(_request: Request, error: Exception) -> Response:
        _log.error("agentops: %s does not answer: %s", store.location, error)
        # Where it is, is for whoever runs the server to know.
        name = store.location if app.state.accounts is None else "The store"
        return problem(503, f"{name} does not answer. Once it does, load this again.")

    for kind in store.errors:
        app.add_exception_handler(kind, store_down)

    @app.exception_handler(UnwritableError)
    async def unwritable(_request: Request, error: UnwritableError) -> Response:
        _log.error("agentops: %s", error)
        answer = problem(503, "The server's disk takes nothing now, so nothing was changed. Try again once it does.")
        answer.headers["Retry-After"] = "5"
        return answer

    @app.exception_handler(QueryError)
    async def bad_query(_request: Request, error: QueryError) -> Response:
        return problem(400, error.message, position=error.position, length=error.length, suggestion=error.suggestion)

    @app.exception_handler(RequestValidationError)
    async def bad_request(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first.get("loc", ())[1:])
        return problem(422, f"{where or 'The request'}: {first.get('msg', 'not valid')}.")
