"""The session list."""

import time
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.pages import session_list as shown
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.columns import COLUMNS, chosen_columns
from agentops_dashboard.pages.response import address_of, page
from agentops_dashboard.pages.time_range import RANGES, chosen_range
from agentops_dashboard.reader import Reader

__all__ = ["add_routes"]

_PAGE_SIZE = 50
_EXPORTS = (("json", "JSON"), ("csv", "CSV"))


def add_routes(app: FastAPI, reader: Reader) -> None:
    """Add the list and the pieces of it that its script asks for."""

    @app.get("/sessions", include_in_schema=False)
    def sessions(request: Request) -> Response:
        return _list(request, reader)

    @app.get("/sessions/rows", include_in_schema=False)
    def rows(request: Request) -> Response:
        address = address_of(request)
        values = _rows(reader, address)
        response = page(request, "sessions_rows.html", **values)
        if values["next_cursor"]:
            response.headers["X-Next-Rows"] = address.link("/sessions/rows", cursor=values["next_cursor"])
        response.headers["X-Total"] = str(values["total"])
        return response


def _rows(reader: Reader, address: Address) -> dict[str, Any]:
    time_range = chosen_range(address, time.time_ns())
    found = reader.sessions(
        address.get("q"),
        since_ns=time_range.since_ns,
        until_ns=time_range.until_ns,
        sort=shown.sort_of(address).text,
        cursor=address.get("cursor") or None,
        limit=_PAGE_SIZE,
    )
    return {
        "sessions": found["sessions"],
        "total": found["total"],
        "next_cursor": found["next_cursor"],
        "columns": chosen_columns(address.get("cols")),
        "most": shown.most(found["sessions"]),
        "session_link": lambda session_id: f"/sessions/{session_id}",
    }


def _list(request: Request, reader: Reader) -> Response:
    address = address_of(request)
    query = address.get("q")
    time_range = chosen_range(address, time.time_ns())
    sort = shown.sort_of(address)
    values = _rows(reader, address)
    return page(
        request,
        "sessions.html",
        section="sessions",
        query=query,
        problem=None,
        range=time_range.key,
        ranges=RANGES,
        custom_range=time_range.label,
        sort=sort,
        sort_link=lambda column: shown.sort_link(address, sort, column),
        chips=shown.chips(address, query),
        facets=shown.facet_panels(address, query, reader.facets(query)),
        histogram=None,
        all_columns=COLUMNS,
        exports=_EXPORTS,
        can_change=False,
        is_blank=values["total"] == 0 and not query and time_range.key == "all",
        quick_start=shown.QUICK_START,
        address=address,
        **values,
    )
