"""Merging the many small payload blocks that a live session leaves into few large ones.

A running session is written every 0.3 s, a block each time, and a span that opened and ended has its payload twice.
Once the session has ended, blocks of full size compress better and keep each payload once.
"""

import sqlite3

import orjson

from agentops.semconv import State
from agentops_dashboard.store import payload
from agentops_dashboard.store.edits import delete_payloads, mark_changed
from agentops_dashboard.store.sqlite import SQLiteStore, insert_block

__all__ = ["compact"]

_FEW = 3
_CANDIDATES = f"""
SELECT payload.project, payload.trace_id FROM payload
JOIN trace USING (project, trace_id) JOIN session USING (project, session_id)
WHERE session.state != '{State.RUNNING}'
GROUP BY payload.project, payload.trace_id
HAVING count(*) > {_FEW} + 2 * sum(payload.raw_bytes) / {payload.BLOCK_BYTES} LIMIT ?
"""


def compact(store: SQLiteStore, most: int = 50) -> int:
    """Merge the blocks of ended sessions, at most so many traces; returns how many it merged."""
    with store.transaction() as connection:
        found = connection.execute(_CANDIDATES, (most,)).fetchall()
    for project, trace_id in found:
        with store.transaction() as connection:
            _merge(connection, project, trace_id)
    return len(found)


def _merge(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    blocks = connection.execute(
        "SELECT block_id, body FROM payload WHERE project = ? AND trace_id = ? ORDER BY block_id", (project, trace_id)
    ).fetchall()
    owners = connection.execute(
        "SELECT span_id, block_id FROM span WHERE project = ? AND trace_id = ? AND block_id IS NOT NULL "
        "ORDER BY start_ns, seq",
        (project, trace_id),
    ).fetchall()
    contents = {block_id: payload.unpack(body) for block_id, body in blocks}
    words = list(dict.fromkeys(line for _, body in blocks for line in payload.words_of(body).split("\n")))
    delete_payloads(connection, project, trace_id)
    kept = {span_id: contents[block_id][span_id] for span_id, block_id in owners if span_id in contents[block_id]}
    groups = list(payload.split({span_id: orjson.dumps(content) for span_id, content in kept.items()}))
    share = len(words) // max(len(groups), 1) + 1
    for number, group in enumerate(groups):
        block_id = insert_block(connection, project, trace_id, group, "\n".join(words[number * share :][:share]))
        connection.executemany(
            "UPDATE span SET block_id = ? WHERE project = ? AND trace_id = ? AND span_id = ?",
            [(block_id, project, trace_id, span_id) for span_id in group],
        )
    mark_changed(connection, project, trace_id)
