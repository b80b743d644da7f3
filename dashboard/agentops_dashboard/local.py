"""This machine's own store, brought up to date with its spool before it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentops.errors import AgentOpsError
from agentops_dashboard.ingest.spool import SpoolImporter
from agentops_dashboard.reader import Reader
from agentops_dashboard.store import DEFAULT_PROJECT, Store, home_directory, open_store

__all__ = ["LocalStore", "find_session_id", "open_local"]


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A store and its reader."""

    home: Path
    store: Store
    reader: Reader


@contextmanager
def open_local(
    home: Path | None = None, store_url: str | None = None, project: str = DEFAULT_PROJECT
) -> Iterator[LocalStore]:
    """Open a store with all that was recorded so far on this machine.

    Args:
        home: Holds the spool, and the store if none is named; ``AGENTOPS_HOME`` by default.
        store_url: A store elsewhere; by default what ``AGENTOPS_STORE`` says.
        project: Whose sessions are read.

    Raises:
        AgentOpsError: The store cannot be opened, or its URL cannot be understood; or there is no such project.
    """
    home = home_directory() if home is None else home
    store = open_store(home, store_url)
    try:
        SpoolImporter(store, home).import_once()
        reader = Reader(store.engine(), project)
        try:
            _require_project(home, reader)
            yield LocalStore(home, store, reader)
        finally:
            reader.close()
    finally:
        store.close()


def _require_project(home: Path, reader: Reader) -> None:
    """Refuse a mistyped project, which would look empty, or take an import in that no page ever shows."""
    if reader.project == DEFAULT_PROJECT or reader.revision():
        return
    try:
        from agentops_dashboard.accounts import Accounts, accounts_path
    except ModuleNotFoundError:
        # Without the server's packages there are no projects to compare with.
        return
    path = accounts_path(home)
    if not path.exists():
        return
    accounts = Accounts(path)
    known = [project.id for project in accounts.projects.all()]
    accounts.close()
    if reader.project not in known:
        raise AgentOpsError(
            f"there is no project {reader.project!r}; there are {', '.join(known)}. To make one, run: "
            "agentops projects create NAME"
        )


def find_session_id(reader: Reader, text: str) -> str:
    """Return the id that a person meant: ``last``, a whole id, or the beginning or end of one.

    Raises:
        AgentOpsError: There is no such session, or more than one.
    """
    session = reader.session(text)
    if session is not None:
        return session["id"]
    if text == "last":
        raise AgentOpsError(f"nothing is recorded yet under {home_directory()}. To see one, run: agentops demo")
    found = reader.ids_like(text)
    if len(found) == 1:
        return found[0]
    if found:
        raise AgentOpsError(
            f"{text!r} fits {len(found)} sessions or more: {', '.join(found[:3])}. Write more of the id."
        )
    raise AgentOpsError(f"there is no session {text!r}. To list them, run: agentops sessions")
