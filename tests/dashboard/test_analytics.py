"""Figures over many sessions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentops.semconv import GenAI, Span
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span
from agentops_dashboard.derived import facts_of
from agentops_dashboard.derived.pace import read_pace
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics, quantile
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS, add_to, add_together, generate

HOUR_NS = 3_600_000_000_000
QUERIES = ("", "status:error", "errors:>0", "tag:beta", "-tag:beta", "model:gpt-4o")


@pytest.fixture(scope="module")
def reader(open_empty: Callable[[Path | None], Store]) -> Iterator[Reader]:
    """A reader of 40 sessions."""
    store = open_empty(None)
    profile = generate.Profile(end_ns=END_NS, spans=12, spread_s=86_400)
    add_together(store, [line for _, lines in generate.Generator(1, profile).sessions(40) for line in lines])
    reader = Reader(store.engine())
    yield reader
    reader.close()


@pytest.fixture
def analytics(reader: Reader) -> Analytics:
    """The figures of the 40 sessions."""
    return Analytics(reader)


@pytest.mark.parametrize("query", QUERIES)
def test_totals_are_those_of_the_list(analytics: Analytics, reader: Reader, query: str) -> None:
    """Sessions, calls, tokens and cost are the sums over the list's rows, and over the intervals."""
    rows = reader.sessions(query, limit=100)["sessions"]
    totals = analytics.totals(query)
    assert totals["sessions"] == len(rows) > 0
    assert totals["llm"] == sum(row["counts"]["llm"] for row in rows)
    assert totals["tools"] == sum(row["counts"]["tools"] for row in rows)
    assert totals["tokens"] == sum(row["tokens"]["total"] or 0 for row in rows if row["tokens"])
    assert totals["cost"] == pytest.approx(sum(row["cost"]["amount"] for row in rows if row["cost"]))
    span = analytics.span_of(query, None, None)
    assert span is not None
    points = analytics.course(query, Grid.into(*span, 10))
    assert sum(point["sessions"] for point in points) == len(rows)
    assert sum(sum(point["states"].values()) for point in points) == len(rows)
    assert sum(point["failed"] for point in points) == totals["failed"]
    classes = sum(p["input"] + p["cached"] + p["output"] + p["reasoning"] for p in points)
    assert classes == totals["tokens"]
    assert sum(point["cost"] or 0 for point in points) == pytest.approx(totals["cost"])


@pytest.mark.parametrize("by", ["model", "agent", "user", "environment", "release", "service"])
@pytest.mark.parametrize("of", ["cost", "tokens"])
def test_a_split_makes_up_the_whole(analytics: Analytics, by: str, of: str) -> None:
    """Whatever cost and tokens are split by, the parts sum up to the total."""
    totals = analytics.totals()
    span = analytics.span_of("", None, None)
    assert span is not None
    parts = analytics.split("", Grid.into(*span, 10), by=by, of=of)
    total = totals["cost"] if of == "cost" else totals["tokens"]
    assert sum(map(sum, parts.values())) == pytest.approx(total)


CALLS = (
    # number, parent, kind, name, dollars
    (1, None, "session", "s", None), (2, 1, "agent", "boss", None), (3, 2, "chain", "step", None),
    (4, 3, "llm", "chat", 1.0), (5, 3, "agent", "helper", None), (6, 5, "llm", "chat", 2.0), (7, 1, "llm", "chat", 4.0),
    (8, 9, "llm", "chat", 8.0), (9, 8, "chain", "its parent is its child", None),
)  # fmt: skip


def test_what_no_agent_spent_is_shown_as_nobodys(open_empty: Callable[[Path | None], Store]) -> None:
    """A call outside all agents, one whose parents go round in a circle, and one of a model without a name."""
    store = open_empty(None)
    add_to(store, [encode_line(encode_resource({}), '{"name":"agentops"}', [_call(*call) for call in CALLS])])
    reader = Reader(store.engine())
    analytics = Analytics(reader)
    grid = Grid.into(*(analytics.span_of("", None, None) or (0, 1)), 1)
    by_agent = analytics.split("", grid, by="agent", of="cost")
    assert by_agent == {"boss": [1.0], "helper": [2.0], "(none)": [12.0]}
    assert analytics.split("", grid, by="model", of="cost") == {"(none)": [15.0]}
    assert {row["label"]: (row["calls"], row["cost"]) for row in analytics.tables()["agent"]} == {
        "boss": (1, 1.0), "helper": (1, 2.0),
    }  # fmt: skip
    reader.close()


