"""Charts that people put together."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.own_charts import charts_of, own_charts, with_new
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.analytics import Analytics, quantile
from agentops_dashboard.reader.charts import AGGREGATES, CHART_GROUPS, MEASURES, chart
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
        "score": None if session["score"] is None else float(session["score"] == "up"),
    }  # fmt: skip
    return values[measure]


def of_all(values: list[float], how: str) -> float:
    """The values as one."""
    if how in ("p50", "p95", "p99"):
        return float(quantile(sorted(values), int(how[1:]) / 100) or 0)
    return {"sum": sum(values), "mean": sum(values) / len(values), "max": max(values)}[how]


@pytest.mark.parametrize("measure", MEASURES)
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


@pytest.mark.parametrize("by", CHART_GROUPS)
def test_groups_and_intervals_share_out_the_whole(reader: Reader, grid: Grid, by: str) -> None:
    """Sessions, tokens and cost by group and interval sum up to the totals; a session counts once for each tag."""
    totals = Analytics(reader).totals()
    tags = sum(max(1, len(row["tags"])) for row in reader.sessions(limit=100)["sessions"])
    for measure, expected in (("sessions", totals["sessions"]), ("tokens", totals["tokens"]), ("cost", totals["cost"])):
        found = chart(reader, "", grid, measure=measure, aggregate="sum", by=by)
        assert found["left_out"] == 0
        total = sum(value or 0 for values in found["groups"].values() for value in values)
        if by == "tag":
            assert measure != "sessions" or total == tags
        else:
            assert total == pytest.approx(expected)


def test_an_interval_without_anything_is_0_only_of_a_sum(reader: Reader) -> None:
    """Nothing cost nothing; how long nothing took is unknown."""
    since, until = Analytics(reader).span_of("", None, None) or (0, 1)
    later = Grid.into(since, until + 4 * (until - since), 5)
    assert chart(reader, "", later, measure="cost", aggregate="sum")["groups"]["all"][-1] == 0
    assert chart(reader, "", later, measure="duration", aggregate="p95")["groups"]["all"][-1] is None


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
    from urllib.parse import parse_qsl, urlsplit

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
