"""Charts that people put together."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from agentops_dashboard.derived.pace import CALL_GROUPS, SPLIT_CALLS, read_pace, split_pace
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.own_charts import charts_of, own_charts, split_charts, split_menus, splits_of, with_new
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.analytics import Analytics, quantile
from agentops_dashboard.reader.charts import (
    AGGREGATES,
    CHART_GROUPS,
    LABEL_GROUPS,
    MEASURES,
    OF_SESSIONS,
    chart,
    distribution,
    figure,
)
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS, add_to, generate


@pytest.fixture(scope="module")
def reader(open_empty: Callable[[Path | None], Store]) -> Iterator[Reader]:
    """A reader of 40 sessions, a third of which people have judged, and two that are running."""
    store = open_empty(None)
    profile = generate.Profile(end_ns=END_NS, spans=12, spread_s=86_400)
    made = [*generate.Generator(1, profile).sessions(40), *generate.Generator(2, profile).sessions(2, state="running")]
    for place, (session_id, lines) in enumerate(made):
        add_to(store, lines)
        if place % 3 == 0:
            store.annotate("default", session_id, span_id="", name="score", value="up" if place % 2 else "down")
            store.annotate("default", session_id, span_id="", name="note", value="read")
    reader = Reader(store.engine())
    yield reader
    reader.close()


@pytest.fixture
def grid(reader: Reader) -> Grid:
    """Seven intervals over all sessions."""
    return Grid.into(*(Analytics(reader).span_of("", None, None) or (0, 1)), 7)


def of_session(session: Session, measure: str) -> float | None:
    """What a measure is of one session, from the list's row."""
    ended = session["state"] not in ("running", "paused")
    duration = (
        None
        if session["duration_ms"] is None or session["state"] == "abandoned"
        else (session["duration_ms"] - session["waiting_ms"]) / 1000
    )
    values: dict[str, float | None] = {
        "sessions": 1, "duration": duration, "cost": session["cost"]["amount"] if session["cost"] else None,
        "tokens": session["tokens"]["total"] if session["tokens"] else None, "llm": session["counts"]["llm"],
        "tools": session["counts"]["tools"], "errors": session["counts"]["errors"],
        "success": float(session["state"] == "success") if ended else None,
        "failed": float(session["state"] == "error") if ended else None,
        "score": None if session["score"] is None else float(session["score"] == "up"),
    }  # fmt: skip
    return values[measure]


def of_all(values: list[float], how: str) -> float:
    """The values as one."""
    if how in ("p50", "p95", "p99"):
        return float(quantile(sorted(values), int(how[1:]) / 100) or 0)
    return {"sum": sum(values), "mean": sum(values) / len(values), "max": max(values)}[how]


@pytest.mark.parametrize("measure", OF_SESSIONS)
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_a_chart_is_what_the_lists_rows_come_to(reader: Reader, measure: str, aggregate: str) -> None:
    """Over one interval, each measure in each way is that of all rows of the list, also within a query."""
    whole = Grid.into(*(Analytics(reader).span_of("", None, None) or (0, 1)), 1)
    for query in ("", "status:error", "tag:beta", "has:score"):
        rows = reader.sessions(query, limit=100)["sessions"]
        known = [value for row in rows if (value := of_session(row, measure)) is not None]
        groups = chart(reader, query, whole, measure=measure, aggregate=aggregate)["groups"]
        how = MEASURES[measure].only or aggregate
        expected = of_all(known, how) if known else 0.0 if how == "sum" else None
        assert groups == {"all": [pytest.approx(expected)]}
        one = figure(reader, query, whole.since_ns, whole.until_ns, measure=measure, aggregate=aggregate)
        assert one == (groups["all"][0], len(known))


@pytest.mark.parametrize("by", CHART_GROUPS)
def test_groups_and_intervals_share_out_the_whole(reader: Reader, grid: Grid, by: str) -> None:
    """Tokens and cost by group and interval sum up to the totals; a session counts once for each tag or label."""
    analytics = Analytics(reader)
    totals, tables = analytics.totals(), analytics.tables()
    several = {kind: sum(row["sessions"] for row in tables[kind]) for kind in LABEL_GROUPS}
    several["tag"] = sum(max(1, len(row["tags"])) for row in reader.sessions(limit=100)["sessions"])
    for measure, expected in (("sessions", totals["sessions"]), ("tokens", totals["tokens"]), ("cost", totals["cost"])):
        found = chart(reader, "", grid, measure=measure, aggregate="sum", by=by)
        assert found["left_out"] == 0
        total = sum(value or 0 for values in found["groups"].values() for value in values)
        if by in several and measure == "sessions":
            assert total == several[by]
        elif by != "tag":
            assert total == pytest.approx(expected)


