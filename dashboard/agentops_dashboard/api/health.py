"""``/healthz``, and how the store is: size, backlog, what was refused or not understood."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from agentops.version import __version__
from agentops_dashboard.api.answers import json_response
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.reader.health import read_health
from agentops_dashboard.reader.projects import Readers
from agentops_dashboard.store import DEFAULT_PROJECT, Store

__all__ = ["add_health"]


def add_health(app: FastAPI, readers: Readers, store: Store) -> None:
    """Add the routes."""

    # Monitors and load balancers ask for the head alone.
    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", tags=["health"], summary="Is it up, and does the store answer")
    def healthz() -> Response:
        readers.of(DEFAULT_PROJECT).revision()
        return json_response({"status": "ok", "version": __version__})

    @app.get(
        "/api/v1/health",
        tags=["health"],
        summary="Size, backlog, what was refused or not understood, and how many alerts fire",
    )
    def health(request: Request, reader: ReaderOf) -> Response:
        firing: int = request.app.state.alerts.firing(reader.project)
        return json_response(read_health(reader, store) | {"alerts_firing": firing})
