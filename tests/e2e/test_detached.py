"""The heading above detached spans, in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_accessibility import violations

Open = Callable[..., Page]
SELECTED = '.trow[aria-selected="true"]'
LABEL = "Detached · 40 spans whose parents did not arrive"
ROWS = 2 + 1 + 40 * 4


@pytest.mark.parametrize("view", ["tree", "timeline"])
def test_the_keyboard_reaches_and_folds_the_heading(site: Site, open_page: Open, view: str) -> None:
    """It is a row among the others, says what it is in the panel, and is asked of no server as if it were a span."""
    page = open_page(site.at(f"/sessions/{site.ids.detached}?view={view}"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    tree, heading = page.locator("#tree"), page.locator("#row-detached")
    expect(heading.locator(".tname")).to_have_text(LABEL)
    assert tree.get_attribute("data-total") == str(ROWS)
    tree.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_attribute("aria-selected", "true")
    expect(page.locator("#detail h2")).to_have_text("Detached")
    assert page.url.endswith("span=detached")
    page.keyboard.press("ArrowLeft")
    expect(heading).to_have_attribute("aria-expanded", "false")
    expect(heading).to_have_attribute("aria-selected", "true")
    expect(page.locator(".trow")).to_have_count(3)
    assert page.locator(".tree-body").evaluate("body => body.getBoundingClientRect().height") == 3 * 28
    page.reload()
    expect(page.locator(SELECTED)).to_have_attribute("data-id", "detached")
    expect(page.locator("#detail h2")).to_have_text("Detached")
    expect(heading).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(heading).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator(SELECTED).locator("b")).to_have_text("lost 0")
    expect(page.locator(SELECTED)).to_have_attribute("aria-level", "2")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(SELECTED)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowLeft")
    expect(heading).to_have_attribute("aria-selected", "true")
    assert not [url for url in asked if "/spans/detached" in url]


def test_the_heading_is_found_from_far_below_and_by_its_name(site: Site, open_page: Open) -> None:
    """The last row stands where the number of rows says; from it one gets back up, over windows that are read anew."""
    page = open_page(site.at(f"/sessions/{site.ids.detached}?view=tree"))
    page.locator("#tree").focus()
    page.keyboard.press("End")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", str(ROWS - 1))
    expect(page.locator(SELECTED).locator("b")).to_have_text("t3")
    expect(page.locator("#row-detached")).to_have_count(0)
    page.keyboard.press("Home")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", "0")
    page.keyboard.type("det")
    expect(page.locator(SELECTED)).to_have_attribute("data-id", "detached")
    assert page.locator(".trow").evaluate_all(
        "rows => new Set(rows.map((row) => row.dataset.row)).size === rows.length"
    )


def test_the_heading_folds_without_a_script(site: Site, open_page: Open) -> None:
    """Its sign and its name are links; by time there is no heading, and each says by itself that it is detached."""
    page = open_page(site.at(f"/sessions/{site.ids.detached}?view=tree"), javascript=False)
    heading = page.locator("#row-detached")
    heading.locator("a.fold").click()
    expect(page).to_have_url(re.compile("collapsed=detached"))
    expect(page.locator(".trow")).to_have_count(3)
    expect(heading.locator(".chip")).to_have_text("160")
    heading.locator("a.tname").click()
    expect(heading).to_have_attribute("aria-selected", "true")
    expect(page.locator("#detail h2")).to_have_text("Detached")
    page.goto(site.at(f"/sessions/{site.ids.detached}?view=timeline&order=start"))
    expect(heading).to_have_count(0)
    expect(page.locator(".trow", has_text="lost 0").locator(".tbadges")).to_have_text("detached")


def test_the_heading_breaks_no_rule(site: Site, open_page: Open) -> None:
    """In the tree, and folded in the timeline."""
    for query, scheme in (("view=tree", "light"), ("view=timeline&collapsed=detached", "dark")):
        page = open_page(site.at(f"/sessions/{site.ids.detached}?{query}&span=detached"), scheme=scheme)
        assert violations(page, scheme) == []
