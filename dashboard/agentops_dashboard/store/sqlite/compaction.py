"""Merging the many small payload blocks that a live session leaves into few large ones.

A running session is written every 0.3 s, a block each time, and a span that opened and ended has its payload twice.
Once the session has ended, blocks of full size compress better and keep each payload once.
"""

import sqlite3

import orjson

from agentops.semconv import State
from agentops_dashboard.store import payload
from agentops_dashboard.store.sqlite.blocks import delete_payloads, insert_block
from agentops_dashboard.store.sqlite.edits import mark_changed

__all__ = ["find_scattered", "merge_blocks"]

_FEW = 3
_CANDIDATES = f"""
SELECT payload.project, payload.trace_id FROM payload
JOIN trace USING (project, trace_id) JOIN session USING (project, session_id)
WHERE session.state != '{State.RUNNING}'
GROUP BY payload.project, payload.trace_id
HAVING count(*) > {_FEW} + 2 * sum(payload.raw_bytes) / {payload.BLOCK_BYTES} LIMIT ?
"""


def find_scattered(connection: sqlite3.Connection, most: int) -> list[tuple[str, str]]:
    """Return project and id of traces of ended sessions that have more blocks than they need."""
    return connection.execute(_CANDIDATES, (most,)).fetchall()


def merge_blocks(connection: sqlite3.Connection, project: str, trace_id: str) -> None:
    """Write a trace's payloads again, in blocks of full size."""
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
