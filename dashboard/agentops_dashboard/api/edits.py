"""Changing what is stored: a session's tags, and deleting sessions."""

from typing import Annotated

from fastapi import Body, FastAPI
from starlette.responses import Response

from agentops_dashboard.api.answers import json_response, problem
from agentops_dashboard.reader import Reader
from agentops_dashboard.store import SQLiteStore
from agentops_dashboard.store.edits import delete_sessions, set_tags

__all__ = ["add_edits"]

_MOST_AT_ONCE = 1000
Ids = Annotated[list[str], Body(embed=True, max_length=_MOST_AT_ONCE)]
Tags = Annotated[list[str], Body(embed=True, max_length=100)]


def add_edits(app: FastAPI, reader: Reader, store: SQLiteStore) -> None:
    """Add the changing routes."""

    @app.put("/api/v1/sessions/{session_id}/tags", tags=["edits"], summary="Set a session's tags")
    def tags(session_id: str, tags: Tags) -> Response:
        found = reader.session(session_id)
        if found is None:
            return problem(404, f"There is no session {session_id[:80]!r}.")
        set_tags(store, "default", found["id"], [tag.strip()[:200] for tag in tags if tag.strip()])
        return json_response(reader.session(found["id"]))

    @app.delete("/api/v1/sessions/{session_id}", tags=["edits"], summary="Delete a session for good")
    def delete(session_id: str) -> Response:
        deleted = delete_sessions(store, "default", [session_id])
        return (
            json_response({"deleted": deleted})
            if deleted
            else problem(404, f"There is no session {session_id[:80]!r}.")
        )

    @app.post("/api/v1/sessions/delete", tags=["edits"], summary="Delete several sessions for good")
    def delete_many(ids: Ids) -> Response:
        return json_response({"deleted": delete_sessions(store, "default", ids)})
