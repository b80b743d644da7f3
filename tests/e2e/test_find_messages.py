"""A text looked for in all messages of a session."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.sessions import HOSTILE

Open = Callable[..., Page]


def _messages(site: Site, session_id: str, more: str = "") -> str:
    return site.at(f"/sessions/{session_id}?view=messages{more}")


def test_one_goes_from_hit_to_hit_over_all_windows(site: Site, open_page: Open) -> None:
    """With Enter, Shift and the buttons, round the end; the address says where one is, and shows the same again."""
    page = open_page(_messages(site, site.ids.large))
    expect(page.locator(".step")).to_have_count(80)
    finder, found, here = page.get_by_label("Find in all messages"), page.locator("#found-here"), page.locator("#here")
    page.evaluate("window.isSamePage = true")
    finder.fill("T59")
    finder.press("Enter")
    expect(found).to_contain_text("1 of 50")
    expect(here).to_have_text("t59")
    expect(here).to_be_in_viewport()
    finder.press("Enter")
    expect(found).to_contain_text("2 of 50")
    expect(page.get_by_text("The steps before these")).to_be_visible()
    expect(here).to_be_in_viewport()
    finder.press("Shift+Enter")
    expect(found).to_contain_text("1 of 50")
    page.get_by_label("Previous hit").click()
    expect(found).to_contain_text("50 of 50")
    expect(page.get_by_label("Previous hit")).to_be_focused()
    assert "find=T59" in page.url
    assert "hit=50" in page.url
    assert page.evaluate("window.isSamePage && scrollY") == 0
    assert "find=T59" in str(page.locator(".tabs a").nth(1).get_attribute("href"))
    page.reload()
    expect(found).to_contain_text("50 of 50")
    expect(here).to_be_in_viewport()
    expect(finder).to_have_value("T59")
    page.get_by_label("Next hit").click()
    expect(found).to_contain_text("1 of 50")
    page.keyboard.press("p")
    expect(found).to_contain_text("50 of 50")
    page.keyboard.press("n")
    expect(found).to_contain_text("1 of 50")
    page.get_by_label("Clear the search").click()
    expect(page.locator("mark")).to_have_count(0)
    expect(finder).to_have_value("")
    assert "find" not in page.url


def test_a_hit_in_a_folded_part_opens_it(site: Site, open_page: Open) -> None:
    """A call's arguments and a model's instructions are read where they stand; the rest stays closed."""
    page = open_page(_messages(site, site.ids.failed))
    call = page.locator(".step-call:not([open])").first
    name = call.get_attribute("id")
    text = call.locator(".j-text").first.text_content()
    page.get_by_label("Find in all messages").fill(f"{text}")
    page.get_by_label("Find in all messages").press("Enter")
    expect(page.locator(f"#{name} mark").first).to_be_visible()
    page.goto(_messages(site, site.ids.failed, "&find=Answer+shortly#here"))
    expect(page.locator(".system[open] #here")).to_be_visible()


def test_messages_are_searched_without_javascript(site: Site, open_page: Open) -> None:
    """The form shows the window with the first hit, from where links go to the others."""
    page = open_page(_messages(site, site.ids.large, "&offset=160"), javascript=False)
    page.get_by_label("Find in all messages").fill("t59")
    page.get_by_label("Find in all messages").press("Enter")
    expect(page).to_have_url(re.compile(r"find=t59#here$"))
    expect(page.locator("#found-here")).to_contain_text("1 of 50")
    for number in (2, 3):
        page.get_by_label("Next hit").click()
        expect(page.locator("#found-here")).to_contain_text(f"{number} of 50")
        expect(page.locator("#here")).to_be_in_viewport()
    for _ in range(2):
        page.get_by_text("The steps before these").click()
        expect(page.locator("#found-here")).to_contain_text("50 hits")
    page.get_by_text("Next 80 of").click()
    page.get_by_label("Next hit").click()
    expect(page.locator("#found-here")).to_contain_text("2 of 50")
    page.get_by_label("Clear the search").click()
    expect(page.locator("mark")).to_have_count(0)


def test_what_is_looked_for_does_nothing_else(site: Site, open_page: Open) -> None:
    """Markup in it, and in what it is found in, stays text."""
    page = open_page(_messages(site, site.ids.hostile))
    finder = page.get_by_label("Find in all messages")
    for text, is_there in ((HOSTILE[:60], True), ("'; DROP TABLE span; --", False), ("%_\\", False), ("(a+)+$", False)):
        finder.fill(text)
        finder.press("Enter")
        expect(page.locator("#found-here")).to_contain_text(re.compile("1 of" if is_there else "0"))
        expect(finder).to_have_value(text)
        assert (page.locator("mark").count() > 0) is is_there
    assert page.evaluate("window.pwned") is None