def _call(number: int, parent: int | None, kind: str, name: str, dollars: float | None) -> str:
    own = {
        Span.KIND: kind, Span.STATUS: "ok", Span.SEQ: number, Span.VERSION: 2, Span.COST_USD: dollars,
        GenAI.AGENT_NAME: name if kind == "agent" else None,
    }  # fmt: skip
    return encode_span(
        trace_id="c" * 32, span_id=f"{number:016x}", parent_id=f"{parent:016x}" if parent else None, name=name,
        is_client=False, start_ns=END_NS + number, end_ns=END_NS + 100, attributes=encode_attributes(own), events=(),
        status_code=1, status_message="",
    )  # fmt: skip


def test_tables_count_calls_once(analytics: Analytics) -> None:
    """The calls of all tools and of all models are the session's tool and model calls."""
    totals = analytics.totals()
    assert sum(row["calls"] for row in analytics.tables()["tool"]) == totals["tools"]
    assert sum(row["calls"] for row in analytics.tables()["model"]) == totals["llm"]


def test_agents_cost_what_their_own_calls_cost(analytics: Analytics, reader: Reader) -> None:
    """Of all sessions, and of the tree of each: a call's cost is that of the agent nearest above it."""
    costs: dict[str, float] = {}
    for row in reader.sessions(limit=100)["sessions"]:
        for agent in facts_of(reader.outlines.of(row["id"]))["agents"]:
            costs[agent["name"]] = costs.get(agent["name"], 0) + (agent["self_cost"] or 0)
    found = {row["label"]: row["cost"] or 0 for row in analytics.tables()["agent"]}
    assert found == {name: pytest.approx(cost) for name, cost in costs.items()}
    assert sum(costs.values()) == pytest.approx(analytics.totals()["cost"])


def test_answers_that_were_cut_off_are_counted_by_model(analytics: Analytics, reader: Reader) -> None:
    """As many as the spans of the model that stopped for their length; the query language finds their sessions."""
    ids = [row["id"] for row in reader.sessions(limit=100)["sessions"]]
    spans = [span for session_id in ids for span in reader.spans(session_id, with_payloads=False)]
    assert {span["finish_reason"] for span in spans if span["kind"] == "llm"} == {"stop", "tool_calls", "length"}
    for row in analytics.tables()["model"]:
        cut_off = [s for s in spans if s["model"] == row["label"] and s["finish_reason"] == "length"]
        assert row["cut_off"] == len(cut_off)
        query = f"any(model:{row['label']} finish:(length OR max_tokens))"
        assert reader.sessions(query)["total"] == len({span["session_id"] for span in cut_off})
    assert analytics.tables()["tool"][0]["cut_off"] is None


def test_intervals_by_the_clock_hold_what_the_range_holds(analytics: Analytics) -> None:
    """Hours begin at full hours, also before the range does, and still count what started within the range alone."""
    span = analytics.span_of("", None, None)
    assert span is not None
    since, until = span[0] + 3 * HOUR_NS, span[1]
    grid = Grid.of_width(since, until, HOUR_NS)
    assert grid is not None
    points = analytics.course("", grid)
    assert all(point["start_ns"] % HOUR_NS == 0 for point in points)
    assert points[0]["start_ns"] < since < points[0]["end_ns"]
    assert sum(point["sessions"] for point in points) == analytics.totals("", since_ns=since)["sessions"] > 0
    assert Grid.of_width(since, until, 1_000_000_000) is None


