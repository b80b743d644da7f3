"""What the model calls of several sessions say, for a row of a list: which models, how long, how soon."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from agentops.semconv import SpanKind
from agentops_dashboard.derived.first_answer import answered_ns
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.analytics import quantile
from agentops_dashboard.store import tables as t

__all__ = [
    "MOST_MODELS", "MOST_SPANS", "CallTimes", "ModelUse", "SessionWithCalls", "call_times", "models_of", "with_calls",
]  # fmt: skip

MOST_SPANS: Final = 1_000
"""A session of more is left out: fifty rows of these are 50,000 spans, which take 40 ms; its own page tells."""
MOST_MODELS: Final = 20
"""So many models of a session are named, those of most calls; how many there are is counted."""
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Times of a session's model calls in milliseconds; None where no call says.

    ``llm_p50_ms`` and ``llm_p95_ms`` are of the calls that have ended, ``first_token_ms`` is the median time to first
    token. ``first_output_ms`` counts from the session's start to the first token or, where calls do not say, to the
    first answer: as ``first_answer`` finds it in a single session.
    """

    llm_p50_ms: float | None
    llm_p95_ms: float | None
    first_token_ms: float | None
    first_output_ms: float | None


@dataclass(slots=True)
class ModelUse:
    """The models of a session with the number of their calls, most calls first; ``count`` counts all of them."""

    count: int = 0
    calls: list[tuple[str, int]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The models without their calls."""
        return [name for name, _ in self.calls]


class SessionWithCalls(Session):
    """A session as exports have it: with the names in ``ModelUse`` and the figures of ``CallTimes``."""

    models: list[str]
    llm_p50_ms: float | None
    llm_p95_ms: float | None
    first_token_ms: float | None
    first_output_ms: float | None


@dataclass(slots=True)
class _Seen:
    took_ns: list[int] = field(default_factory=list)
    first_token_ns: list[int] = field(default_factory=list)
    answered_ns: list[int] = field(default_factory=list)


def call_times(reader: Reader, sessions: Iterable[Session]) -> dict[str, CallTimes]:
    """The times of these sessions' model calls, by id; sessions of more than ``MOST_SPANS`` that have any are left out.

    A trace's spans lie together whatever their kind, so finding its model calls reads all of them.
    """
    known = {s["id"]: s for s in sessions if s["counts"]["spans"] <= MOST_SPANS or not s["counts"]["llm"]}
    seen = {session_id: _Seen() for session_id in known}
    called = [session_id for session_id, session in known.items() if session["counts"]["llm"]]
    if called:
        c, asked = t.span.c, _of(t.trace, reader.project, called)
        # ClickHouse reads the whole of a join's right side; named like this, it reads these traces' spans alone.
        traces = select(t.trace.c.trace_id).where(asked)
        statement = (
            select(t.trace.c.session_id, c.start_ns, c.end_ns, c.first_token_ns)
            .join(t.span, and_(c.project == t.trace.c.project, c.trace_id == t.trace.c.trace_id))
            .where(asked, c.project == reader.project, c.trace_id.in_(traces), c.kind == SpanKind.LLM)
        )
        with reader.connect() as connection:
            for session_id, *moments in connection.execute(statement):
                _add(seen[session_id], *moments)
    return {session_id: _times(found, known[session_id]["start_ns"]) for session_id, found in seen.items()}


def _of(table: Any, project: str, session_ids: Iterable[str]) -> ColumnElement[bool]:
    return and_(table.c.project == project, table.c.session_id.in_(session_ids))


def _add(seen: _Seen, start_ns: int, end_ns: int | None, first_token_ns: int | None) -> None:
    if end_ns is not None:
        seen.took_ns.append(end_ns - start_ns)
    if first_token_ns is not None:
        seen.first_token_ns.append(first_token_ns)
    moment_ns = answered_ns(start_ns, end_ns, first_token_ns)
    if moment_ns is not None:
        seen.answered_ns.append(moment_ns)


def _times(seen: _Seen, start_ns: int) -> CallTimes:
    took, firsts = sorted(seen.took_ns), sorted(seen.first_token_ns)
    answered = min(seen.answered_ns, default=None)
    return CallTimes(
        llm_p50_ms=_ms(quantile(took, 0.5)),
        llm_p95_ms=_ms(quantile(took, 0.95)),
        first_token_ms=_ms(quantile(firsts, 0.5)),
        first_output_ms=None if answered is None else (answered - start_ns) / 1e6,
    )


def _ms(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e6


def models_of(reader: Reader, sessions: Iterable[Session]) -> dict[str, ModelUse]:
    """The models that these sessions called, by id; a session without any is left out."""
    c, u = t.session.c, t.usage.c
    asked = _of(t.session, reader.project, [session["id"] for session in sessions])
    # As above, for these sessions' rows.
    numbers = select(c.sid).where(asked)
    ranked = (
        select(
            c.session_id,
            u.label,
            u.calls,
            func.row_number().over(partition_by=u.sid, order_by=(u.calls.desc(), u.label)).label("place"),
            func.count().over(partition_by=u.sid).label("models"),
        )
        .join(t.usage, u.sid == c.sid)
        .where(asked, u.project == reader.project, u.sid.in_(numbers), u.label_kind == "model")
        .subquery()
    )
    found: dict[str, ModelUse] = {}
    statement = select(ranked).where(ranked.c.place <= MOST_MODELS).order_by(ranked.c.session_id, ranked.c.place)
    with reader.connect() as connection:
        for session_id, model, calls, _, count in connection.execute(statement):
            use = found.setdefault(session_id, ModelUse(count))
            use.calls.append((model, calls))
    return found


def with_calls(reader: Reader, sessions: Iterable[Session]) -> Iterator[SessionWithCalls]:
    """Yield sessions with what their model calls say, a batch of them read at a time."""
    left = iter(sessions)
    while batch := list(islice(left, _BATCH)):
        models, times = models_of(reader, batch), call_times(reader, batch)
        for session in batch:
            use, time = models.get(session["id"], _NO_MODELS), times.get(session["id"], _UNKNOWN)
            yield {
                **session,
                "models": use.names,
                "llm_p50_ms": time.llm_p50_ms,
                "llm_p95_ms": time.llm_p95_ms,
                "first_token_ms": time.first_token_ms,
                "first_output_ms": time.first_output_ms,
            }


_NO_MODELS: Final = ModelUse()
_UNKNOWN: Final = CallTimes(None, None, None, None)
