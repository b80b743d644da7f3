"""Where what is computed on ClickHouse is computed: an embedded store of a few sessions' rows, for a moment."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from agentops_dashboard.store.sqlite.migrations import migrate
from agentops_dashboard.store.sqlite.upserts import UPSERT_TRACE

__all__ = ["Scratch"]

_CACHE_KIB = 32 * 1024
_NOTE_FOLDED = """
CREATE TABLE folded (trace_id, span_id);
CREATE TRIGGER note_folded AFTER UPDATE OF kind ON span BEGIN
  INSERT INTO folded VALUES (new.trace_id, new.span_id);
END;
"""


class Scratch:
    """The embedded store's tables, for one caller at a time.

    Beside them there is ``folded``: the spans that were found to be wrappers of others.
    """

    def __init__(self) -> None:
        # A file without a name: a session larger than the cache goes to the disk and is gone with the connection.
        self.connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        migrate(self.connection, "")
        self.connection.executescript(_NOTE_FOLDED)
        self.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    @contextmanager
    def empty(self) -> Iterator["Scratch"]:
        """Take it while it is empty; whatever was put in is gone afterwards."""
        self.connection.execute("BEGIN")
        try:
            yield self
        finally:
            # Where the disk is full SQLite has rolled back by itself.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Add rows."""
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        self.connection.executemany(statement, rows)

    def put_facts(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add what spans say about their traces, in the order of ``TRACE_COLUMNS``: each trace gets one row of them."""
        self.connection.executemany(UPSERT_TRACE, rows)

    def rows(self, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return all rows of a table."""
        return self.connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()

    def close(self) -> None:
        """Give up the connection."""
        self.connection.close()
