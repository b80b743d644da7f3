"""Who asks: which project they see, what they may do there, and the reader that sees that project alone."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request
from starlette.types import Scope

from agentops_dashboard.reader import Reader
from agentops_dashboard.store import DEFAULT_PROJECT

__all__ = ["LOCAL", "Caller", "ReaderOf", "Right", "admit", "caller_of", "note_change", "reader_of"]


class Right:
    """What a caller may do in a project; the last three are about the server. ``LOGIN``: a person, not a key."""

    READ: Final = "read"
    EDIT: Final = "edit"
    INGEST: Final = "ingest"
    METRICS: Final = "metrics"
    ADMIN: Final = "admin"
    LOGIN: Final = "login"


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who made a request.

    Attributes:
        project: What they see.
        rights: What they may do there.
        name: A user's name, or the beginning of a key.
        address: Where the request came from.
        csrf: What a browser's forms and scripts have to send along; empty without a login.
        projects: Ids and names of what may be switched to.
        is_archived: Whether the project takes nothing more.
    """

    project: str
    rights: frozenset[str]
    name: str = ""
    address: str = ""
    csrf: str = ""
    projects: tuple[tuple[str, str], ...] = ()
    is_archived: bool = False

    def may(self, right: str) -> bool:
        """Whether the caller has a right."""
        return right in self.rights


LOCAL: Final = Caller(DEFAULT_PROJECT, frozenset({Right.READ, Right.EDIT, Right.INGEST}), "this machine")
"""Whoever may reach a dashboard without a login: the person at this machine."""


def admit(scope: Scope, caller: Caller) -> None:
    """Say who makes a request, before it reaches any route."""
    scope.setdefault("state", {})["caller"] = caller


def caller_of(request: Request) -> Caller:
    """Who makes this request. Fails when nobody has been admitted, so a route behind no door answers nothing."""
    caller: Caller = request.state.caller
    return caller


def note_change(request: Request, action: str, target: str) -> None:
    """Put what a caller changed on the record, where one is kept."""
    request.app.state.note_change(caller_of(request), action, target)


def reader_of(request: Request) -> Reader:
    """The reader of the caller's project."""
    reader: Reader = request.app.state.readers.of(caller_of(request).project)
    return reader


async def _reader_of(request: Request) -> Reader:
    # A dependency that is no coroutine would cost a hop to a thread.
    return reader_of(request)


ReaderOf = Annotated[Reader, Depends(_reader_of)]
"""A route's parameter of this type is the reader of the caller's project."""
