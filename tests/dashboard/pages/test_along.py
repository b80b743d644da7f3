"""What goes along from page to page, and the switch between environments."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.along import environment_switch, kept_along
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.store import SQLiteStore
from tests.dashboard.conftest import add_to

Make = Callable[..., list[tuple[str, list[bytes]]]]
BOTH = ["production", "staging"]


def queries(address: Address) -> dict[str, str]:
    """What the switch offers, and the query that each choice leads to."""
    switch = environment_switch(address, BOTH)
    assert switch is not None
    links = {option["text"]: urlsplit(option["href"]) for option in switch["options"]}
    return {text: dict(parse_qsl(link.query)).get("q", "") for text, link in links.items()}


def test_range_and_environment_go_along_to_other_pages() -> None:
    """Those of the page, or of the list that a session was opened from; nothing else of the address."""
    assert kept_along({"range": "24h", "q": "tag:a", "sort": "cost"}) == "?range=24h"
    assert kept_along({"from": "2026-01-31T00:00:00Z", "to": ""}) == "?from=2026-01-31T00%3A00%3A00Z"
    assert kept_along({"list": "q=env%3Aa+tag%3Ab&range=7d", "view": "tree"}) == "?range=7d&q=env%3Aa"
    assert kept_along({"q": "x -environment:test env:(a OR b)"}) == "?q=-environment%3Atest+env%3A%28a+OR+b%29"
    assert kept_along({"list": "q=tag%3Aa", "range": "7d"}) == kept_along({}) == ""
    assert kept_along({"q": "environment:a OR tag:x"}) == "", "half of an alternative would say something else"


def test_the_switch_writes_the_query_s_own_term() -> None:
    """In place of whatever the query said about the environment, beside all else that it says."""
    assert queries(Address("/sessions", {"q": "tag:x env:(a OR b) -environment:c", "cursor": "1"})) == {
        "All environments": "tag:x",
        "production": "tag:x environment:production",
        "staging": "tag:x environment:staging",
    }
    assert queries(Address("/analytics", {"q": "tag:x OR tag:y"}))["staging"] == "(tag:x OR tag:y) environment:staging"


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("", "All environments"), ("tag:x", "All environments"), ("environment:staging x", "staging"),
        ("env:staging", "staging"), ("environment:(production OR staging)", "Several"),
        ("-environment:test", "Several"), ("environment:a OR x", "All environments"),
    ],
)  # fmt: skip
def test_the_switch_says_what_the_query_says(query: str, label: str) -> None:
    """One environment by its name; several, or all but one, as several."""
    switch = environment_switch(Address("/sessions", {"q": query}), BOTH)
    assert switch is not None
    assert switch["label"] == label
    assert [option["text"] for option in switch["options"] if option["is_used"]] == [label] * (label[0] != "S")


def test_a_program_with_an_environment_for_each_run_does_not_fill_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty are named, and how many there are beside them."""
    monkeypatch.setattr(Reader, "environments", lambda _: [f"run-{number:04}" for number in range(2_000)])
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        page = client.get("/sessions").text
    assert page.count("environment%3Arun-") == 30
    assert "1,970 more" in page


def test_elsewhere_the_switch_leads_to_the_list() -> None:
    """From a session to the list that it was opened from; from one environment there is nothing to switch to."""
    switch = environment_switch(Address("/sessions/1", {"list": "q=tag%3Ax&range=7d", "view": "tree"}), BOTH)
    assert switch is not None
    assert switch["options"][2]["href"] == "/sessions?range=7d&q=tag%3Ax+environment%3Astaging"
    assert environment_switch(Address("/sessions"), ["production"]) is environment_switch(Address("/"), []) is None


def test_each_choice_finds_as_many_in_the_list_as_in_the_figures(store: SQLiteStore, make_sessions: Make) -> None:
    """The environments share out all sessions, and list, histogram and totals count each alike."""
    for _, lines in make_sessions(16, spans=4):
        add_to(store, lines)
    reader = Reader(store.engine())
    found = {}
    for text, query in queries(Address("/sessions", {"q": "spans:>1"})).items():
        found[text] = reader.sessions(query)["total"]
        assert Analytics(reader).totals(query)["sessions"] == found[text]
        assert sum(bar["total"] for bar in reader.histogram(query)) == found[text]
    reader.close()
    assert found == {"All environments": 16, "production": 12, "staging": 4}


def test_pages_have_the_switch_once_there_are_two_environments(tmp_path: Path, make_sessions: Make) -> None:
    """List, analytics, settings and a session show it, and its links carry the range along."""
    app = create_app(tmp_path, with_importer=False)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        sessions = make_sessions(3, spans=4)
        for _, lines in sessions[:2]:
            add_to(app.state.store, lines)
        assert "environment-switch" not in client.get("/sessions").text
        add_to(app.state.store, sessions[2][1])
        for path in ("/sessions", "/analytics", "/settings", f"/sessions/{sessions[0][0]}"):
            assert 'popovertarget="environment-switch"' in client.get(path).text, path
        page = client.get("/analytics?range=30d&q=env:staging").text
        assert 'href="/sessions?range=30d&amp;q=env%3Astaging"' in page
        assert "environment-switch" not in client.get("/sessions/rows").text
