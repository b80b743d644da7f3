"""Users and what they may do: viewer or editor of single projects, or admin of the server.

Roles are given per project, because sessions hold what customers said, and not everybody on a server should read that;
the admin is one of the server, because whoever makes projects and users can reach every project anyway.
"""

import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agentops_dashboard.accounts.audit import Actor, note
from agentops_dashboard.accounts.errors import AccountError
from agentops_dashboard.accounts.passwords import hash_password, is_password, needs_new_hash
from agentops_dashboard.store.database import Database

__all__ = ["ROLES", "User", "Users"]

ROLES: Final = ("viewer", "editor")
"""A viewer reads; an editor also tags, annotates and deletes sessions, and makes keys of the project."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class User:
    """A user. ``roles`` maps projects to what they are there."""

    id: int
    name: str
    is_admin: bool
    created_ns: int
    seen_ns: int | None
    roles: Mapping[str, str] = field(default_factory=dict)


class Users:
    """Makes and changes users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[User]:
        """Return all users by name."""
        return [self._user(row) for row in self._database.rows("SELECT * FROM user ORDER BY name")]

    def find(self, name: str) -> User | None:
        """Return the user of a name, whatever its case."""
        row = self._database.row("SELECT * FROM user WHERE name = ?", name)
        return self._user(row) if row else None

    def get(self, name: str) -> User:
        """Return the user of a name.

        Raises:
            AccountError: There is none.
        """
        found = self.find(name)
        if found is None:
            raise AccountError(f"there is no user {name[:80]!r}. To list them, run: agentops users list")
        return found

    def by_id(self, user_id: int) -> User | None:
        """Return the user of a number."""
        row = self._database.row("SELECT * FROM user WHERE id = ?", user_id)
        return self._user(row) if row else None

    def has_admin(self) -> bool:
        """Whether anybody can manage the server."""
        return self._database.row("SELECT 1 FROM user WHERE is_admin") is not None

    def create(self, actor: Actor, name: str, password: str, *, is_admin: bool = False) -> User:
        """Make a user.

        Raises:
            AccountError: The name or the password cannot be used, or the name is taken.
        """
        if not _NAME.fullmatch(name):
            raise AccountError(
                f"{name[:80]!r} cannot be a user's name: it needs letters and digits, and may have . _ @ + - after the "
                "first, as in ada@example.com."
            )
        kept = hash_password(password)
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO user (name, password_hash, is_admin, created_ns) VALUES (?, ?, ?, ?)",
                    (name, kept, int(is_admin), time.time_ns()),
                )
                note(connection, actor, "user.created", f"{name}{' (admin)' if is_admin else ''}")
        except sqlite3.IntegrityError as error:
            raise AccountError(f"there is a user {name!r} already.") from error
        return self.get(name)

    def check(self, name: str, password: str) -> User | None:
        """Return the user if this is their password. Takes as long for a name that nobody has."""
        row = self._database.row("SELECT * FROM user WHERE name = ?", name)
        if not is_password(row["password_hash"] if row else None, password) or row is None:
            return None
        if needs_new_hash(row["password_hash"]):
            with self._database.transaction() as connection:
                connection.execute(
                    "UPDATE user SET password_hash = ? WHERE id = ?", (hash_password(password), row["id"])
                )
        return self._user(row)

    def set_password(self, actor: Actor, name: str, password: str) -> None:
        """Give a user another password, and sign them out everywhere.

        Raises:
            AccountError: There is no such user, or the password cannot be used.
        """
        user, kept = self.get(name), hash_password(password)
        with self._database.transaction() as connection:
            connection.execute("UPDATE user SET password_hash = ? WHERE id = ?", (kept, user.id))
            connection.execute("DELETE FROM login WHERE user_id = ?", (user.id,))
            note(connection, actor, "user.password", user.name)

    def set_role(self, actor: Actor, name: str, project: str, role: str) -> User:
        """Say what a user is in a project; an empty role: nothing any more.

        Raises:
            AccountError: There is no such user, project or role.
        """
        user = self.get(name)
        if role and role not in ROLES:
            raise AccountError(f"there is no role {role[:40]!r}; there are: {', '.join(ROLES)}.")
        try:
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM member WHERE user_id = ? AND project = ?", (user.id, project))
                if role:
                    connection.execute("INSERT INTO member VALUES (?, ?, ?)", (user.id, project, role))
                note(connection, actor, "user.role", f"{user.name}: {role or 'none'}", project)
        except sqlite3.IntegrityError as error:
            raise AccountError(f"there is no project {project[:80]!r}.") from error
        return self.get(name)

    def set_admin(self, actor: Actor, name: str, *, is_admin: bool) -> User:
        """Make a user an admin, or no longer one.

        Raises:
            AccountError: There is no such user, or it is the only admin.
        """
        user = self.get(name)
        with self._database.transaction() as connection:
            connection.execute("UPDATE user SET is_admin = ? WHERE id = ?", (int(is_admin), user.id))
            if user.is_admin:
                _require_admin(connection)
            note(connection, actor, "user.role", f"{user.name}: {'admin' if is_admin else 'no admin'}")
        return self.get(name)

    def remove(self, actor: Actor, name: str) -> None:
        """Remove a user; their keys stay, since programs use them.

        Raises:
            AccountError: There is no such user, or it is the only admin.
        """
        user = self.get(name)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM user WHERE id = ?", (user.id,))
            if user.is_admin:
                _require_admin(connection)
            note(connection, actor, "user.removed", user.name)

    def _user(self, row: sqlite3.Row) -> User:
        found = self._database.rows("SELECT project, role FROM member WHERE user_id = ? ORDER BY project", row["id"])
        roles = dict(map(tuple, found))
        return User(row["id"], row["name"], bool(row["is_admin"]), row["created_ns"], row["seen_ns"], roles)


def _require_admin(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM user WHERE is_admin").fetchone() is None:
        raise AccountError("a server needs an admin. Make another user one first.")
