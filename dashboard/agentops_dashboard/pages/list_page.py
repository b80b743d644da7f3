"""The session list."""

import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse

from agentops.errors import AgentOpsError
from agentops_dashboard.api.answers import download
from agentops_dashboard.caller import ReaderOf, Right, caller_of
from agentops_dashboard.derived.model_calls import call_times, models_of, with_calls
from agentops_dashboard.pages import session_list as shown
from agentops_dashboard.pages.activity import Strip, strip_of
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.columns import COLUMNS, chosen_columns, columns_text, with_chosen
from agentops_dashboard.pages.completion import completions
from agentops_dashboard.pages.export import (
    csv_lines,
    example_lines,
    json_text,
    otlp_lines,
)  # fmt: skip
from agentops_dashboard.pages.query_edit import asks_for_all, has_logic, is_about, without_key
from agentops_dashboard.pages.response import HEADERS, address_of, page, zone_of
from agentops_dashboard.pages.session_figures import TIMES, figures, model_cells
from agentops_dashboard.pages.time_range import RANGES, TimeRange, chosen_range
from agentops_dashboard.pages.zone import Zone
from agentops_dashboard.parquet import INSTALL, has_parquet, parquet_parts
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Facet, Reader, Session, SessionPage
from agentops_dashboard.reader.grid import around
from agentops_dashboard.transfer import sessions_of

__all__ = ["add_routes", "facets_of"]

_PAGE_SIZE = 50
_BARS = 80
_MOST_PICKED = 10_000
_LINES = "application/jsonl"
_EXPORTS = {
    "json": ("JSON", "sessions.json", "application/json"),
    "csv": ("CSV", "sessions.csv", "text/csv"),
    "parquet": ("Parquet", "sessions.parquet", "application/vnd.apache.parquet"),
    "otlp": ("OTLP/JSON lines", "sessions.jsonl", _LINES),
    "examples": ("Examples, JSON lines", "examples.jsonl", _LINES),
}
"""Label, name of the file and media type of each format."""
_REMEMBERED = ("cols", "density")


def add_routes(app: FastAPI) -> None:
    """Add the list and the pieces of it that its script asks for."""

    @app.get("/sessions", include_in_schema=False)
    def sessions(request: Request, reader: ReaderOf) -> Response:
        chosen = request.query_params.getlist("col")
        address = _address(request)
        if chosen:
            return RedirectResponse(address.link(col=None, cols=with_chosen(address.get("cols"), chosen)), 303)
        link = shown.bounded(address)
        return RedirectResponse(link, 303) if link else _list(request, reader, address)

    @app.get("/sessions/complete", include_in_schema=False)
    def complete(request: Request, reader: ReaderOf) -> list[dict[str, str]]:
        return _complete(request, reader)

    @app.get("/sessions/export", include_in_schema=False)
    def export(request: Request, reader: ReaderOf) -> Response:
        return _export(request, reader)

    @app.get("/sessions/rows", include_in_schema=False)
    def rows(request: Request, reader: ReaderOf) -> Response:
        address = _address(request)
        try:
            values = _rows(reader, address)
        except QueryError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        response = page(request, "sessions_rows.html", **values)
        if values["next_cursor"]:
            response.headers["X-Next-Rows"] = address.link("/sessions/rows", cursor=values["next_cursor"])
        response.headers["X-Total"] = str(values["total"])
        return response


def _address(request: Request) -> Address:
    """The address, with the columns and the density that this browser last chose where it names none."""
    kept = {name: request.cookies.get(name, "").replace(".", ",") for name in _REMEMBERED}
    address = address_of(request)
    return Address(address.path, {name: value for name, value in kept.items() if value} | dict(address.params))


def _complete(request: Request, reader: Reader) -> list[dict[str, str]]:
    word = request.query_params.get("word", "")[:200]
    return completions(word, reader.facets() if ":" in word else [])


def _export(request: Request, reader: Reader) -> Response:
    address = address_of(request)
    kind = address.get("format", "json")
    if kind not in _EXPORTS:
        return PlainTextResponse(f"There is no format {kind[:40]!r}; use {', '.join(_EXPORTS)}.", 400, HEADERS)
    time_range = chosen_range(address, time.time_ns())
    bounds = {"since_ns": time_range.since_ns, "until_ns": time_range.until_ns}
    found: Iterator[Session] = sessions_of(reader, address.get("q"), sort=shown.sort_of(address).text, **bounds)
    if address.get("ids"):
        picked = [reader.session(session_id) for session_id in address.get("ids").split(",")[:_MOST_PICKED]]
        found = iter([session for session in picked if session is not None])
    try:
        first = list(islice(found, 1))
    except QueryError as error:
        return PlainTextResponse(error.message, 400, HEADERS)
    _, file_name, media_type = _EXPORTS[kind]
    try:
        written = _written(reader, kind, chain(first, found))
    except AgentOpsError as error:
        return PlainTextResponse(str(error), 501, HEADERS)
    return StreamingResponse(written, headers=HEADERS | download(file_name), media_type=media_type)


