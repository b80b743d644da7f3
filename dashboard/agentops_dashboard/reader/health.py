"""How the store is: its size, what waits in the spool, what was refused or not understood."""

from pathlib import Path
from typing import TypedDict

from sqlalchemy import func, select

from agentops.wire import list_segments
from agentops.wire.segment import LOCAL
from agentops_dashboard.reader.reader import Reader
from agentops_dashboard.store import Store
from agentops_dashboard.store import tables as t

__all__ = ["Health", "read_health"]


class Health(TypedDict):
    """``unmapped``: names of attributes that no convention knows, with how often they came; the most frequent first.

    ``waiting_bytes`` were recorded on this machine and are not in the store yet; ``dropped_payloads`` counts spans that
    were kept without their content for want of room.
    """

    sessions: int
    spans: int
    store_bytes: int
    waiting_bytes: int
    bad_lines: int
    rejected: dict[str, int]
    unmapped: dict[str, int]
    missing: int
    dropped_payloads: int


def read_health(reader: Reader, store: Store) -> Health:
    """Read the figures of a project, its store and its spool."""
    s, c = t.session.c, t.counter.c
    # An engine without updates keeps what was added each time.
    total = func.sum(c.count)
    with reader.connect() as connection:
        sessions, spans, missing, dropped = connection.execute(
            select(func.count(), func.sum(s.spans), func.sum(s.missing), func.sum(s.dropped_payloads)).where(
                s.project == reader.project
            )
        ).one()
        counted = connection.execute(
            select(c.name, c.label, total)
            .where(c.project == reader.project)
            .group_by(c.name, c.label)
            .order_by(total.desc(), c.label)
        ).all()
        offsets = {row.name: row.offset for row in connection.execute(select(t.segment.c.name, t.segment.c.offset))}
    counters: dict[str, dict[str, int]] = {}
    for name, label, count in counted:
        counters.setdefault(name, {})[label] = count
    waiting = sum(
        max(_size(segment.path) - offsets.get(segment.name, 0), 0)
        for segment in list_segments(store.home / "spool" / LOCAL)
    )
    return {
        "sessions": sessions,
        "spans": spans or 0,
        "store_bytes": store.disk_bytes(),
        "waiting_bytes": waiting,
        "bad_lines": sum(counters.get("bad_lines", {}).values()),
        "rejected": counters.get("rejected", {}),
        "unmapped": dict(list(counters.get("unmapped", {}).items())[:200]),
        "missing": missing or 0,
        "dropped_payloads": dropped or 0,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
