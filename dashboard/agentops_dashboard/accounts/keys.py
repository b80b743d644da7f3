"""API keys: random, shown once, kept as a hash; each is of one project and has scopes."""

import secrets
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agentops_dashboard.accounts.audit import Actor, note
from agentops_dashboard.accounts.errors import AccountError
from agentops_dashboard.accounts.hashing import secret_hash
from agentops_dashboard.store.database import Database, UnwritableError

__all__ = ["SCOPES", "Key", "Keys"]

SCOPES: Final = {
    "ingest": "send spans and logs",
    "read": "read sessions over the API",
    "edit": "tag, annotate and delete sessions",
    "metrics": "read /metrics, which is about the whole server",
}

_BEGINNING: Final = "sk-agentops-"
"""Begins with ``sk-``, so that recording redacts it like other keys when a program prints it."""

_PREFIX_LENGTH: Final = len(_BEGINNING) + 6
_DAY_NS: Final = 86_400_000_000_000
_NOTED_AGAIN_NS: Final = 60_000_000_000
_NAME_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. ``prefix`` is its readable beginning."""

    id: int
    prefix: str
    name: str
    project: str
    scopes: frozenset[str]
    created_ns: int
    created_by: str
    expires_ns: int | None
    revoked_ns: int | None
    used_ns: int | None

    def is_valid(self, now_ns: int) -> bool:
        """Whether it opens anything."""
        return self.revoked_ns is None and (self.expires_ns is None or self.expires_ns > now_ns)

    def state(self, now_ns: int) -> str:
        """``valid``, ``revoked`` or ``expired``."""
        if self.revoked_ns is not None:
            return "revoked"
        return "valid" if self.is_valid(now_ns) else "expired"


class Keys:
    """Makes, finds and revokes keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, project: str | None = None) -> list[Key]:
        """Return a project's keys, or all, the newest first."""
        where, values = ("WHERE project = ?", (project,)) if project else ("", ())
        return [_key(row) for row in self._database.rows(f"SELECT * FROM api_key {where} ORDER BY id DESC", *values)]

    def create(
        self, actor: Actor, project: str, name: str, scopes: Iterable[str], expires_days: float | None = None
    ) -> tuple[Key, str]:
        """Make a key; returns it and its secret, which nobody can find out later.

        Args:
            actor: Who does it.
            project: What it opens.
            name: What it is for.
            scopes: Of ``SCOPES``.
            expires_days: After so many days it opens nothing any more; None: never.

        Raises:
            AccountError: The project, the name, a scope or the time cannot be used.
        """
        wanted = sorted(set(scopes))
        _check(name, wanted, expires_days)
        secret = _BEGINNING + secrets.token_urlsafe(32)
        now_ns = time.time_ns()
        expires_ns = None if expires_days is None else now_ns + int(expires_days * _DAY_NS)
        try:
            with self._database.transaction() as connection:
                key_id = connection.execute(
                    "INSERT INTO api_key (secret_hash, prefix, name, project, scopes, created_ns, created_by, "
                    "expires_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        secret_hash(secret), secret[:_PREFIX_LENGTH], name.strip(), project, " ".join(wanted), now_ns,
                        actor.name, expires_ns,
                    ),
                ).lastrowid  # fmt: skip
                target = f"{secret[:_PREFIX_LENGTH]} {name.strip()} ({', '.join(wanted)})"
                note(connection, actor, "key.created", target, project)
        except sqlite3.IntegrityError as error:
            raise AccountError(f"there is no project {project[:80]!r}.") from error
        row = self._database.row("SELECT * FROM api_key WHERE id = ?", key_id)
        assert row is not None
        return _key(row), secret

    def find(self, secret: str) -> Key | None:
        """Return the valid key of a secret."""
        row = self._database.row("SELECT * FROM api_key WHERE secret_hash = ?", secret_hash(secret))
        if row is None:
            return None
        key = _key(row)
        return key if key.is_valid(time.time_ns()) else None

    def note_use(self, key: Key) -> None:
        """Remember that a key was used just now; to the minute, so that this costs no write per request."""
        now_ns = time.time_ns()
        if key.used_ns is None or now_ns - key.used_ns > _NOTED_AGAIN_NS:
            # A full disk locks nobody out.
            with suppress(UnwritableError), self._database.transaction() as connection:
                connection.execute("UPDATE api_key SET used_ns = ? WHERE id = ?", (now_ns, key.id))

    def revoke(self, actor: Actor, which: str, project: str | None = None) -> Key:
        """Let a key open nothing any more.

        Args:
            actor: Who does it.
            which: The key's number, or its prefix.
            project: Only a key of this project.

        Raises:
            AccountError: There is no such key, or more than one.
        """
        known = [key for key in self.all(project) if which in (str(key.id), key.prefix)]
        if len(known) != 1:
            what = "no key" if not known else f"{len(known)} keys"
            raise AccountError(f"there is {what} {which[:80]!r}. To list them, run: agentops keys list")
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE api_key SET revoked_ns = coalesce(revoked_ns, ?) WHERE id = ?", (time.time_ns(), known[0].id)
            )
            note(connection, actor, "key.revoked", f"{known[0].prefix} {known[0].name}", known[0].project)
        row = self._database.row("SELECT * FROM api_key WHERE id = ?", known[0].id)
        assert row is not None
        return _key(row)


def _check(name: str, scopes: list[str], expires_days: float | None) -> None:
    if not 0 < len(name.strip()) <= _NAME_LIMIT:
        raise AccountError(f"a key needs a name of 1 to {_NAME_LIMIT} characters that says what it is for.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise AccountError(f"a key needs scopes of {', '.join(SCOPES)}, not {', '.join(unknown)[:80] or 'none'}.")
    if expires_days is not None and not 0 < expires_days <= 36_500:
        raise AccountError(f"a key expires after 1 to 36500 days, not {expires_days:g}.")


def _key(row: sqlite3.Row) -> Key:
    return Key(
        row["id"], row["prefix"], row["name"], row["project"], frozenset(row["scopes"].split()), row["created_ns"],
        row["created_by"], row["expires_ns"], row["revoked_ns"], row["used_ns"],
    )  # fmt: skip
