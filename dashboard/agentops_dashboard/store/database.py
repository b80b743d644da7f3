"""A small SQLite file beside the store: one connection per process, and other processes may use it at the same time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from agentops.errors import StoreError
from agentops_dashboard.store.private import make_private
from agentops_dashboard.store.sqlite.migrations import migrate

__all__ = ["Database", "UnwritableError"]

_BUSY_S = 10


class UnwritableError(StoreError, sqlite3.OperationalError):
    """The file takes nothing now; nothing of the change was made."""


class Database:
    """Reads and writes the file. Safe to share between threads.

    Args:
        path: The file; it and its directory are made, readable by their owner only.
        package: Import name of what the file is for; its directory ``sql`` holds the numbered scripts.

    Raises:
        StoreError: The file cannot be opened, is newer than this program, or is not ours.
    """

    def __init__(self, path: Path, package: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            make_private(path)
            self._connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            migrate(self._connection, str(path), _scripts(package))
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{path} cannot be opened ({error}). Set AGENTOPS_HOME to a directory that you may write."
            ) from error

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; rolled back when the block raises.

        Raises:
            UnwritableError: The disk is full, or the file is read-only, or held by another process for too long.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._roll_back()
                raise UnwritableError(f"{self.path} takes nothing now ({error}), so nothing was changed.") from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # Some failures, such as a full disk, have done it already.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Return what a question finds."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row that a question finds."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return found


def _scripts(package: str) -> dict[int, str]:
    folder = files(package) / "sql"
    return {int(entry.name.split("_")[0]): entry.read_text("utf-8") for entry in folder.iterdir()}
