"""What got worse from one time to the next, over real stores."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from agentops.semconv import GenAI, Span
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span
from agentops_dashboard.derived.changes import read_changes
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.attention import attention
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS, add_together

DAY_NS = 86_400_000_000_000
SINCE = END_NS - DAY_NS
MS = 1_000_000


@pytest.fixture(scope="module")
def reader(open_empty: Callable[[Path | None], Store]) -> Iterator[Reader]:
    """Forty sessions a day for two days: on the second one tool fails, one is slow, and the model has become dear."""
    store = open_empty(None)
    add_together(store, two_days())
    reader = Reader(store.engine())
    yield reader
    reader.close()


def two_days() -> list[bytes]:
    """What was recorded on the two days, a line for each session."""
    return [_session(number, is_now=number >= 40) for number in range(80)]


def _session(number: int, *, is_now: bool) -> bytes:
    """An agent that asks a model and calls three tools, one of which is as it always was."""
    start = SINCE + (1 if is_now else -1) * DAY_NS // 2 + number
    fails = number % 20 == 0 or (is_now and number % 2 == 0)
    slow_ms = 3000 if is_now and number % 2 == 1 else 100 + number % 40
    cost = (0.02 if is_now else 0.01) + (number % 5) / 10_000
    spans = (
        (1, None, "session", "run", 4000, False, None), (2, 1, "agent", "boss", 4000, fails, None),
        (3, 2, "llm", "chat", 200, False, cost), (4, 2, "tool", "fragile", 50, fails, None),
        (5, 2, "tool", "slow", slow_ms, False, None), (6, 2, "tool", "steady", 80, number % 10 == 0, None),
    )  # fmt: skip
    return encode_line(encode_resource({}), '{"name":"agentops"}', [_span(number, start, *span) for span in spans])


def _span(  # noqa: PLR0917
    session: int,
    start: int,
    number: int,
    parent: int | None,
    kind: str,
    name: str,
    ms: int,
    fails: bool,
    cost: float | None,
) -> str:
    own = {
        Span.KIND: kind, Span.STATUS: "error" if fails else "ok", Span.SEQ: number, Span.VERSION: 2,
        Span.COST_USD: cost, GenAI.AGENT_NAME: "boss" if kind in ("agent", "llm") else None,
        GenAI.TOOL_NAME: name if kind == "tool" else None, GenAI.REQUEST_MODEL: "m-1" if kind == "llm" else None,
    }  # fmt: skip
    return encode_span(
        trace_id=f"{session + 1:032x}", span_id=f"{session + 1:08x}{number:08x}",
        parent_id=f"{session + 1:08x}{parent:08x}" if parent else None, name=name, is_client=False, start_ns=start,
        end_ns=start + ms * MS, attributes=encode_attributes(own), events=(), status_code=2 if fails else 1,
        status_message="",
    )  # fmt: skip


def test_what_got_worse_is_named_and_nothing_else(reader: Reader) -> None:
    """Failures before slowness before cost, with the figures of the tables; what stayed as it was is not named."""
    changes = read_changes(reader, "", SINCE, END_NS)
    assert changes is not None
    assert [(change["kind"], change["label"], change["what"]) for change in changes] == [
        ("tool", "fragile", "errors"), ("agent", "boss", "errors"), ("tool", "slow", "p95"), ("model", "m-1", "cost"),
        ("agent", "boss", "cost"),
    ]  # fmt: skip
    assert [(change["before"], change["now"]) for change in changes[:3]] == [
        (2 / 40, 20 / 40), (2 / 40, 20 / 40), (137.0, 3000.0),
    ]  # fmt: skip
    tables = Analytics(reader).tables(since_ns=SINCE, until_ns=END_NS)
    assert changes[3]["now"] == pytest.approx((tables["model"][0]["cost"] or 0) / 40)
    assert changes[3]["before"] == pytest.approx(0.0102)
    fragile = next(row for row in tables["tool"] if row["label"] == "fragile")
    assert changes[0]["now"] == fragile["errors"] / fragile["calls"]


def test_each_leads_to_the_sessions_behind_it(reader: Reader) -> None:
    """Those that failed, those that took longer than one in twenty did before, and all of the model, dearest first."""
    changes = read_changes(reader, "", SINCE, END_NS) or []
    rows = attention(Address("/analytics", {"from": str(SINCE), "to": str(END_NS)}), changes)
    assert [(row["words"], row["before"], row["now"], row["change"]) for row in rows[:3]] == [
        ("Error rate", "5.0%", "50.0%", "+45 pp"), ("Error rate", "5.0%", "50.0%", "+45 pp"),
        ("p95 duration", "137 ms", "3.00 s", "×22"),
    ]  # fmt: skip
    asked = [parse_qs(urlsplit(row["href"]).query) for row in rows]
    totals = [
        reader.sessions(of["q"][0], since_ns=int(of["from"][0]), until_ns=int(of["to"][0]))["total"] for of in asked
    ]
    # The tool takes 3 s in twenty sessions, and in one more 138 ms.
    assert totals == [20, 20, 21, 40, 40]
    assert [of.get("sort") for of in asked] == [None, None, None, ["-cost"], ["-cost"]]


def test_a_time_with_none_before_it_is_not_judged(reader: Reader) -> None:
    """None says that there is nothing to compare with; an empty list that nothing got worse."""
    assert read_changes(reader, "", SINCE - DAY_NS, SINCE) is None
    assert read_changes(reader, "tool:nobody-calls-this", SINCE, END_NS) is None
    assert read_changes(reader, "", SINCE - DAY_NS // 4, SINCE + DAY_NS) is not None


def test_too_few_to_say(reader: Reader) -> None:
    """A quarter of the sessions are ten calls of a tool a day: however different they are, it may be chance."""
    wanted = f"id:({' OR '.join(f'{number + 1:032x}' for number in range(0, 80, 4))})"
    assert reader.sessions(wanted)["total"] == 20
    assert {change["what"] for change in read_changes(reader, wanted, SINCE, END_NS) or []} == {"cost"}
