"""Reading sessions: lists, one session, its spans and tree, facets, the histogram."""

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import Response, StreamingResponse

from agentops_dashboard.api.answers import download, json_response, problem
from agentops_dashboard.api.parameters import Filter
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.derived import facts_of
from agentops_dashboard.query import SESSION_FIELDS, SPAN_FIELDS
from agentops_dashboard.reader.listing import SORT_KEYS
from agentops_dashboard.reader.outline import TreeView
from agentops_dashboard.transfer import session_lines

__all__ = ["add_sessions"]

Limit = Annotated[int, Query(ge=1, le=1000)]


def add_sessions(app: FastAPI) -> None:
    """Add the reading routes."""
    _add_lists(app)
    _add_details(app)
    _add_more(app)


def _add_lists(app: FastAPI) -> None:
    @app.get("/api/v1/sessions", tags=["sessions"], summary="List sessions")
    def sessions(
        reader: ReaderOf,
        which: Filter,
        sort: Annotated[str, Query(description=f"One of {', '.join(SORT_KEYS)}; - in front falls")] = "-start_time",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> Response:
        page = reader.sessions(
            which.query, since_ns=which.since_ns, until_ns=which.until_ns, sort=sort, cursor=cursor, limit=limit
        )
        return json_response(page)

    @app.get("/api/v1/facets", tags=["sessions"], summary="Values to filter by, with counts")
    def facets(reader: ReaderOf, which: Filter) -> Response:
        return json_response({"facets": reader.facets(which.query, since_ns=which.since_ns, until_ns=which.until_ns)})

    @app.get("/api/v1/histogram", tags=["sessions"], summary="Sessions over time by state")
    def histogram(reader: ReaderOf, which: Filter, buckets: Annotated[int, Query(ge=1, le=500)] = 60) -> Response:
        bars = reader.histogram(which.query, since_ns=which.since_ns, until_ns=which.until_ns, buckets=buckets)
        return json_response({"buckets": bars})

    @app.get("/api/v1/query/fields", tags=["sessions"], summary="Keys of the query language")
    def fields() -> Response:
        tables = {"session": SESSION_FIELDS, "span": SPAN_FIELDS}
        shown = {
            name: [
                {"name": f.name, "kind": f.kind, "help": f.help, "choices": f.choices, "aliases": f.aliases}
                for f in table
            ]
            for name, table in tables.items()
        }
        return json_response(shown)


def _add_details(app: FastAPI) -> None:
    @app.get("/api/v1/sessions/{session_id}", tags=["sessions"], summary="One session; `last` is the newest")
    def session(reader: ReaderOf, session_id: str) -> Response:
        found = reader.session(session_id)
        return json_response(found) if found else _missing("session", session_id)

    @app.get("/api/v1/sessions/{session_id}/spans", tags=["sessions"], summary="All spans of a session, in tree order")
    def spans(reader: ReaderOf, session_id: str, payload: bool = True) -> Response:
        found = reader.session(session_id)
        if found is None:
            return _missing("session", session_id)
        return json_response({"session": found, "spans": reader.spans(found["id"], with_payloads=payload)})

    @app.get("/api/v1/sessions/{session_id}/tree", tags=["sessions"], summary="A window of the tree's visible rows")
    def tree(
        reader: ReaderOf,
        session_id: str,
        *,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Limit = 100,
        collapsed: Annotated[str, Query(description="Span ids, with commas between")] = "",
        depth: Annotated[int | None, Query(ge=1, le=10_000)] = None,
        errors: bool = False,
        find: Annotated[str, Query(max_length=500)] = "",
    ) -> Response:
        found = reader.session(session_id)
        if found is None:
            return _missing("session", session_id)
        folded = frozenset(part for part in collapsed.split(",") if part)
        view = TreeView(collapsed=folded, depth=depth, errors_only=errors, find=find, hits_only=bool(find))
        return json_response(reader.rows(found["id"], view, offset=offset, limit=limit))


def _add_more(app: FastAPI) -> None:
    @app.get("/api/v1/sessions/{session_id}/facts", tags=["sessions"], summary="What follows from the session's tree")
    def facts(reader: ReaderOf, session_id: str) -> Response:
        found = reader.session(session_id)
        if found is None:
            return _missing("session", session_id)
        return json_response(facts_of(reader.outlines.of(found["id"])))

    @app.get("/api/v1/sessions/{session_id}/export", tags=["sessions"], summary="The session as OTLP/JSON lines")
    def export(reader: ReaderOf, session_id: str) -> Response:
        found = reader.session(session_id)
        if found is None:
            return _missing("session", session_id)
        lines = session_lines(reader, found)
        name = f"session-{found['id'][:64]}.jsonl"
        return StreamingResponse(lines, media_type="application/jsonl", headers=download(name))

    @app.get("/api/v1/sessions/{session_id}/logs", tags=["sessions"], summary="What the session's programs printed")
    def logs(reader: ReaderOf, session_id: str) -> Response:
        found = reader.session(session_id)
        return json_response({"logs": reader.logs(found["id"])}) if found else _missing("session", session_id)

    @app.get("/api/v1/spans/{span_id}", tags=["sessions"], summary="One span with all it carries")
    def span(reader: ReaderOf, span_id: str, session: str | None = None) -> Response:
        found = reader.span(span_id, session)
        return json_response(found) if found else _missing("span", span_id)


def _missing(what: str, identity: str) -> Response:
    return problem(404, f"There is no {what} {identity[:80]!r}.")
