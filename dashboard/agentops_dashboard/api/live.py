"""``/api/v1/live``: what changes, as server-sent events."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import FastAPI, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.reader import Reader

__all__ = ["add_live"]

_POLL_S = 0.3
_QUIET_S = 15.0
_LONGEST_S = 60.0
"""A server with a login ends a stream after so long. The page connects again, and comes through the door again: who
signed out, or lost a role, hears nothing more."""


def add_live(app: FastAPI) -> None:
    """Add the route. Each event ``sessions`` carries ``{"revision", "sessions": [{"id", "state", …}]}``."""

    @app.get("/api/v1/live", tags=["live"], summary="Changed sessions, as server-sent events")
    async def live(
        request: Request,
        reader: ReaderOf,
        after: Annotated[
            int | None, Query(description="Revision to go on behind; now by default", ge=0, le=2**62)
        ] = None,
    ) -> Response:
        last = request.headers.get("last-event-id", "")
        start = int(last) if last.isascii() and last.isdigit() and len(last) < 20 and int(last) < 2**63 else after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(request, reader, start), media_type="text/event-stream", headers=headers)


async def _events(request: Request, reader: Reader, after: int | None) -> AsyncIterator[bytes]:
    revision = await run_in_threadpool(reader.revision) if after is None else after
    yield f"retry: 1000\nid: {revision}\nevent: hello\ndata: {{}}\n\n".encode()
    quiet_s, start = 0.0, time.monotonic()
    longest_s = _LONGEST_S if request.app.state.server is not None else math.inf
    stopping: asyncio.Event = request.app.state.stopping
    while time.monotonic() - start < longest_s and not stopping.is_set() and not await request.is_disconnected():
        changed = await run_in_threadpool(reader.changes, revision)
        if changed:
            revision = max(item["revision"] for item in changed)
            data = orjson.dumps({"revision": revision, "sessions": changed})
            yield b"id: %d\nevent: sessions\ndata: %s\n\n" % (revision, data)
            quiet_s = 0.0
        elif quiet_s >= _QUIET_S:
            yield b": still here\n\n"
            quiet_s = 0.0
        try:
            await asyncio.wait_for(stopping.wait(), _POLL_S)
        except asyncio.TimeoutError:
            quiet_s += _POLL_S
