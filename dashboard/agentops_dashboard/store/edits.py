"""Changes by hand: tags, and deleting sessions for good."""

import sqlite3
import time

import zstandard

from agentops_dashboard.store.payload import words_of
from agentops_dashboard.store.sqlite import SQLiteStore
from agentops_dashboard.store.summary import session_number

__all__ = ["ANNOTATIONS", "annotate", "delete_payloads", "delete_sessions", "mark_changed", "put_log", "set_tags"]


ANNOTATIONS = ("bookmark", "score", "note")
"""What can be said about a session or a span. A score is ``up`` or ``down``, a note is text, a bookmark is ``yes``."""


def annotate(store: SQLiteStore, project: str, session_id: str, span_id: str, name: str, value: str | None) -> None:  # noqa: PLR0917
    """Say something about a session (``span_id`` empty) or one of its spans; None takes it back."""
    now_ns = time.time_ns()
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO annotation (project, session_id, span_id, name, value, time_ns) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (project, session_id, span_id, name, value, now_ns),
        )
        connection.execute(
            "UPDATE session SET revision = ? WHERE project = ? AND session_id = ?", (now_ns, project, session_id)
        )


def set_tags(store: SQLiteStore, project: str, session_id: str, tags: list[str]) -> None:
    """Make these the session's tags. One that was taken off does not come back with a later record."""
    with store.transaction() as connection:
        sid = session_number(connection, project, session_id)
        connection.execute("UPDATE session_tag SET is_removed = 1 WHERE sid = ?", (sid,))
        connection.executemany(
            "INSERT INTO session_tag (project, sid, tag) VALUES (?, ?, ?) "
            "ON CONFLICT (project, tag, sid) DO UPDATE SET is_removed = 0",
            [(project, sid, tag) for tag in tags],
        )
        connection.execute("UPDATE session SET revision = ? WHERE sid = ?", (time.time_ns(), sid))


def put_log(store: SQLiteStore, project: str, trace_id: str, text: str) -> int:
    """Keep what a program printed during a trace, in place of what was kept before; returns its size in bytes."""
    raw = text.encode("utf-8", "replace")
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO log (project, trace_id, time_ns, raw_bytes, body) VALUES (?, ?, ?, ?, ?)",
            (project, trace_id, time.time_ns(), len(raw), zstandard.ZstdCompressor().compress(raw)),
        )
    return len(raw)


def delete_sessions(store: SQLiteStore, project: str, session_ids: list[str]) -> int:
    """Delete sessions with all that belongs to them, the search index included; returns how many there were."""
    deleted = 0
    for session_id in session_ids:
        with store.transaction() as connection:
            deleted += _delete(connection, project, session_id)
    return deleted


def _delete(connection: sqlite3.Connection, project: str, session_id: str) -> int:
    found = connection.execute(
        "SELECT sid FROM session WHERE project = ? AND session_id = ?", (project, session_id)
    ).fetchone()
    if found is None:
        return 0
    traces = connection.execute(
        "SELECT trace_id FROM trace WHERE project = ? AND session_id = ?", (project, session_id)
    ).fetchall()
    for (trace_id,) in traces:
        delete_payloads(connection, project, trace_id)
        for table in ("span", "ledger", "log", "trace"):
            connection.execute(f"DELETE FROM {table} WHERE project = ? AND trace_id = ?", (project, trace_id))
    connection.execute("DELETE FROM annotation WHERE project = ? AND session_id = ?", (project, session_id))
    for table in ("session_tag", "usage", "session", "session_key"):
        connection.execute(f"DELETE FROM {table} WHERE sid = ?", found)
    return 1


def mark_changed(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    """Give a trace's session a new revision, so that readers drop what they remember of it."""
    connection.execute(
        "UPDATE session SET revision = ? WHERE project = ? AND session_id = "
        "(SELECT session_id FROM trace WHERE project = ? AND trace_id = ?)",
        (time.time_ns(), project, project, trace_id),
    )


def delete_payloads(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    """Delete a trace's payload blocks. The index forgets words only when it is told which ones they were."""
    blocks = connection.execute(
        "SELECT block_id, body FROM payload WHERE project = ? AND trace_id = ?", (project, trace_id)
    ).fetchall()
    for block_id, body in blocks:
        connection.execute(
            "INSERT INTO payload_text (payload_text, rowid, body) VALUES ('delete', ?, ?)", (block_id, words_of(body))
        )
        connection.execute("DELETE FROM payload WHERE block_id = ?", (block_id,))
