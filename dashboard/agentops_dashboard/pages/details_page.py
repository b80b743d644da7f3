"""The details of one session: header, figures, tabs, and the panel of the selected span."""

import time
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from agentops.semconv import GenAI
from agentops_dashboard.api.answers import download
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.derived import where_it_ended
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.agents_view import agents_view
from agentops_dashboard.pages.content import as_text, instructions
from agentops_dashboard.pages.conversation import conversation
from agentops_dashboard.pages.logs_view import logs_view
from agentops_dashboard.pages.message_search import found_values
from agentops_dashboard.pages.response import HEADERS, address_of, page
from agentops_dashboard.pages.session_file import session_file
from agentops_dashboard.pages.session_head import header_values
from agentops_dashboard.pages.session_views import attributes_view, errors_view, raw_view
from agentops_dashboard.pages.span_detail import detail_values
from agentops_dashboard.pages.time_range import chosen_range
from agentops_dashboard.pages.tree_view import (
    head_values,
    kind_toggles,
    next_marked,
    reaching,
    row_values,
    short_name,
    view_of,
)
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.outline import Outline, Outlines

__all__ = ["add_routes"]

_VIEWS: Final = (
    ("messages", "Messages", "messages"),
    ("tree", "Tree", "tree"),
    ("timeline", "Timeline", "timeline"),
    ("agents", "Agents", "agent"),
    ("errors", "Errors", "error"),
    ("logs", "Logs", "log"),
    ("attributes", "Attributes", "attributes"),
    ("raw", "Raw", "raw"),
)
_ROW_TEMPLATES: Final = {"tree": "tree_rows.html", "timeline": "timeline_rows.html"}


def add_routes(app: FastAPI) -> None:
    """Add the details and the pieces of them that the script asks for."""

    @app.get("/sessions/{session_id}", include_in_schema=False)
    def details(request: Request, reader: ReaderOf, session_id: str) -> Response:
        session = reader.session(session_id)
        if session is None:
            return _missing(request, session_id)
        if session["id"] != session_id:
            return RedirectResponse(address_of(request).link(f"/sessions/{session['id']}"), 307)
        return _details(request, reader, session)

    @app.get("/sessions/{session_id}/peek", include_in_schema=False)
    def peek(request: Request, reader: ReaderOf, session_id: str) -> Response:
        session = reader.session(session_id)
        if session is None:
            return _missing(request, session_id)
        came_from = {
            name: value for name, value in request.query_params.items() if name in ("q", "range", "from", "to")
        }
        href = Address(f"/sessions/{session['id']}").link(list=urlencode(came_from) or None)
        return page(
            request, "peek.html", session=session, href=href, **errors_view(session, reader.outlines.of(session["id"]))
        )

    @app.get("/sessions/{session_id}/file", include_in_schema=False)
    def file(request: Request, reader: ReaderOf, session_id: str) -> Response:
        session = reader.session(session_id)
        if session is None:
            return _missing(request, session_id)
        headers = HEADERS | download(f"session-{session['id'][:64]}.html")
        text = session_file(reader, session).encode("utf-8", "replace")
        return Response(text, media_type="text/html; charset=utf-8", headers=headers)

    @app.get("/sessions/{session_id}/rows", include_in_schema=False)
    def rows(request: Request, reader: ReaderOf, session_id: str) -> Response:
        session = reader.session(session_id)
        return _rows(request, reader.outlines, session) if session else _missing(request, session_id)

    @app.get("/sessions/{session_id}/time-head", include_in_schema=False)
    def time_head(request: Request, reader: ReaderOf, session_id: str) -> Response:
        session = reader.session(session_id)
        if session is None:
            return _missing(request, session_id)
        return _time_head(request, session, reader.outlines.of(session_id))

    @app.get("/sessions/{session_id}/next", include_in_schema=False)
    def following(request: Request, reader: ReaderOf, session_id: str) -> dict[str, Any]:
        return next_marked(address_of(request), reader.outlines.of(session_id))

    _add_span_routes(app)


def _add_span_routes(app: FastAPI) -> None:
    @app.get("/sessions/{session_id}/spans/{span_id}", include_in_schema=False)
    def span(request: Request, reader: ReaderOf, session_id: str, span_id: str) -> Response:
        session = reader.session(session_id)
        found = reader.span(span_id, session_id) if session else None
        if session is None or found is None:
            return _missing(request, session_id)
        address = Address(f"/sessions/{session_id}", dict(request.query_params))
        outline = reader.outlines.of(session_id)
        values = detail_values(reader, address, session, outline, found, prices=request.app.state.store.prices)
        return page(request, "span_detail.html", **values)

    @app.get("/sessions/{session_id}/spans/{span_id}/{part}", include_in_schema=False)
    def content(request: Request, reader: ReaderOf, session_id: str, span_id: str, part: str) -> Response:
        found = reader.span(span_id, session_id)
        if found is None or part not in ("input", "output", "system"):
            return _missing(request, session_id)
        contents = {
            "input": found["input"],
            "output": found["output"],
            "system": instructions(found["attributes"].get(GenAI.SYSTEM_INSTRUCTIONS)),
        }
        return PlainTextResponse(as_text(contents[part]).encode("utf-8", "replace"), headers=HEADERS)


