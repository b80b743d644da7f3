"""What sessions did over their time, in slices: when models, tools and people were busy, and when something failed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.reader.shapes import Session
from agentops_dashboard.store import tables as t

__all__ = ["MOST_SPANS", "SLICES", "Activity", "activities"]

SLICES: Final = 64
MOST_SPANS: Final = 500
"""A session of more is left out: fifty rows of these are 25,000 spans to read, and its timeline shows it."""
_LANES: Final = {
    SpanKind.LLM: "llm", SpanKind.EMBEDDING: "llm", SpanKind.TOOL: "tool", SpanKind.RETRIEVER: "tool",
    SpanKind.HUMAN: "human",
}  # fmt: skip


@dataclass(slots=True)
class Activity:
    """One session's time in ``SLICES`` of equal length; what is over before the next slice takes up one.

    Attributes:
        busy: By lane (``llm``, ``tool``, ``human``) the slices in which something of it ran.
        errors: The slices in which an error began, one entry for each error.
    """

    busy: dict[str, set[int]] = field(default_factory=lambda: {lane: set() for lane in ("llm", "tool", "human")})
    errors: list[int] = field(default_factory=list)


def activities(connection: Connection, project: str, sessions: Iterable[Session], now_ns: int) -> dict[str, Activity]:
    """Read what these sessions did, by id; those of more than ``MOST_SPANS`` are left out."""
    small = {session["id"]: session for session in sessions if session["counts"]["spans"] <= MOST_SPANS}
    c, asked = t.span.c, and_(t.trace.c.project == project, t.trace.c.session_id.in_(small))
    # ClickHouse reads the whole of a join's right side; named like this, it reads these traces' spans alone.
    traces = select(t.trace.c.trace_id).where(asked)
    statement = (
        select(t.trace.c.session_id, c.span_id, c.parent_id, c.kind, c.status, c.start_ns, c.end_ns)
        .join(t.span, and_(c.project == t.trace.c.project, c.trace_id == t.trace.c.trace_id))
        .where(asked, c.project == project, c.trace_id.in_(traces))
        .where(or_(c.kind.in_(_LANES), c.status == SpanStatus.ERROR))
    )
    spans: dict[str, list[Any]] = {session_id: [] for session_id in small}
    for row in connection.execute(statement):
        spans[row.session_id].append(row)
    return {session_id: _activity(small[session_id], found, now_ns) for session_id, found in spans.items()}


def _activity(session: Session, spans: list[Any], now_ns: int) -> Activity:
    start_ns = session["start_ns"]
    last_ns = session["end_ns"] if session["end_ns"] is not None else now_ns
    length = max(last_ns - start_ns, 1)

    def slice_of(moment_ns: int) -> int:
        return min(max((moment_ns - start_ns) * SLICES // length, 0), SLICES - 1)

    found = Activity()
    failed = [span for span in spans if span.status == SpanStatus.ERROR]
    passed_on = {span.parent_id for span in failed}
    for span in spans:
        end = slice_of(last_ns if span.end_ns is None else span.end_ns)
        if span.kind in _LANES:
            found.busy[_LANES[span.kind]].update(range(slice_of(span.start_ns), end + 1))
    found.errors = [slice_of(span.end_ns or span.start_ns) for span in failed if span.span_id not in passed_on]
    return found
