"""However much one batch holds, and however many traces one session has: what is sent is stored."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import RawSpan, SpanRecord, understand
from agentops_dashboard.store import Store

MANY = 24_000
START_NS = 1_760_000_000_000_000_000


def _turns(count: int, *, per_trace: int) -> list[SpanRecord]:
    """So many spans of one conversation, of which each trace holds ``per_trace``."""
    return [
        understand(
            RawSpan(
                trace_id=f"{place // per_trace + 1:032x}", span_id=f"{place + 1:016x}", parent_id=None, name="turn",
                otlp_kind=1, start_ns=START_NS + place, end_ns=START_NS + place + 1,
                attributes={"gen_ai.conversation.id": "one"}, events=[], links=[], status_code=0, status_message="",
                resource={}, scope="x",
            )
        )
        for place in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("per_trace", [MANY, 20])
def test_one_batch_of_many_spans(open_empty: Callable[[Path | None], Store], per_trace: int) -> None:
    """Of one trace, and of as many traces as make the ids alone more than a statement may hold."""
    store = open_empty(None)
    store.add("default", _turns(MANY, per_trace=per_trace))
    reader = Reader(store.engine())
    (session,) = reader.sessions()["sessions"]
    assert (session["id"], session["counts"]["spans"], session["turns"]) == ("one", MANY, MANY // per_trace)
    reader.close()
    assert store.delete_sessions("default", ["one"]) == ["one"]