def _missing(request: Request, session_id: str) -> Response:
    return page(request, "missing.html", status=404, what=session_id)


def _rows(request: Request, outlines: Outlines, session: Session) -> Response:
    address = address_of(request)
    values = row_values(address, session, outlines.of(session["id"]))
    template = _ROW_TEMPLATES.get(address.get("view", "tree"), "tree_rows.html")
    response = page(request, template, **values)
    response.headers["X-Total"] = str(values["total_rows"])
    response.headers["X-Offset"] = str(values["offset"])
    return response


def _time_head(request: Request, session: Session, outline: Outline) -> Response:
    address = Address(f"/sessions/{session['id']}", {**request.query_params, "view": "timeline"})
    values = row_values(address, session, outline)
    values |= head_values(address, session, outline, values["scale"], may_wait=False)
    return page(request, "timeline_piece.html", **(values | {"address": address}))


def _details(request: Request, reader: Reader, session: Session) -> Response:
    address = address_of(request)
    view_key = address.get("view", "tree")
    if view_key not in {key for key, _, _ in _VIEWS}:
        view_key = "tree"
    outline = reader.outlines.of(session["id"])
    selected = address.get("span") or _first_interesting(session, outline)
    span = reader.span(selected, session["id"]) if selected else None
    if span is not None and not address.get("span"):
        address = Address(address.path, {**address.params, "span": span["id"]})
    address = reaching(address, outline)
    values = header_values(address, session, outline) | _neighbours(reader, address, session)
    values["nested"] = reader.children(session["id"])
    values |= detail_values(reader, address, session, outline, span, prices=request.app.state.store.prices)
    values |= _view(view_key, address, session, reader)
    return page(
        request,
        "session.html",
        section="sessions",
        view_key=view_key,
        views=_VIEWS,
        view_template=f"{'tree' if view_key in _ROW_TEMPLATES else view_key}.html",
        address=address,
        **values,
    )


def _view(view_key: str, address: Address, session: Session, reader: Reader) -> dict[str, Any]:
    outlines = reader.outlines
    outline = outlines.of(session["id"])
    if view_key in _ROW_TEMPLATES:
        values = row_values(address, session, outline)
        if view_key == "timeline":
            values |= head_values(address, session, outline, values["scale"], may_wait=True)
        return {
            **values,
            "toggles": kind_toggles(address, outline, view_of(address)),
            "row_template": _ROW_TEMPLATES[view_key],
            "has_detail": True,
        }
    found: dict[str, Any] = {"has_detail": False, "short_name": short_name}
    if view_key == "messages":
        values = found_values(address, reader, session, outline)
        return found | values | conversation(outlines, outline, values["offset"])
    if view_key == "agents":
        return found | agents_view(outline)
    if view_key == "errors":
        return found | errors_view(session, outline)
    if view_key == "logs":
        return found | logs_view(reader, session, outline, address.number("offset"))
    if view_key == "raw":
        return found | raw_view(outlines, session, outline)
    return found | attributes_view(session)


def _first_interesting(session: Session, outline: Outline) -> str:
    """Of a failed session the span that says why, of an abandoned one what it was at; else what has the answer."""
    place = where_it_ended(session["state"], outline)
    if place is not None:
        return str(outline.column("span_id")[place])
    first = outline.order[:2]
    chosen = next((row for row in first if row.preview), first[0] if first else None)
    return str(chosen.span_id) if chosen is not None else ""


def _neighbours(reader: Reader, address: Address, session: Session) -> dict[str, str | None]:
    """The sessions before and after this one in the list that it was opened from."""
    came_from = Address("/sessions", dict(parse_qsl(address.get("list"))))
    time_range = chosen_range(came_from, time.time_ns())
    query, start = came_from.get("q"), session["start_ns"]

    def link(found: list[Session]) -> str | None:
        return address.link(f"/sessions/{found[0]['id']}", span=None, offset=None, collapsed=None) if found else None

    try:
        older = reader.sessions(query, since_ns=time_range.since_ns, until_ns=start, limit=1)
        newer = reader.sessions(query, since_ns=start + 1, until_ns=time_range.until_ns, sort="start_time", limit=1)
    except ValueError:
        return {"list_link": "/sessions", "newer_link": None, "older_link": None}
    return {
        "list_link": came_from.link(),
        "newer_link": link(newer["sessions"]),
        "older_link": link(older["sessions"]),
    }
