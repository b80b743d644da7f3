"""Collectors that write at once."""

from collections.abc import Callable
from pathlib import Path

from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import RawSpan, SpanRecord, understand
from agentops_dashboard.store import Store
from agentops_dashboard.store.clickhouse import ClickHouseStore

START_NS = 1_760_000_000_000_000_000


def _turn(number: int) -> SpanRecord:
    """A trace of the conversation that all turns belong to."""
    return understand(
        RawSpan(
            trace_id=f"{number:032x}", span_id=f"{number:016x}", parent_id=None, name="turn", otlp_kind=1,
            start_ns=START_NS, end_ns=START_NS + number, attributes={"gen_ai.conversation.id": "one"}, events=[],
            links=[], status_code=0, status_message="", resource={}, scope="x",
        )
    )  # fmt: skip


def test_of_two_at_once_the_later_summary_holds_what_both_wrote(
    open_empty: Callable[[Path | None], Store], open_again: Callable[[Store], Store]
) -> None:
    """One writes wholly between the other's look at the clock and its traces: neither trace is missing."""
    store = open_empty(None)
    assert isinstance(store, ClickHouseStore)
    other, looks = open_again(store), []
    now_ns = store._summaries.now_ns

    def look() -> int:
        looks.append(now_ns())
        if len(looks) == 1:
            other.add("default", [_turn(2)])
        return looks[-1]

    store._summaries.now_ns = look  # type: ignore[method-assign]
    store.add("default", [_turn(1)])
    reader = Reader(store.engine())
    (session,) = reader.sessions()["sessions"]
    assert (session["id"], session["turns"], session["counts"]["spans"]) == ("one", 2, 2)
    reader.close()
