"""Settings: where the data is, how it is doing, what was not understood, and which keys the query bar knows."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.caller import ReaderOf, Right, caller_of
from agentops_dashboard.pages.response import page
from agentops_dashboard.query import SESSION_FIELDS, SPAN_FIELDS
from agentops_dashboard.reader.health import read_health
from agentops_dashboard.store import Store

__all__ = ["add_routes"]


def add_routes(app: FastAPI, store: Store) -> None:
    """Add the page."""

    @app.get("/settings", include_in_schema=False)
    def settings(request: Request, reader: ReaderOf) -> Response:
        caller = caller_of(request)
        return page(
            request,
            "settings.html",
            section="settings",
            location=store.location if not caller.csrf or caller.may(Right.ADMIN) else "",
            health=read_health(reader, store),
            session_fields=SESSION_FIELDS,
            span_fields=SPAN_FIELDS,
        )
