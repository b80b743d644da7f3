"""Every view over a million spans: what adds up, what is in the page, and what moves."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.sessions import generate
from tests.scale.conftest import LARGE, LARGE_SPANS, Site

Open = Callable[..., Page]
FILTERS = (
    "", "status:error", "tag:beta -tag:production", "tool:run_sql errors:>2", "model:gpt-4o cost:>0.1",
    "release:1.5.0 environment:staging", "user:(user-17 OR user-38) duration:>30s", '"invoices"',
)  # fmt: skip
NARROW = ("agent:critic spans:<12", "tool:run_sql errors:>5 status:error")
MOST_NODES = 3_000
MOST_HEAP = 300 * 1024 * 1024
_COUNTS = re.compile(r"(\d+) [a-z]")
SHIFTS = """
window.moved = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.moved += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


def ask(site: Site, path: str, **parameters: object) -> Any:
    """What the API answers."""
    with urllib.request.urlopen(f"{site.url}{path}?{urlencode(parameters)}") as answer:
        return json.load(answer)


def heap(page: Page) -> int:
    """Bytes of JavaScript objects in the tab that are in use, rubbish taken out before."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    used: int = client.send("Runtime.getHeapUsage")["usedSize"]
    client.detach()
    return used


def nodes(page: Page) -> int:
    """Elements in the page."""
    count: int = page.evaluate("document.querySelectorAll('*').length")
    return count


@pytest.mark.parametrize("query", [*FILTERS, *NARROW])
def test_list_charts_and_details_count_the_same(site: Site, open_page: Open, query: str) -> None:
    """The number over the list, its bars, the figures and the bars of the analytics, and the sum over the sessions."""
    parameters = urlencode({"q": query} if query else {})
    page = open_page(site.at(f"/sessions?{parameters}"))
    total = int(page.locator("#total").inner_text().replace(",", ""))
    assert total > 0
    titles = page.locator("#histogram g title").all_text_contents()
    assert sum(int(number) for title in titles for number in _COUNTS.findall(title.split(": ")[1])) == total
    assert sum(bar["total"] for bar in ask(site, "/api/v1/histogram", q=query)["buckets"]) == total
    page.goto(site.at(f"/analytics?{parameters}"))
    data = json.loads(page.locator("#data").text_content() or "")
    assert sum(point["sessions"] for point in data["points"]) == total
    assert sum(data["durations"]["counts"]) <= total
    totals = ask(site, "/api/v1/analytics/totals", q=query)
    cost = sum(map(sum, data["split"].values()))
    assert cost == pytest.approx(totals["cost"] or 0)
    for by in ("agent", "user", "release"):
        parts = ask(site, "/api/v1/analytics/split", q=query, by=by, of="tokens")["groups"]
        assert sum(map(sum, parts.values())) == totals["tokens"]


@pytest.mark.parametrize("query", NARROW)
def test_the_spans_behind_a_filter_add_up(site: Site, query: str) -> None:
    """Model calls, tool calls, tokens and errors of every single session sum up to the analytics' totals."""
    totals = ask(site, "/api/v1/analytics/totals", q=query)
    assert 100 < totals["sessions"] < 600
    sums = _summed_up(site, query, totals["sessions"])
    assert sums == (totals["llm"], totals["tools"], totals["tokens"], totals["errors"])


