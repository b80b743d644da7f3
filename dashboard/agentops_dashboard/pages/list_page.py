"""The session list."""

import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse

from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.pages import session_list as shown
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.columns import COLUMNS, chosen_columns
from agentops_dashboard.pages.completion import completions
from agentops_dashboard.pages.export import MOST_SESSIONS, csv_lines, json_text, sessions_of
from agentops_dashboard.pages.response import HEADERS, address_of, page
from agentops_dashboard.pages.time_range import RANGES, TimeRange, chosen_range
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader, Session, SessionPage

__all__ = ["add_routes"]

_PAGE_SIZE = 50
_BARS = 80
_EXPORTS = (("json", "JSON"), ("csv", "CSV"))


def add_routes(app: FastAPI) -> None:
    """Add the list and the pieces of it that its script asks for."""

    @app.get("/sessions", include_in_schema=False)
    def sessions(request: Request, reader: ReaderOf) -> Response:
        chosen = request.query_params.getlist("col")
        if chosen:
            address = address_of(request)
            return RedirectResponse(address.link(col=None, cols=",".join(chosen)), 303)
        return _list(request, reader)

    @app.get("/sessions/complete", include_in_schema=False)
    def complete(request: Request, reader: ReaderOf) -> list[dict[str, str]]:
        return _complete(request, reader)

    @app.get("/sessions/export", include_in_schema=False)
    def export(request: Request, reader: ReaderOf) -> Response:
        return _export(request, reader)

    @app.get("/sessions/rows", include_in_schema=False)
    def rows(request: Request, reader: ReaderOf) -> Response:
        address = address_of(request)
        try:
            values = _rows(reader, address)
        except QueryError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        response = page(request, "sessions_rows.html", **values)
        if values["next_cursor"]:
            response.headers["X-Next-Rows"] = address.link("/sessions/rows", cursor=values["next_cursor"])
        response.headers["X-Total"] = str(values["total"])
        return response


def _complete(request: Request, reader: Reader) -> list[dict[str, str]]:
    word = request.query_params.get("word", "")[:200]
    return completions(word, reader.facets() if ":" in word else [])


def _export(request: Request, reader: Reader) -> Response:
    address = address_of(request)
    kind = address.get("format", "json")
    if kind not in dict(_EXPORTS):
        return PlainTextResponse(f"There is no format {kind!r}; use json or csv.", 400, HEADERS)
    time_range = chosen_range(address, time.time_ns())
    bounds = {"since_ns": time_range.since_ns, "until_ns": time_range.until_ns}
    found: Iterator[Session] = sessions_of(reader, address.get("q"), bounds, shown.sort_of(address).text)
    if address.get("ids"):
        picked = [reader.session(session_id) for session_id in address.get("ids").split(",")[:MOST_SESSIONS]]
        found = iter([session for session in picked if session is not None])
    try:
        first = list(islice(found, 1))
    except QueryError as error:
        return PlainTextResponse(error.message, 400, HEADERS)
    lines = (csv_lines if kind == "csv" else json_text)(chain(first, found))
    disposition = {"Content-Disposition": f'attachment; filename="sessions.{kind}"'}
    media_type = "text/csv" if kind == "csv" else "application/json"
    return StreamingResponse(lines, headers=HEADERS | disposition, media_type=media_type)


def _rows(reader: Reader, address: Address) -> dict[str, Any]:
    """One page of rows.

    Raises:
        QueryError: The query cannot be understood.
    """
    time_range = chosen_range(address, time.time_ns())
    found = reader.sessions(
        address.get("q"),
        since_ns=time_range.since_ns,
        until_ns=time_range.until_ns,
        sort=shown.sort_of(address).text,
        cursor=address.get("cursor") or None,
        limit=_PAGE_SIZE,
    )
    return _row_values(address, found)


def _row_values(address: Address, found: SessionPage) -> dict[str, Any]:
    return {
        "sessions": found["sessions"],
        "total": found["total"],
        "next_cursor": found["next_cursor"],
        "columns": chosen_columns(address.get("cols")),
        "most": shown.most(found["sessions"]),
        "session_link": _session_link(address),
    }


def _session_link(address: Address) -> Callable[[str], str]:
    """The link to a session; it remembers the list's filter, for previous and next."""
    kept = {name: address.get(name) for name in ("q", "range", "from", "to") if address.get(name)}
    return lambda session_id: Address(f"/sessions/{session_id}").link(list=urlencode(kept) or None)


def _counts(reader: Reader, address: Address, time_range: TimeRange) -> dict[str, Any]:
    query, bounds = address.get("q"), {"since_ns": time_range.since_ns, "until_ns": time_range.until_ns}
    return {
        "facets": shown.facet_panels(address, query, reader.facets(query, **bounds)),
        "histogram": shown.histogram(reader.histogram(query, buckets=_BARS, **bounds)),
    }


def _list(request: Request, reader: Reader) -> Response:
    address = address_of(request)
    query = address.get("q")
    time_range = chosen_range(address, time.time_ns())
    problem = None
    revision = reader.revision()
    try:
        values = _rows(reader, address) | _counts(reader, address, time_range)
    except QueryError as error:
        problem = shown.problem_of(error, query)
        values = _row_values(address, {"sessions": [], "next_cursor": None, "total": 0})
        values |= {"facets": [], "histogram": None}
    return page(
        request,
        "sessions.html",
        status=400 if problem else 200,
        section="sessions",
        revision=revision,
        query=query,
        problem=problem,
        range=time_range.key,
        ranges=RANGES,
        custom_range=time_range.label,
        sort=shown.sort_of(address),
        sort_link=lambda column: shown.sort_link(address, shown.sort_of(address), column),
        chips=shown.chips(address, query),
        all_columns=COLUMNS,
        exports=_EXPORTS,
        can_change=True,
        is_blank=values["total"] == 0 and not query and time_range.key == "all",
        quick_start=shown.QUICK_START,
        address=address,
        **values,
    )
