"""Changing what is stored: a session's tags, and deleting sessions."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, FastAPI
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard.api.answers import json_response, problem
from agentops_dashboard.caller import ReaderOf, note_change
from agentops_dashboard.store import Store
from agentops_dashboard.store.store import ANNOTATIONS

__all__ = ["add_edits"]

_MOST_AT_ONCE = 1000
_ENTRY_LIMIT = 400
"""Characters of ids in one entry of the record."""

# A bound on each is also what makes half a surrogate pair be refused, which no store can keep.
Text = Annotated[str, Field(max_length=10_000)]
Ids = Annotated[list[Text], Body(embed=True, max_length=_MOST_AT_ONCE)]
Value = Annotated[str | None, Body(embed=True, max_length=10_000)]
SpanId = Annotated[str, Body(embed=True, max_length=64, description="Empty: said of the session itself")]
Tags = Annotated[list[Text], Body(embed=True, max_length=100)]
SomeTags = Annotated[Sequence[Text], Body(embed=True, max_length=100)]


def add_edits(app: FastAPI, store: Store) -> None:
    """Add the changing routes."""
    _add_tags(app, store)

    @app.put(
        "/api/v1/sessions/{session_id}/annotations/{name}",
        tags=["edits"],
        summary="Bookmark, score (up, down) or note a session or span; null takes it back",
    )
    def say(  # noqa: PLR0917 - FastAPI passes them by name
        request: Request, reader: ReaderOf, session_id: str, name: str, value: Value = None, span_id: SpanId = ""
    ) -> Response:
        found = reader.session(session_id)
        if found is None:
            return problem(404, f"There is no session {session_id[:80]!r}.")
        if name not in ANNOTATIONS:
            return problem(404, f"There is no annotation {name[:80]!r}; there are {', '.join(ANNOTATIONS)}.")
        if name == "score" and value not in ("up", "down", None):
            return problem(422, f"A score is up, down or null, not {value[:80]!r}.")
        said = value.strip() or None if value else None
        store.annotate(reader.project, found["id"], span_id=span_id, name=name, value=said)
        note_change(request, f"session.{name}", found["id"])
        return json_response(reader.session(found["id"]))

    @app.delete("/api/v1/sessions/{session_id}", tags=["edits"], summary="Delete a session for good")
    def delete(request: Request, reader: ReaderOf, session_id: str) -> Response:
        deleted = _delete(request, reader.project, [session_id])
        if not deleted:
            return problem(404, f"There is no session {session_id[:80]!r}.")
        return json_response({"deleted": deleted})

    @app.post("/api/v1/sessions/delete", tags=["edits"], summary="Delete several sessions for good")
    def delete_many(request: Request, reader: ReaderOf, ids: Ids) -> Response:
        return json_response({"deleted": _delete(request, reader.project, ids)})

    def _delete(request: Request, project: str, ids: list[str]) -> int:
        deleted = store.delete_sessions(project, ids)
        _note_all(request, "session.deleted", deleted)
        return len(deleted)


def _add_tags(app: FastAPI, store: Store) -> None:
    @app.put("/api/v1/sessions/{session_id}/tags", tags=["edits"], summary="Set a session's tags")
    def tags(request: Request, reader: ReaderOf, session_id: str, tags: Tags) -> Response:
        found = reader.session(session_id)
        if found is None:
            return problem(404, f"There is no session {session_id[:80]!r}.")
        store.set_tags(reader.project, found["id"], list(_clean(tags)))
        note_change(request, "session.tags", found["id"])
        return json_response(reader.session(found["id"]))

    @app.post("/api/v1/sessions/tags", tags=["edits"], summary="Add tags to several sessions, and take tags off")
    def tag_many(request: Request, reader: ReaderOf, ids: Ids, add: SomeTags = (), remove: SomeTags = ()) -> Response:
        added, changed = _clean(add), []
        for session_id in ids:
            found = reader.session(session_id)
            tags = (
                [] if found is None else [tag for tag in {**dict.fromkeys(found["tags"]), **added} if tag not in remove]
            )
            if found is not None and set(tags) != set(found["tags"]):
                store.set_tags(reader.project, found["id"], tags)
                changed.append(found["id"])
        _note_all(request, "session.tags", changed)
        return json_response({"changed": len(changed)})


def _note_all(request: Request, action: str, ids: Sequence[str]) -> None:
    """Put each of these sessions on the record: in as many entries as it takes, since an entry's text is cut."""
    entry: list[str] = []
    for session_id in ids:
        if entry and len(" ".join([*entry, session_id])) > _ENTRY_LIMIT:
            note_change(request, action, f"{len(entry)}: {' '.join(entry)}")
            entry = []
        entry.append(session_id)
    if entry:
        note_change(request, action, f"{len(entry)}: {' '.join(entry)}")


def _clean(tags: Sequence[str]) -> dict[str, None]:
    """Tags as they are stored, each once and in their order."""
    return dict.fromkeys(tag.strip()[:200] for tag in tags if tag.strip())