def _written(reader: Reader, kind: str, sessions: Iterable[Session]) -> Iterator[str] | Iterator[bytes]:
    if kind == "otlp":
        return otlp_lines(reader, sessions)
    if kind == "examples":
        return example_lines(reader, sessions)
    rows = with_calls(reader, sessions)
    if kind == "parquet":
        return parquet_parts(rows)
    return csv_lines(rows) if kind == "csv" else json_text(rows)


def _missing(kind: str) -> str:
    """The command that brings what a format needs; empty if it is there."""
    return INSTALL if kind == "parquet" and not has_parquet() else ""


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
    return _row_values(reader, address, found)


def _row_values(reader: Reader, address: Address, found: SessionPage) -> dict[str, Any]:
    columns = chosen_columns(address.get("cols"))
    column_keys = {column.key for column in columns}
    sessions = found["sessions"]
    return {
        "sessions": sessions,
        "figures": figures(sessions, column_keys, call_times(reader, sessions) if column_keys & TIMES else None),
        "models": model_cells(models_of(reader, sessions)) if "models" in column_keys else {},
        "strips": _strips(reader, sessions) if "activity" in column_keys else {},
        "total": found["total"],
        "next_cursor": found["next_cursor"],
        "columns": columns,
        "column_keys": column_keys,
        "kept_filter": _kept_filter(address),
    }


def _strips(reader: Reader, sessions: list[Session]) -> dict[str, Strip]:
    return {session_id: strip_of(activity) for session_id, activity in reader.activities(sessions).items()}


def _kept_filter(address: Address) -> str:
    """What a link to a session ends with: it remembers the list's filter, for previous and next."""
    kept = {name: address.get(name) for name in ("q", "range", "from", "to") if address.get(name)}
    return Address("").link(list=urlencode(kept) or None)


def facets_of(reader: Reader, query: str, bounds: dict[str, Any]) -> list[Facet]:
    """The facets; one that is filtered by shows what else it could be, so counts leave its own filter out.

    Not where a session must have all values that are chosen: there a count says who has one more.
    """
    found = reader.facets(query, **bounds)
    if has_logic(query):
        return found
    return [
        reader.facets(without_key(query, facet["key"]), only=facet["key"], **bounds)[0]
        if is_about(query, facet["key"]) and not asks_for_all(query, facet["key"])
        else facet
        for facet in found
    ]


def _counts(reader: Reader, address: Address, time_range: TimeRange, zone: Zone) -> dict[str, Any]:
    query, bounds = address.get("q"), {"since_ns": time_range.since_ns, "until_ns": time_range.until_ns}
    # An hour's last bar is now, also where nothing has started for half of it.
    ends = {"until_ns": around(0, time.time_ns())[1]} if time_range.is_until_now else {}
    return {
        "facets": shown.facet_panels(address, query, facets_of(reader, query, bounds)),
        "histogram": shown.histogram(reader.histogram(query, buckets=_BARS, **bounds | ends), zone),
    }


def _list(request: Request, reader: Reader, address: Address) -> Response:
    query = address.get("q")
    time_range = chosen_range(address, time.time_ns())
    problem = None
    revision = reader.revision()
    try:
        values = _rows(reader, address) | _counts(reader, address, time_range, zone_of(request))
    except QueryError as error:
        problem = shown.problem_of(error, query)
        values = _row_values(reader, address, {"sessions": [], "next_cursor": None, "total": 0})
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
        custom_range=time_range.label(zone_of(request)),
        limits=shown.ranges(query),
        switches=shown.switches(address, query),
        sort=shown.sort_of(address),
        sort_link=lambda column: shown.sort_link(address, shown.sort_of(address), column),
        chips=shown.chips(address, query),
        all_columns=[*values["columns"], *(c for c in COLUMNS if c.key not in values["column_keys"])],
        columns_text=columns_text(values["columns"]),
        is_compact=address.get("density") == "compact",
        exports=[(kind, label, _missing(kind)) for kind, (label, _, _) in _EXPORTS.items()],
        can_change=caller_of(request).may(Right.EDIT),
        is_blank=values["total"] == 0 and not query and time_range.key == "all",
        quick_start=shown.QUICK_START,
        address=address,
        **values,
    )
