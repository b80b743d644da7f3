"""Reading without a script, on a small screen, and without being able to see."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.sessions import SESSIONS

Open = Callable[..., Page]


def test_the_list_reads_without_javascript(site: Site, open_page: Open) -> None:
    """Rows, query and the next page work without a script."""
    page = open_page(site.at("/sessions"), javascript=False)
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#more").click()
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#more").click()
    expect(page.locator("#rows tr")).to_have_count(SESSIONS - 100)
    page.locator("#q").fill("status:error")
    page.get_by_role("button", name="Search", exact=True).click()
    assert int(page.locator("#total").inner_text()) < SESSIONS


def test_the_tree_reads_without_javascript(site: Site, open_page: Open) -> None:
    """Rows fold by a link, come page by page, and a link shows a span's content."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"), javascript=False)
    expect(page.locator(".trow")).to_have_count(64)
    page.get_by_role("link", name="Rows after").click()
    expect(page.locator(".trow").first).to_have_attribute("data-row", "64")
    page.goto(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    before = page.locator(".trow").count()
    page.locator(".trow[data-row='1'] a.fold").click()
    assert page.locator(".trow").count() < before
    page.locator(".trow .tname").nth(1).click()
    expect(page.locator("#detail h2")).to_contain_text("invoke_agent")


def test_the_messages_read_without_javascript(site: Site, open_page: Open) -> None:
    """The conversation is there, and a tool's result opens without a script."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=messages"), javascript=False)
    expect(page.locator(".say.role-user").first).to_be_visible()
    closed = page.locator(".step-call:not([open])").first.get_attribute("id")
    call = page.locator(f"#{closed}")
    call.locator("summary").first.click()
    expect(call.locator(".call-body").first).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 400])
def test_no_page_is_wider_than_the_screen(site: Site, open_page: Open, width: int) -> None:
    """Nothing makes the page itself scroll sideways."""
    page = open_page(site.at("/sessions"), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    others = f"/compare?a={site.ids.failed}&b={site.ids.hostile}", "/analytics?range=7d", "/settings"
    for path in others:
        page.goto(site.at(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for view in ("tree", "timeline", "messages", "agents", "errors", "logs", "attributes", "raw"):
        page.goto(site.at(f"/sessions/{site.ids.failed}?view={view}"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_what_scrolls_inside_makes_the_page_no_taller(site: Site, open_page: Open) -> None:
    """Messages and entries scroll in their panel; behind the page's end there is nothing to scroll to."""
    for view in ("messages", "logs", "tree", "errors"):
        page = open_page(site.at(f"/sessions/{site.ids.failed}?view={view}"))
        assert page.evaluate("document.documentElement.scrollHeight") <= 900, view


def test_the_tree_is_a_tree_to_a_screen_reader(site: Site, open_page: Open) -> None:
    """Rows are tree items with level, place among their siblings and whether they are open."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    tree = page.get_by_role("tree")
    expect(tree.get_by_role("treeitem", expanded=True).first).to_be_visible()
    row = page.locator(".trow[data-row='1']")
    assert row.get_attribute("aria-level") == "2"
    assert row.get_attribute("aria-posinset") == "1"


def test_every_control_has_a_name(site: Site, open_page: Open) -> None:
    """No link, button or field is without words for those who do not see its icon."""
    nameless = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]
        .filter(el => el.checkVisibility() && !(el.innerText.trim() || el.getAttribute('aria-label') || el.title ||
            el.labels?.length || el.closest('[aria-hidden=true]') || el.textContent.trim()))
        .map(el => el.outerHTML.slice(0, 120))"""
    page = open_page(site.at("/sessions"))
    assert page.evaluate(nameless) == []
    page.goto(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    assert page.evaluate(nameless) == []


def test_controls_are_what_they_say(site: Site, open_page: Open) -> None:
    """No link claims to be a switch, no summary holds a second control, and every divider says where it stands."""
    wrong = "a[aria-pressed], summary a, summary button, [role=img] a, [role=separator][tabindex]:not([aria-valuenow])"
    page = open_page(site.at("/sessions?q=tag:beta"))
    assert page.locator(wrong).count() == 0
    for view in ("tree", "timeline", "messages", "agents", "errors"):
        page.goto(site.at(f"/sessions/{site.ids.failed}?view={view}"))
        assert page.locator(wrong).count() == 0, view
