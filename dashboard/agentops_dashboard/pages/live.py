"""Server-sent events: tell open pages that something was recorded, so that they ask for what is new."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse

from agentops_dashboard.pages.response import HEADERS
from agentops_dashboard.reader import Reader

__all__ = ["add_routes"]

_PAUSE_S: Final = 0.5
_KEEP_ALIVE_ROUNDS: Final = 30


def add_routes(app: FastAPI, reader: Reader) -> None:
    """Add the stream that pages listen to."""

    @app.get("/live", include_in_schema=False)
    async def live(request: Request, session: str = "") -> StreamingResponse:
        lines = _changes(request, reader, session)
        return StreamingResponse(lines, headers=HEADERS, media_type="text/event-stream")


async def _changes(request: Request, reader: Reader, session_id: str) -> AsyncIterator[str]:
    """One ``change`` event whenever the store (or one session of it) differs from before; a comment now and then."""
    seen = await asyncio.to_thread(reader.outlines.revision, session_id or None)
    yield "retry: 2000\n\n"
    rounds = 0
    while not await request.is_disconnected():
        await asyncio.sleep(_PAUSE_S)
        now = await asyncio.to_thread(reader.outlines.revision, session_id or None)
        rounds += 1
        if now != seen:
            seen = now
            yield "event: change\ndata: {}\n\n"
        elif rounds % _KEEP_ALIVE_ROUNDS == 0:
            yield ": still here\n\n"
