"""The record of who did what, when, to what. It is written with the change itself, or not at all."""

import sqlite3
import time
from dataclasses import dataclass

from agentops_dashboard.store.database import Database

__all__ = ["Actor", "Audit", "Entry", "note"]

_TEXT_LIMIT = 500
_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, by name, and from which address; the command line has none."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. ``action`` is ``what.done``, as in ``key.created``."""

    time_ns: int
    actor: str
    address: str
    action: str
    project: str | None
    target: str


def note(connection: sqlite3.Connection, actor: Actor, action: str, target: str, project: str | None = None) -> None:
    """Record that something was done, in the transaction that does it."""
    connection.execute(
        "INSERT INTO audit (time_ns, actor, address, action, project, target) VALUES (?, ?, ?, ?, ?, ?)",
        (time.time_ns(), actor.name[:_TEXT_LIMIT], actor.address, action, project, target[:_TEXT_LIMIT]),
    )


class Audit:
    """Reads the record, and takes what is done outside the accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, actor: Actor, action: str, target: str, project: str | None = None) -> None:
        """Record something that was done elsewhere, such as the deletion of a session."""
        with self._database.transaction() as connection:
            note(connection, actor, action, target, project)

    def forget_older(self, days: float) -> int:
        """Drop the entries that are older than so many days; returns how many there were."""
        now_ns = time.time_ns()
        # A million days, for "for good", would be a moment that SQLite cannot hold.
        before_ns = now_ns - int(min(days * _DAY_NS, now_ns))
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM audit WHERE time_ns < ?", (before_ns,)).rowcount

    def latest(self, limit: int = 100) -> list[Entry]:
        """Return the latest entries, the newest first."""
        found = self._database.rows(
            "SELECT time_ns, actor, address, action, project, target FROM audit ORDER BY id DESC LIMIT ?", limit
        )
        return [Entry(*row) for row in found]
