"""What real frameworks record is shown whole in every view, and the numbers of the pages are those of the API."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from agentops_dashboard.demo.program import PROGRAMS

Open = Callable[..., Page]
FRAMEWORKS = sorted(PROGRAMS)
VIEWS = ("messages", "tree", "timeline", "agents", "errors", "logs", "attributes", "raw")
TOKENS = ("input", "output", "cached", "reasoning", "total")


def _get(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def _session(url: str, framework: str) -> dict[str, Any]:
    """The one session that this framework's demo left; the demos run in the order of their names."""
    found = _get(f"{url}/api/v1/sessions?sort=start_time&q=tag:demo")["sessions"]
    assert len(found) == len(FRAMEWORKS)
    session: dict[str, Any] = found[FRAMEWORKS.index(framework)]
    return session


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_frameworks_session_adds_up(url: str, framework: str) -> None:
    """One root, every parent there, nothing missing; counts and tokens of the session are the sums over its spans."""
    session = _session(url, framework)
    spans = _get(f"{url}/api/v1/sessions/{session['id']}/spans")["spans"]
    ids = {span["id"] for span in spans}
    assert [span["parent_id"] for span in spans if span["parent_id"] not in ids] == [None]
    assert (session["complete"], session["missing"]) == (True, 0)
    assert session["counts"]["spans"] == len(spans)
    for name, kind in (("llm", "llm"), ("tools", "tool")):
        assert session["counts"][name] == sum(span["kind"] == kind for span in spans)
    for name in TOKENS[:2]:
        assert session["tokens"][name] == sum((span["tokens"] or {}).get(name) or 0 for span in spans)
    assert session["counts"]["llm"] > 0


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_view_shows_it(url: str, open_page: Open, framework: str) -> None:
    """No view is empty, the tree has a row for each span, and nothing sticks out of the page on a phone."""
    session = _session(url, framework)
    page = open_page(f"{url}/sessions/{session['id']}?view=tree&span=")
    assert int(page.locator("#tree").get_attribute("data-total") or 0) == session["counts"]["spans"]
    for view in VIEWS:
        page.goto(f"{url}/sessions/{session['id']}?view={view}")
        expect(page.locator("main h1")).to_be_visible()
        if view not in ("errors", "logs"):
            expect(page.locator("main .empty")).to_have_count(0)
    spans = _get(f"{url}/api/v1/sessions/{session['id']}/spans")["spans"]
    names = {span["agent"] or span["name"] for span in spans if span["kind"] == "agent"}
    page.goto(f"{url}/sessions/{session['id']}?view=agents")
    for name in names:
        expect(page.locator("table.agents")).to_contain_text(name[:12])
    page.set_viewport_size({"width": 400, "height": 800})
    for view in VIEWS:
        page.goto(f"{url}/sessions/{session['id']}?view={view}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_span_can_be_looked_into(url: str, open_page: Open, framework: str) -> None:
    """Walking down the tree with the keyboard opens every span's detail, in the dark scheme too."""
    session = _session(url, framework)
    spans = _get(f"{url}/api/v1/sessions/{session['id']}/spans")["spans"]
    page = open_page(f"{url}/sessions/{session['id']}?view=tree&span=", scheme="dark")
    tree = page.locator("#tree")
    tree.focus()
    page.keyboard.press("Home")
    for row in range(len(spans)):
        expect(page.locator('.trow[aria-selected="true"]')).to_have_attribute("data-row", str(row))
        page.keyboard.press("ArrowDown")
    for span in spans[:: max(1, len(spans) // 6)]:
        page.goto(f"{url}/sessions/{session['id']}?view=tree&span={span['id']}")
        expect(page.locator("#detail")).to_contain_text((span["name"] or span["kind"])[:15])


def test_the_list_compares_and_sums_all_of_them(url: str, open_page: Open) -> None:
    """The list has a row for each, analytics sums their calls, and any two can be laid beside each other."""
    page = open_page(f"{url}/sessions?q=tag:demo")
    expect(page.locator("tbody tr[data-id]")).to_have_count(len(FRAMEWORKS))
    sessions = [_session(url, framework) for framework in FRAMEWORKS]
    page.goto(f"{url}/analytics?range=24h&q=tag:demo")
    calls = sum(session["counts"]["llm"] for session in sessions)
    expect(page.locator(".kpi", has_text="LLM calls").locator(".value")).to_have_text(f"{calls:,}")
    page.goto(f"{url}/compare?a={sessions[0]['id']}&b={sessions[1]['id']}")
    expect(page.locator("main h1")).to_be_visible()
