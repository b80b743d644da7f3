"""For every filter there is, list, charts, facets and details count the same."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.list_page import facets_of
from agentops_dashboard.pages.query_edit import term
from agentops_dashboard.pages.session_list import facet_panels
from agentops_dashboard.pages.session_views import errors_view
from agentops_dashboard.query import SESSION_FIELDS, Field
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.analytics import GROUPS, Analytics
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import SQLiteStore
from tests.dashboard.conftest import END_NS

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]
OVER = {"number": ">1", "money": ">0.01", "duration": ">15s", "time": f"<{END_NS // 10**9 % 10 + 1}h"}
VALUES = {
    "tag": "beta", "name": "s*", "user": "user-17", "environment": "production", "service": "generated",
    "release": "1.5.0", "framework": "langgraph", "host": "laptop", "agent": "planner", "tool": "search_web",
    "model": "gpt-4o", "error": "TimeoutError", "fingerprint": "TimeoutError*", "id": "0*", "parent": "nobody",
    "metadata": "eu",
}  # fmt: skip


def terms(field: Field) -> Iterator[str]:
    """Filters under a key of the query language: each choice, or a value that some sessions have and others do not."""
    if field.choices:
        yield from (f"{field.name}:{choice}" for choice in field.choices)
    elif field.kind == "text":
        yield f"{field.name}{'.region' if field.has_members else ''}:{VALUES[field.name]}"
    else:
        yield f"{field.name}:{OVER[field.kind]}"


@pytest.fixture
def filled(reader: Reader, store: SQLiteStore, make_sessions: Make, add_lines: Add) -> Reader:
    """Thirty ended sessions and two running ones, some of which people said something about."""
    made = [*make_sessions(30, spans=12, spread_s=86_400, error_rate=0.2), *make_sessions(2, seed=2, state="running")]
    for place, (session_id, lines) in enumerate(made):
        add_lines(lines)
        if place % 3 == 0:
            store.annotate("default", session_id, span_id="", name="bookmark", value="yes")
            store.annotate("default", session_id, span_id="", name="score", value="up" if place % 2 else "down")
            store.annotate("default", session_id, span_id="", name="note", value="read this")
    return reader


def everything(reader: Reader, query: str) -> list[Session]:
    """All sessions of a list, page by page."""
    found, cursor = [], None
    while True:
        page = reader.sessions(query, cursor=cursor, limit=9)
        found += page["sessions"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert page["total"] == len(found)
            return found


def check(reader: Reader, analytics: Analytics, query: str) -> int:
    """Compare what list, charts, facets and details say; returns how many sessions fit."""
    rows = everything(reader, query)
    totals = analytics.totals(query)
    assert totals["sessions"] == len(rows), query
    spans = [span for row in rows for span in reader.spans(row["id"], with_payloads=False)]
    tokens = sum(span["tokens"]["total"] or 0 for span in spans if span["tokens"])
    cost = sum(span["cost"]["amount"] for span in spans if span["cost"])
    assert totals["llm"] == sum(span["kind"] == "llm" for span in spans), query
    assert totals["tools"] == sum(span["kind"] == "tool" for span in spans), query
    assert (totals["tokens"] or 0) == tokens, query
    assert (totals["cost"] or 0) == pytest.approx(cost), query
    failures = analytics.tables(query)["fingerprint"]
    assert sum(row["calls"] for row in failures) == totals["errors"] == sum(row["counts"]["errors"] for row in rows), (
        query
    )
    for facet in reader.facets(query):
        if facet["key"] in ("status", "environment", "release", "service"):
            assert sum(value["count"] for value in facet["values"]) == len(rows), (query, facet["key"])
    if rows:
        span = analytics.span_of(query, None, None)
        assert span is not None
        grid = Grid.into(*span, 7)
        points = analytics.course(query, grid)
        assert sum(point["sessions"] for point in points) == len(rows), query
        assert sum(p["input"] + p["cached"] + p["output"] + p["reasoning"] for p in points) == tokens, query
        assert sum(bar["total"] for bar in reader.histogram(query)) == len(rows), query
        for group in set(GROUPS) - {"tag"}:
            split = analytics.split(query, grid, by=group, of="tokens")
            assert sum(map(sum, split.values())) == tokens, (query, group)
    return len(rows)


def test_every_filter_counts_the_same_everywhere(filled: Reader) -> None:
    """Each key of the query language with each of its choices, asked for and excluded, shares out all sessions."""
    analytics = Analytics(filled)
    for field in SESSION_FIELDS:
        for one in terms(field):
            assert check(filled, analytics, one) + check(filled, analytics, f"-{one}") == 32, one


def test_a_facet_by_itself_is_the_same_facet(filled: Reader) -> None:
    """Asked for alone or among all, with a filter and without."""
    for query in ("", "errors:>0 tag:beta"):
        for facet in filled.facets(query):
            assert filled.facets(query, only=facet["key"]) == [facet]


def test_every_value_of_every_facet_finds_as_many_as_it_says(filled: Reader) -> None:
    """A click on a value leads to a list of the length that stood beside it."""
    for facet in filled.facets():
        for value in facet["values"]:
            found = filled.sessions(f'{facet["key"]}:"{value["value"]}"', limit=0)["total"]
            assert found == value["count"], (facet["key"], value)


def test_where_all_must_fit_each_count_is_what_a_click_finds(filled: Reader) -> None:
    """Two tags or tools that a session must have both: a count says how many have one more, or have the chosen ones."""
    for query in ("tag:production tag:beta", "tool:search_web tool:run_sql", "tag:production tag:nobody"):
        total = filled.sessions(query)["total"]
        panels = facet_panels(Address("/sessions", {"q": query}), query, facets_of(filled, query, {}))
        panel = next(panel for panel in panels if panel["label"] == ("Tool" if "tool" in query else "Tags"))
        assert [join["is_used"] for join in panel["joins"]] == [False, True]
        assert sum(option["is_used"] for option in panel["options"]) == 2
        for option in panel["options"]:
            found = filled.sessions(parse_qs(urlsplit(option["href"]).query).get("q", [""])[0])["total"]
            assert option["count"] == (total if option["is_used"] else found), (query, option)
        any_of = parse_qs(urlsplit(panel["joins"][0]["href"]).query)["q"][0]
        assert filled.sessions(any_of)["total"] >= total


def test_every_group_of_errors_leads_to_as_many_sessions_as_it_says(filled: Reader) -> None:
    """The link of a group in the analytics finds its sessions, and no others."""
    failures = Analytics(filled).tables()["fingerprint"]
    assert len(failures) > 2
    for row in failures:
        for key in ("fingerprint", "error.fingerprint"):
            found = everything(filled, term(key, row["label"]))
            assert len(found) == row["sessions"], row["label"]
        for session in found:
            began = {group["type"] for group in errors_view(session, filled.outlines.of(session["id"]))["error_groups"]}
            assert row["label"].partition(": ")[0] in began