@pytest.mark.parametrize("by", LABEL_GROUPS)
def test_what_is_of_calls_is_what_the_tables_say(reader: Reader, by: str) -> None:
    """Calls, failures, time of a call, errors and tokens of each model, tool and agent."""
    whole = Grid.into(*(Analytics(reader).span_of("", None, None) or (0, 1)), 1)
    rows = {row["label"]: row for row in Analytics(reader).tables()[by]}

    def found(measure: str, aggregate: str = "sum") -> dict[str, float | None]:
        groups = chart(reader, "", whole, measure=measure, aggregate=aggregate, by=by)["groups"]
        return {label: values[0] for label, values in groups.items() if label in rows}

    assert found("calls") == {label: row["calls"] for label, row in rows.items()}
    assert found("errors") == {label: row["errors"] for label, row in rows.items()}
    assert found("failed_calls") == pytest.approx({label: row["errors"] / row["calls"] for label, row in rows.items()})
    assert found("latency") == pytest.approx({label: row["mean_ms"] / 1000 for label, row in rows.items()})
    tokens = {label: (row["input"] or 0) + (row["output"] or 0) for label, row in rows.items()}
    assert found("tokens") == tokens


def test_what_is_of_calls_is_by_model_unless_said_otherwise(reader: Reader, grid: Grid) -> None:
    """Sessions have no calls of their own to group."""
    by_model = chart(reader, "", grid, measure="calls", aggregate="sum", by="model")
    assert chart(reader, "", grid, measure="calls", aggregate="sum") == by_model
    assert charts_of(Address("/", {"charts": "calls.sum.user.bars."}))[0].group == "model"


@pytest.mark.parametrize(
    ("measure", "by"), [("duration", ""), ("cost", "user"), ("errors", "agent"), ("latency", "tool")]
)
def test_a_distribution_holds_every_value_once(reader: Reader, grid: Grid, measure: str, by: str) -> None:
    """Each group's bars sum up to its known values, and the edges enclose all of them."""
    found = distribution(reader, "", grid, measure=measure, by=by)
    edges = found["edges"]
    assert edges == sorted(edges)
    assert len(set(edges)) == len(edges)
    rows = reader.sessions(limit=100)["sessions"]
    if by in ("", "user"):
        known = [(row["user"] or "(none)" if by else "all", value) for row in rows
                 if (value := of_session(row, measure)) is not None]  # fmt: skip
        assert {name: sum(counts) for name, counts in found["groups"].items() if sum(counts)} == Counter(
            name for name, _ in known
        )
        assert all(edges[0] <= value <= edges[-1] * (1 + 1e-9) or value <= edges[0] for _, value in known)
    else:
        tables = Analytics(reader).tables()[by]
        assert {name: sum(counts) for name, counts in found["groups"].items()} == {
            row["label"]: row["sessions"] for row in tables
        }


def test_a_fixed_chart_by_a_group_is_the_chart_of_that_measure(reader: Reader, grid: Grid) -> None:
    """The address says which chart is by what; each offers the links to the others, and nonsense is passed over."""
    address = Address(
        "/analytics", {"by": "failures.user|tokens.model|llm.tool|no.user|spread.nonsense", "q": "tag:beta"}
    )
    assert splits_of(address) == {"failures": "user", "tokens": "model", "llm": "tool"}
    failures, tokens = split_charts(address, reader, grid)
    assert (failures["id"], tokens["id"]) == ("plot-failures", "plot-tokens")
    expected = chart(reader, "tag:beta", grid, measure="failed", aggregate="mean", by="user")
    assert failures["groups"] == expected["groups"]
    menu = split_menus(address)["failures"]
    assert menu["by"] == "user"
    by = {option["by"]: option["href"] for option in menu["options"]}
    assert set(by) == {"", *CHART_GROUPS}
    none = dict(parse_qsl(urlsplit(by[""]).query))
    assert none == {"q": "tag:beta", "by": "tokens.model|llm.tool"}


