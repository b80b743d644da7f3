"""Changes by hand: tags, what people say of a session, and deleting sessions for good."""

import sqlite3
import time

import zstandard

from agentops_dashboard.store.sqlite.blocks import delete_payloads
from agentops_dashboard.store.sqlite.summary import session_number

__all__ = ["annotate", "delete_session", "drop_payloads", "mark_changed", "put_log", "set_tags"]


def annotate(connection: sqlite3.Connection, row: tuple[str, str, str, str, str | None, int]) -> None:
    """Say something about a session or one of its spans: project, session, span or "", name, value, and when."""
    connection.execute(
        "INSERT INTO annotation (project, session_id, span_id, name, value, time_ns) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (project, session_id, span_id, name) DO UPDATE SET value = excluded.value, "
        "time_ns = excluded.time_ns WHERE excluded.time_ns >= annotation.time_ns",
        row,
    )
    connection.execute(
        "UPDATE session SET revision = ? WHERE project = ? AND session_id = ?", (time.time_ns(), *row[:2])
    )


def set_tags(connection: sqlite3.Connection, project: str, session_id: str, tags: list[str]) -> None:
    """Make these the session's tags. One that was taken off does not come back with a later record."""
    sid = session_number(connection, project, session_id)
    connection.execute("UPDATE session_tag SET is_removed = 1 WHERE sid = ?", (sid,))
    connection.executemany(
        "INSERT INTO session_tag (project, sid, tag) VALUES (?, ?, ?) "
        "ON CONFLICT (project, tag, sid) DO UPDATE SET is_removed = 0",
        [(project, sid, tag) for tag in tags],
    )
    connection.execute("UPDATE session SET revision = ? WHERE sid = ?", (time.time_ns(), sid))


def put_log(connection: sqlite3.Connection, project: str, trace_id: str, raw: bytes, time_ns: int) -> None:
    """Keep what a program printed during a trace, in place of what was kept before then."""
    connection.execute(
        "INSERT INTO log (project, trace_id, time_ns, raw_bytes, body) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (project, trace_id) DO UPDATE SET time_ns = excluded.time_ns, raw_bytes = excluded.raw_bytes, "
        "body = excluded.body WHERE excluded.time_ns >= log.time_ns",
        (project, trace_id, time_ns, len(raw), zstandard.ZstdCompressor().compress(raw)),
    )


def delete_session(connection: sqlite3.Connection, project: str, session_id: str) -> bool:
    """Delete a session with all that belongs to it; says whether there was one."""
    found = connection.execute(
        "SELECT sid FROM session WHERE project = ? AND session_id = ?", (project, session_id)
    ).fetchone()
    if found is None:
        return False
    for trace_id in _traces(connection, project, session_id):
        delete_payloads(connection, project, trace_id)
        for table in ("span", "ledger", "log", "trace"):
            connection.execute(f"DELETE FROM {table} WHERE project = ? AND trace_id = ?", (project, trace_id))
    connection.execute("DELETE FROM annotation WHERE project = ? AND session_id = ?", (project, session_id))
    for table in ("session_tag", "usage", "session", "session_key"):
        connection.execute(f"DELETE FROM {table} WHERE sid = ?", found)
    return True


def drop_payloads(connection: sqlite3.Connection, project: str, session_id: str) -> None:
    """Delete a session's payloads and their words; its tree and figures stay."""
    for trace_id in _traces(connection, project, session_id):
        delete_payloads(connection, project, trace_id)
        connection.execute("UPDATE span SET block_id = NULL WHERE project = ? AND trace_id = ?", (project, trace_id))
        mark_changed(connection, project, trace_id)


def mark_changed(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    """Give a trace's session a new revision, so that readers drop what they remember of it."""
    connection.execute(
        "UPDATE session SET revision = ? WHERE project = ? AND session_id = "
        "(SELECT session_id FROM trace WHERE project = ? AND trace_id = ?)",
        (time.time_ns(), project, project, trace_id),
    )


def _traces(connection: sqlite3.Connection, project: str, session_id: str) -> list[str]:
    rows = connection.execute(
        "SELECT trace_id FROM trace WHERE project = ? AND session_id = ?", (project, session_id)
    ).fetchall()
    return [row[0] for row in rows]