def test_the_pace_is_that_of_the_spans(analytics: Analytics, reader: Reader) -> None:
    """Percentiles of models and tools, by interval and by name, are those of all spans looked at by hand."""
    span = analytics.span_of("", None, None)
    assert span is not None
    pace = read_pace(reader, "", Grid.into(*span, 1))
    spans = [s for row in reader.sessions(limit=100)["sessions"] for s in reader.spans(row["id"], with_payloads=False)]
    calls = [s for s in spans if s["kind"] == "llm" and s["end_ns"]]
    took = sorted((s["end_ns"] - s["start_ns"]) / 1e6 for s in calls)
    assert (pace["sampled"], pace["sessions"]) == (40, 40)
    assert pace["points"][0]["llm"] == [quantile(took, share) for share in (0.5, 0.95, 0.99)]
    first = sorted(s["first_token_ms"] for s in calls if s["first_token_ms"] is not None)
    assert pace["points"][0]["first_token"] == [quantile(first, share) for share in (0.5, 0.95, 0.99)]
    tools = sorted((s["end_ns"] - s["start_ns"]) / 1e6 for s in spans if s["tool"] == "search_web")
    assert pace["labels"]["tool"]["search_web"]["p95_ms"] == quantile(tools, 0.95)
    mine = [s for s in calls if s["model"] == "gpt-4o" and s["tokens"] and s["tokens"]["output"]]
    busy = sum((s["end_ns"] - s["start_ns"]) / 1e6 - (s["first_token_ms"] or 0) for s in mine)
    speed = sum(s["tokens"]["output"] for s in mine) / busy * 1000
    assert pace["labels"]["model"]["gpt-4o"]["speed"] == pytest.approx(speed)
    assert pace["speeds"]["gpt-4o"] == [pytest.approx(speed)]


def test_what_agents_come_to_is_per_run(analytics: Analytics, reader: Reader) -> None:
    """Runs and steps are the sessions' own, retries those of each tree; nothing found has no agents."""
    span = analytics.span_of("", None, None)
    assert span is not None
    pace = read_pace(reader, "", Grid.into(*span, 1))
    runs = {row["label"]: row["calls"] for row in analytics.tables()["agent"]}
    assert {name: agent["runs"] for name, agent in pace["agents"].items()} == runs
    totals = analytics.totals()
    steps = sum(agent["steps"] * agent["runs"] for agent in pace["agents"].values())
    assert steps == pytest.approx(totals["llm"] + totals["tools"], rel=0.15)
    assert sum((agent["self_cost"] or 0) * agent["runs"] for agent in pace["agents"].values()) <= totals["cost"]
    again: dict[str, int] = {}
    for row in reader.sessions(limit=100)["sessions"]:
        for retry in facts_of(reader.outlines.of(row["id"]))["retries"]:
            if retry["kind"] == "tool":
                again[retry["name"]] = again.get(retry["name"], 0) + retry["attempts"] - 1
    assert again
    assert pace["retries"]["tool"] == again
    assert read_pace(reader, "tag:nobody", Grid.into(*span, 1))["agents"] == {}


def test_the_dearest_users_are_those_of_the_list(analytics: Analytics, reader: Reader) -> None:
    """Their costs are the sums of their sessions' costs, the largest first."""
    costs: dict[str, float] = {}
    for row in reader.sessions(limit=100)["sessions"]:
        if row["user"] and row["cost"]:
            costs[row["user"]] = costs.get(row["user"], 0) + row["cost"]["amount"]
    found = [(row["user"], row["cost"]) for row in analytics.top_users(most=3)]
    assert found == [(user, pytest.approx(cost)) for user, cost in sorted(costs.items(), key=lambda item: -item[1])[:3]]


def test_nothing_found_is_nothing_counted(analytics: Analytics) -> None:
    """Unknown stays None: no sessions have no success rate, no cost and no duration."""
    totals = analytics.totals("tag:nobody-has-this")
    assert totals["sessions"] == 0
    assert totals["success_rate"] is totals["cost"] is totals["p95_ms"] is None
    assert analytics.span_of("tag:nobody-has-this", None, None) is None


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, None), ([1], 0.99, 1), ([1, 2, 3, 4], 0.5, 2), (list(range(1, 101)), 0.95, 95)],
)
def test_a_quantile_is_one_of_the_values(values: list[float], share: float, found: float | None) -> None:
    """The nearest rank, without interpolation."""
    assert quantile(values, share) == found
