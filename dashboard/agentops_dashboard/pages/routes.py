"""Puts the pages into the application, one module per view."""

from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from agentops_dashboard import format as write
from agentops_dashboard.pages import (
    alerts_page,
    analytics_page,
    compare_page,
    details_page,
    kinds,
    list_page,
    settings_page,
)
from agentops_dashboard.pages.environment import STATIC_DIRECTORY
from agentops_dashboard.pages.response import PageFiles, page

__all__ = ["add_pages"]


def add_pages(app: FastAPI) -> None:
    """Add all pages and static files; each reads what its caller may see."""
    app.mount("/static", PageFiles(directory=STATIC_DIRECTORY), name="static")
    app.add_api_route("/", _home, include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    app.add_api_route("/design", _design, include_in_schema=False)
    list_page.add_routes(app)
    details_page.add_routes(app)
    compare_page.add_routes(app)
    analytics_page.add_routes(app)
    alerts_page.add_routes(app, app.state.alerts, app.state.destinations)
    settings_page.add_routes(app, app.state.store)
    _add_nowhere(app)
    if app.state.accounts is not None:
        from agentops_dashboard.pages import access_page, login_page

        login_page.add_routes(app, app.state.accounts)
        access_page.add_routes(app, app.state.accounts)


def _add_nowhere(app: FastAPI) -> None:
    """Answer a browser that asks for a page that there is not with a page, and programs as without pages."""
    answer: Any = app.exception_handlers[HTTPException]

    @app.exception_handler(HTTPException)
    async def nowhere(request: Request, error: HTTPException) -> Response:
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if is_page and error.status_code == HTTPStatus.NOT_FOUND and not request.url.path.startswith("/api/"):
            why = "" if error.detail == HTTPStatus.NOT_FOUND.phrase else error.detail
            return page(request, "nowhere.html", status=error.status_code, what=request.url.path, why=why)
        response: Response = await answer(request, error)
        return response


def _home(request: Request) -> Response:
    """The list, as the view that this browser opens with."""
    search = unquote(request.cookies.get("home", ""))
    return RedirectResponse("/sessions" + (search if search.startswith("?") else ""))


def _icon() -> Response:
    return FileResponse(STATIC_DIRECTORY / "mark.svg", media_type="image/svg+xml")


def _design(request: Request) -> Response:
    numbers = [
        ("0.42 ms", write.duration(0.42)),
        ("1234 ms", write.duration(1234)),
        ("252 s", write.duration(252_000)),
        ("7,384 s", write.duration(7_384_000)),
        ("12,412 tokens", write.count(12_412)),
        ("$0.01234", write.money(0.01234)),
        ("$1234.5", write.money(1234.5)),
        ("unknown", write.money(None)),
        ("0.9996 of all", write.percent(0.9996)),
        ("2,202,009 bytes", write.byte_size(2_202_009)),
    ]
    return page(
        request, "design.html", kinds=kinds.KINDS, states=kinds.STATES, statuses=kinds.STATUSES, numbers=numbers
    )
