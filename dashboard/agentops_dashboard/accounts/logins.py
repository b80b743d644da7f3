"""Who is signed in: an opaque random cookie per browser, of which the file holds the hash."""

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agentops_dashboard.accounts.audit import Actor, note
from agentops_dashboard.accounts.hashing import secret_hash
from agentops_dashboard.accounts.users import User, Users
from agentops_dashboard.store.database import Database, UnwritableError

__all__ = ["LONGEST_S", "Login", "Logins"]

_DAY_NS: Final = 86_400_000_000_000
_IDLE_NS: Final = 7 * _DAY_NS
_LONGEST_NS: Final = 30 * _DAY_NS
_NOTED_AGAIN_NS: Final = 300_000_000_000
LONGEST_S: Final = _LONGEST_NS // 1_000_000_000
"""A sign-in ends after so many seconds, and after seven days without a request."""


@dataclass(frozen=True, slots=True)
class Login:
    """A browser in which a user is signed in. ``project`` is the one looked at last."""

    user: User
    project: str | None
    seen_ns: int


class Logins:
    """Signs users in and out."""

    def __init__(self, database: Database, users: Users) -> None:
        self._database = database
        self._users = users

    def sign_in(self, name: str, password: str, address: str) -> str | None:
        """Return the new cookie's secret if this is the user's password; either way it is in the record."""
        user = self._users.check(name, password)
        actor = Actor(user.name if user else name, address)
        secret, now_ns = secrets.token_urlsafe(32), time.time_ns()
        with self._database.transaction() as connection:
            note(connection, actor, "login" if user else "login.refused", actor.name)
            if user is None:
                return None
            connection.execute(
                "DELETE FROM login WHERE seen_ns < ? OR created_ns < ?", (now_ns - _IDLE_NS, now_ns - _LONGEST_NS)
            )
            connection.execute(
                "INSERT INTO login (secret_hash, user_id, created_ns, seen_ns) VALUES (?, ?, ?, ?)",
                (secret_hash(secret), user.id, now_ns, now_ns),
            )
            connection.execute("UPDATE user SET seen_ns = ? WHERE id = ?", (now_ns, user.id))
        return secret

    def find(self, secret: str) -> Login | None:
        """Return who is signed in with a cookie; None when that has expired."""
        now_ns = time.time_ns()
        row = self._database.row(
            "SELECT user_id, project, seen_ns FROM login WHERE secret_hash = ? AND seen_ns >= ? AND created_ns >= ?",
            secret_hash(secret), now_ns - _IDLE_NS, now_ns - _LONGEST_NS,
        )  # fmt: skip
        user = self._users.by_id(row["user_id"]) if row else None
        return Login(user, row["project"], row["seen_ns"]) if row and user else None

    def note_use(self, secret: str, login: Login, project: str | None) -> None:
        """Remember that the browser is in use and what it looks at; not for every request."""
        now_ns = time.time_ns()
        if login.project == project and now_ns - login.seen_ns < _NOTED_AGAIN_NS:
            return
        # A full disk locks nobody out.
        with suppress(UnwritableError), self._database.transaction() as connection:
            connection.execute(
                "UPDATE login SET seen_ns = ?, project = ? WHERE secret_hash = ?",
                (now_ns, project, secret_hash(secret)),
            )

    def sign_out(self, secret: str, actor: Actor) -> None:
        """Make a cookie worthless."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM login WHERE secret_hash = ?", (secret_hash(secret),))
            note(connection, actor, "logout", actor.name)
