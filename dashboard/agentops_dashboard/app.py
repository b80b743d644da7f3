"""The web application: HTTP API, ingest, and the pages when they are installed."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.ingest.spool import PROJECT, SpoolImporter
from agentops_dashboard.reader import Reader, open_engine
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import SQLiteStore, store_path

__all__ = ["create_app"]


def create_app(home: Path, *, with_importer: bool = True, with_pages: bool = True) -> FastAPI:
    """Build the application over the store in a home directory.

    ``app.state.reader`` is the Reader, ``app.state.store`` the writer.

    Args:
        home: Holds the store file and the spool.
        with_importer: Also import this machine's spool in a background thread.
        with_pages: Also serve the pages, not the API alone.
    """
    store = SQLiteStore(store_path(home))
    importer = SpoolImporter(store, home)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if with_importer:
            importer.start()
        yield
        if with_importer:
            importer.stop()
        store.close()

    app = FastAPI(
        title="agentops", lifespan=lifespan, docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.state.store = store
    app.state.reader = Reader(open_engine(str(store.path)))
    _add_api(app)
    _add_ingest(app)
    if with_pages:
        importlib.import_module("agentops_dashboard.pages").add_pages(app)
    return app


def _add_api(app: FastAPI) -> None:
    reader: Reader = app.state.reader

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/sessions")
    def sessions(q: str = "", cursor: str | None = None, limit: int = 50) -> Any:
        return reader.sessions(q, cursor=cursor, limit=limit)

    @app.get("/api/v1/sessions/{session_id}")
    def session(session_id: str) -> Any:
        found = reader.session(session_id)
        if found is None:
            raise HTTPException(404, f"There is no session {session_id!r}.")
        return found

    @app.get("/api/v1/sessions/{session_id}/spans")
    def spans(session_id: str) -> Any:
        return {"spans": reader.spans(session_id)}

    @app.get("/api/v1/spans/{span_id}")
    def span(span_id: str) -> Any:
        found = reader.span(span_id)
        if found is None:
            raise HTTPException(404, f"There is no span {span_id!r}.")
        return found


def _add_ingest(app: FastAPI) -> None:
    store: SQLiteStore = app.state.store

    @app.post("/v1/traces")
    async def traces(request: Request) -> Response:
        body = await request.body()
        batch = decode(body)
        await run_in_threadpool(store.add, PROJECT, [understand(raw) for raw in batch.spans], batch.ledgers)
        return Response(b"{}", media_type="application/json")
