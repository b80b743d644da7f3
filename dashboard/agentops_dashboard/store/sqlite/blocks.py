"""Payload blocks and their words in the full-text index."""

import sqlite3

from agentops_dashboard.store import payload

__all__ = ["delete_payloads", "insert_block"]


def insert_block(
    connection: sqlite3.Connection, project: str, trace_id: str, contents: dict[str, bytes], words: str
) -> int | None:
    """Store a payload block and index its words; returns its id."""
    raw_bytes, body = payload.pack(contents, words)
    block_id = connection.execute(
        "INSERT INTO payload (project, trace_id, raw_bytes, body) VALUES (?, ?, ?, ?)",
        (project, trace_id, raw_bytes, body),
    ).lastrowid
    connection.execute("INSERT INTO payload_text (rowid, body) VALUES (?, ?)", (block_id, words))
    return block_id


def delete_payloads(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    """Delete a trace's payload blocks. The index forgets words only when it is told which ones they were."""
    blocks = connection.execute(
        "SELECT block_id, body FROM payload WHERE project = ? AND trace_id = ?", (project, trace_id)
    ).fetchall()
    for block_id, body in blocks:
        connection.execute(
            "INSERT INTO payload_text (payload_text, rowid, body) VALUES ('delete', ?, ?)",
            (block_id, payload.words_of(body)),
        )
        connection.execute("DELETE FROM payload WHERE block_id = ?", (block_id,))