def test_calls_by_a_group_are_the_calls_of_all_groups(reader: Reader) -> None:
    """One group of all has the 95th percentile of all; of two, each has its own."""
    whole = Grid.into(*(Analytics(reader).span_of("", None, None) or (0, 1)), 1)
    pace = read_pace(reader, "", whole)
    for what in SPLIT_CALLS:
        for by in CALL_GROUPS:
            assert split_pace(reader, "", whole, what, by)
    by_model = split_pace(reader, "", whole, "llm", "model")
    assert by_model == {
        name: [pytest.approx((pace["labels"]["model"][name]["p95_ms"] or 0) / 1000)] for name in by_model
    }
    assert pace["points"][0]["llm"] is not None
    everyone = split_pace(reader, "", whole, "llm", "service")
    assert everyone == {"generated": [pytest.approx(pace["points"][0]["llm"][1] / 1000)]}


def test_shapes_that_are_of_the_whole_time(reader: Reader, grid: Grid) -> None:
    """A number and a pie are of all sessions together; a pie of what is no sum is refused in its place."""
    text = "tokens.sum..number.|tokens.sum.user.pie.|tokens.mean.user.pie.|cost.p95.user.histogram."
    number, parts, wrong, spread = own_charts(Address("/", {"charts": text}), reader, grid)
    assert len(number["rows"]) == 1
    assert sum(values[0] for values in parts["groups"].values()) == Analytics(reader).totals()["tokens"]
    assert "parts of a whole" in wrong["problem"]
    assert spread["title"] == "Cost"
    assert len(spread["edges"]) == 31


def test_an_interval_without_anything_is_0_only_of_a_sum(reader: Reader) -> None:
    """Nothing cost nothing; how long nothing took is unknown."""
    since, until = Analytics(reader).span_of("", None, None) or (0, 1)
    later = Grid.into(since, until + 4 * (until - since), 5)
    assert chart(reader, "", later, measure="cost", aggregate="sum")["groups"]["all"][-1] == 0
    assert chart(reader, "", later, measure="duration", aggregate="p95")["groups"]["all"][-1] is None


def test_of_no_session_a_sum_is_0_and_anything_else_unknown(reader: Reader) -> None:
    """A figure of a time in which nothing started, and how many sessions it is of: none."""
    bounds = {"since_ns": 1, "until_ns": 2}
    assert figure(reader, "", **bounds, measure="sessions", aggregate="sum") == (0.0, 0)
    assert figure(reader, "", **bounds, measure="cost", aggregate="sum") == (0.0, 0)
    assert figure(reader, "", **bounds, measure="cost", aggregate="p95") == (None, 0)
    assert figure(reader, "", **bounds, measure="failed", aggregate="sum") == (None, 0)


def test_a_wrong_query_is_refused(reader: Reader, grid: Grid) -> None:
    """As everywhere."""
    with pytest.raises(QueryError):
        chart(reader, "stauts:error", grid, measure="cost", aggregate="sum")


def test_charts_stand_in_the_address(reader: Reader, grid: Grid) -> None:
    """One is added behind the others, once; the link beside each takes it away; nonsense is passed over."""
    address = Address("/analytics", {"charts": "cost.p95.user.line.|no.such.chart.x|tokens.sum..table.status%3Aerror"})
    assert [one.title for one in charts_of(address)] == ["p95 cost", "Tokens"]
    asked = {"new": "errors", "how": "max", "per": "release", "as": "bars", "only": 'tag:beta "a|b.c"'}
    added = with_new(Address("/analytics", {**address.params, **asked}))
    assert added is not None
    params = dict(parse_qsl(urlsplit(added).query))
    assert set(params) == {"charts"}
    charts = charts_of(Address("/analytics", params))
    assert [one.measure for one in charts] == ["cost", "tokens", "errors"]
    assert charts[-1].query == 'tag:beta "a|b.c"'
    assert with_new(address) is None
    shown = own_charts(Address("/analytics", params), reader, grid)
    assert [one["shape"] for one in shown] == ["line", "table", "bars"]
    assert len(shown[1]["rows"]) == 1
    assert [one.measure for one in charts_of(Address("/", dict(parse_qsl(urlsplit(shown[0]["remove"]).query))))] == [
        "tokens", "errors",
    ]  # fmt: skip


def test_a_chart_with_a_wrong_query_says_so_in_its_place(reader: Reader, grid: Grid) -> None:
    """The page and its other charts stay."""
    address = Address("/analytics", {"charts": "cost.sum..line.stauts%3Aerror|cost.sum..line."})
    wrong, fine = own_charts(address, reader, grid)
    assert "status" in wrong["problem"]
    assert fine["problem"] == ""
