"""This machine's own store, brought up to date with its spool before it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentops.errors import AgentOpsError
from agentops_dashboard.ingest.spool import SpoolImporter
from agentops_dashboard.reader import Reader
from agentops_dashboard.store import SQLiteStore, Store, home_directory, store_path

__all__ = ["LocalStore", "find_session_id", "open_local"]


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A store and its reader."""

    home: Path
    store: Store
    reader: Reader


@contextmanager
def open_local(home: Path | None = None) -> Iterator[LocalStore]:
    """Open the store of a home directory, ``AGENTOPS_HOME`` by default, with all that was recorded so far.

    Raises:
        StoreError: The store cannot be opened.
    """
    home = home_directory() if home is None else home
    store = SQLiteStore(store_path(home))
    try:
        SpoolImporter(store, home).import_once()
        reader = Reader(store.engine())
        try:
            yield LocalStore(home, store, reader)
        finally:
            reader.close()
    finally:
        store.close()


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
