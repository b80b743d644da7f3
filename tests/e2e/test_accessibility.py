"""Every page by the rules of axe: names, roles, contrast, structure; light and dark."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site

Open = Callable[..., Page]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {
    "light": {"runOnly": {"type": "tag", "values": TAGS}},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}
"""All rules but the experimental ones; in the dark only colours are different."""


def violations(page: Page, scheme: str = "light") -> list[str]:
    """What axe objects to: rule, number of places, and the first one."""
    found = Axe().run(page, options=RULES[scheme]).response["violations"]
    return [f"{rule['id']} ×{len(rule['nodes'])}: {rule['nodes'][0]['html'][:200]}" for rule in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/sessions?q=tag:beta",
        "/analytics",
        "/analytics?by=spread.user|llm.model&charts=cost.p95.user.line.|tokens.sum.status.table.|cost.sum.user.pie.|cost.sum..number.",
        "/settings",
        "/alerts?measure=cost&aggregate=p95",
        "/settings/prices",
        "/design",
        "/sessions/missing",
        "/sessions?q=tag:nobody",
    ],
)
def test_pages_break_no_rule(site: Site, open_page: Open, path: str, scheme: str, watch: object) -> None:
    """List, analytics, settings, alerts, the visual language, an empty list and a missing session."""
    page = open_page(site.at(path), scheme=scheme)
    if path.startswith("/analytics"):
        expect(page.locator("#plot-speed .main-svg").first).to_be_visible()
    complaints = getattr(watch, "complaints", [])
    complaints[:] = [text for text in complaints if "404" not in text]
    assert violations(page, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "view",
    [
        "messages",
        "tree",
        "timeline",
        "timeline&lanes=1",
        "timeline&colour=cost",
        "agents",
        "errors",
        "logs",
        "attributes",
        "raw",
    ],
)
def test_views_of_a_session_break_no_rule(site: Site, open_page: Open, view: str, scheme: str) -> None:
    """Each tab of a failed session, with a span selected."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view={view}"), scheme=scheme)
    assert violations(page, scheme) == []


def test_sessions_at_the_ends_break_no_rule(site: Site, open_page: Open) -> None:
    """The newest has none before it, the oldest none after it; spans that lost their parents stand below a heading."""
    page = open_page(site.at(f"/sessions/{site.ids.detached}?view=timeline"))
    assert violations(page) == []
    for sort, label in (("-start_time", "Newer session"), ("start_time", "Older session")):
        answer = page.request.get(site.at(f"/api/v1/sessions?limit=1&sort={sort}")).json()
        page.goto(site.at(f"/sessions/{answer['sessions'][0]['id']}?view=tree"))
        expect(page.get_by_role("link", name=label)).to_be_disabled()
        assert violations(page) == []


def test_what_opens_breaks_no_rule(site: Site, open_page: Open) -> None:
    """The palette, the keys, the panel beside the list, and two sessions compared."""
    page = open_page(site.at("/sessions"))
    page.locator("#rows tr").nth(1).locator(".c-duration").click()
    expect(page.locator("#peek h2")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .opt").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    other = page.locator("#rows tr").nth(3).get_attribute("data-id")
    page.goto(site.at(f"/compare?a={site.ids.failed}&b={other}"))
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editing_breaks_no_rule(site: Site, open_page: Open, scheme: str) -> None:
    """A session's tags and note with what is offered, on a phone, where nothing sticks out; tags of a selection."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"), scheme=scheme, width=400)
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_label("Edit the tags").click()
    page.get_by_label("Add a tag").fill("e")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert violations(page, scheme) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(site.at("/sessions"))
    page.locator("#rows .pick input").first.check()
    page.locator('[data-bulk="tag"]').click()
    page.get_by_label("Add a tag").fill("e")
    expect(page.get_by_role("option").first).to_be_visible()
    assert violations(page, scheme) == []