def _summed_up(site: Site, query: str, total: int) -> tuple[int, ...]:
    """Model calls, tool calls and tokens of the spans, and the errors, session by session."""
    sums, seen, cursor = [0, 0, 0, 0], 0, None
    while True:
        page = ask(site, "/api/v1/sessions", q=query, limit=100, **({"cursor": cursor} if cursor else {}))
        for session in page["sessions"]:
            seen += 1
            spans = ask(site, f"/api/v1/sessions/{session['id']}/spans", payload="false")["spans"]
            for place, kind in enumerate(("llm", "tool")):
                sums[place] += sum(span["kind"] == kind for span in spans)
            sums[2] += sum(span["tokens"]["total"] for span in spans if span["tokens"])
            sums[3] += session["counts"]["errors"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert seen == total
            return tuple(sums)


def test_the_list_goes_on_and_stays_light(site: Site, open_page: Open) -> None:
    """Page after page without one session twice; a column sorts all of them; the tab stays small."""
    page = open_page(site.at("/sessions"))
    for number in range(2, 9):
        page.locator("#more").scroll_into_view_if_needed()
        expect(page.locator("#rows tr")).to_have_count(50 * number)
    ids = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert len(set(ids)) == 400
    assert heap(page) < MOST_HEAP
    page.goto(site.at("/sessions?sort=-cost"))
    dearest = ask(site, "/api/v1/sessions", sort="-cost", limit=3)["sessions"]
    shown = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert shown[:3] == [session["id"] for session in dearest]


def test_each_facet_finds_what_it_says(site: Site, open_page: Open) -> None:
    """The first value of every facet: a click leads to as many sessions as stood beside it."""
    page = open_page(site.at("/sessions"))
    found = page.locator(".facet").evaluate_all(
        """facets => facets.map(facet => facet.querySelector('li a:not(.without)'))
            .filter(link => link?.querySelector('.num')).map(link => [link.href, link.querySelector('.num').title])"""
    )
    assert len(found) >= 8
    for href, _ in found:
        page.goto(href)
        total = int(page.locator("#total").inner_text().replace(",", ""))
        promised = ask(site, "/api/v1/sessions", q=_query_of(href), limit=1)["total"]
        assert total == promised > 0, href


def _query_of(href: str) -> str:
    return parse_qs(urlsplit(href).query)["q"][0]


@pytest.mark.parametrize("view", ["tree", "timeline"])
def test_fifty_thousand_spans_scroll_without_a_blank_row(site: Site, open_page: Open, view: str) -> None:
    """Wherever one scrolls, every place in sight is a row, and there are never many of them in the page."""
    page = open_page(site.at(f"/sessions/{LARGE}?view={view}"))
    tree = page.locator("#tree")
    total = int(tree.get_attribute("data-total") or 0)
    # Children come 200 at a time, and each agent has exactly so many.
    assert total == LARGE_SPANS - 50 * 201
    covered = """tree => { const box = tree.getBoundingClientRect(), blank = [];
        for (let y = box.top + 40; y < box.bottom - 20; y += 14)
            if (!document.elementFromPoint(box.left + 120, y)?.closest('.trow')) blank.push(Math.round(y));
        return blank; }"""
    for share in (*(step / 12 for step in range(13)), 0.5, 0.01, 0.99, 0.3):
        tree.evaluate("(tree, share) => tree.scrollTo(0, (tree.scrollHeight - tree.clientHeight) * share)", share)
        page.wait_for_function(f"() => ({covered})(document.querySelector('#tree')).length === 0")
        assert nodes(page) < MOST_NODES, share
    assert heap(page) < MOST_HEAP
    tree.focus()
    page.keyboard.press("End")
    expect(page.locator(f'.trow[data-row="{total - 1}"]')).to_be_visible()
    page.keyboard.press("Home")
    expect(page.locator('.trow[data-row="0"]')).to_be_visible()


def test_searching_and_zooming_in_fifty_thousand_spans(site: Site, open_page: Open) -> None:
    """The hits of a name that each agent calls once are as many as there are agents; the timeline zooms in."""
    page = open_page(site.at(f"/sessions/{LARGE}?view=tree&find=t137&only=1"))
    expect(page.locator("#hits")).to_contain_text("250")
    page.goto(site.at(f"/sessions/{LARGE}?view=timeline"))
    lane = page.locator(".lane svg").first
    expect(lane).to_have_attribute("viewBox", "0.0000 0 1000.0000 28")
    page.keyboard.press("+")
    expect(lane).to_have_attribute("viewBox", "250 0 500 28")
    for view in ("messages", "agents", "errors", "logs", "attributes", "raw"):
        page.goto(site.at(f"/sessions/{LARGE}?view={view}"))
        expect(page.locator(f".view-{view}")).to_be_visible()
        assert heap(page) < MOST_HEAP, view


def test_analytics_draw_a_month(site: Site, open_page: Open) -> None:
    """Every chart has its figures, the tables their rows, and a bar leads to a list of as many sessions."""
    page = open_page(site.at("/analytics"))
    expect(page.locator(".plot.js-plotly-plot")).to_have_count(10, timeout=30_000)
    expect(page.locator(".plot .nothing")).to_have_count(0)
    data = json.loads(page.locator("#data").text_content() or "")
    place, point = max(enumerate(data["points"]), key=lambda item: item[1]["sessions"])
    page.evaluate(
        "([id, place]) => document.getElementById(id).emit('plotly_click', {points: [{data: {meta: 'success'}, "
        "pointIndex: place}]})",
        ["plot-sessions", place],
    )
    expect(page.locator("#total")).to_have_text(f"{point['states']['success']:,}")
    page.goto(site.at("/analytics?group=agent&range=7d"))
    expect(page.locator(".plot.js-plotly-plot")).to_have_count(10, timeout=30_000)
    assert heap(page) < MOST_HEAP


def test_nothing_moves_when_something_new_comes(site: Site, open_page: Open) -> None:
    """Neither the list that is being read nor a panel: new sessions wait behind a button, which says how many."""
    page = open_page("about:blank")
    page.add_init_script(SHIFTS)
    page.goto(site.at("/sessions"))
    page.locator("#rows tr").nth(30).hover()
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 100")
    page.wait_for_timeout(700)  # Movement that follows an input within half a second is its own doing.
    # The rows that scrolling brings push down the link to more of them, which may count as movement: not what is asked.
    expect(page.locator("#more")).to_have_text("More")
    before = page.evaluate("window.moved")
    for _ in range(3):
        _send(site)
    expect(page.locator("#new-rows")).to_have_text("3 new")
    assert page.evaluate("window.moved") == before
    assert heap(page) < MOST_HEAP


def _send(site: Site) -> None:
    """Record a session now."""
    ((_, lines),) = generate.Generator(time.time_ns(), generate.Profile(spans=8, spread_s=1)).sessions(1)
    for line in lines:
        request = urllib.request.Request(f"{site.url}/v1/traces", line, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            answer.read()
