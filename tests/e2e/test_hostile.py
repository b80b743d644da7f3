"""What a program sends is shown as text, and nothing of it runs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site

Open = Callable[..., Page]


def test_nothing_runs_in_any_view(site: Site, open_page: Open) -> None:
    """Scripts, handlers, links and templates in every field stay text in every view."""
    page = open_page(site.at("/design"))
    for view in (
        "messages",
        "tree",
        "timeline",
        "timeline&lanes=1",
        "timeline&lanes=kind",
        "agents",
        "errors",
        "logs",
        "attributes",
        "raw",
    ):
        page.goto(site.at(f"/sessions/{site.ids.hostile}?view={view}"))
        title = page.locator(".session-head h1")
        for text in ("<script>window.pwned=1</script>", "{{7*7}}", "⟨U+202E⟩evil⟨U+2066⟩⟨U+0007⟩"):
            expect(title).to_contain_text(text)
        assert page.evaluate("window.pwned") is None
        assert page.locator('a[href^="javascript"]').count() == 0
        assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("mode", ["pretty", "markdown", "json", "raw"])
def test_nothing_runs_in_the_detail_panel(site: Site, open_page: Open, mode: str) -> None:
    """All four ways to show a content are safe, for every span."""
    page = open_page(site.at("/design"))
    for span in range(1, 6):
        page.goto(site.at(f"/sessions/{site.ids.hostile}?span={span:016x}&mode={mode}"))
        expect(page.locator("#detail h2")).to_contain_text("<script>")
        assert page.evaluate("window.pwned") is None
        dangers = '#detail :is(img, script, iframe, [onerror], [onload], a[href^="javascript"])'
        assert page.locator(dangers).count() == 0


def test_markdown_is_rendered_without_its_dangers(site: Site, open_page: Open) -> None:
    """Bold and tables are rendered; images are not fetched; only safe links are links."""
    page = open_page(site.at(f"/sessions/{site.ids.hostile}?view=messages"))
    said = page.locator(".say.role-assistant .prose").first
    expect(said.locator("strong")).to_have_text("bold")
    expect(said.locator("td").first).to_have_text("1")
    assert said.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "https://example.org/"
    ]


def test_hostile_sessions_are_harmless_in_the_list(site: Site, open_page: Open) -> None:
    """The list, its facets and a search for the hostile text itself show it as text."""
    page = open_page(site.at("/sessions?range=1h"))
    expect(page.locator(f'tr[data-id="{site.ids.hostile}"] .row-name')).to_contain_text("<script>")
    page.goto(site.at("/sessions?range=1h&cols=name,models,frameworks,llm_p50"))
    models = page.locator(f'tr[data-id="{site.ids.hostile}"] .c-models span')
    expect(models).to_contain_text("<script>")
    expect(models).to_have_attribute("title", re.compile(r"<script>.*⟨U\+202E⟩evil.*: 1 call$", re.DOTALL))
    assert page.evaluate("window.pwned") is None
    page.locator("#q").fill('"<script>alert(1)</script>"')
    page.locator("#q").press("Enter")
    expect(page.locator(".chips")).to_contain_text("<script>")


def test_nothing_runs_beside_the_list_or_in_what_people_write(site: Site, open_page: Open) -> None:
    """The panel beside the list and a note with markup show it as text."""
    page = open_page(site.at(f"/sessions/{site.ids.hostile}"))
    page.get_by_role("button", name="Note", exact=True).click()
    page.keyboard.type("<img src=x onerror='window.pwned=1'>")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-line")).to_contain_text("<img src=x")
    page.goto(site.at(f"/sessions?cols=name,note&peek={site.ids.hostile}"))
    expect(page.locator("#peek h2")).to_contain_text("<script>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0
    page.goto(site.at(f"/sessions/{site.ids.hostile}"))
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_label("Note on this session").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-line")).to_be_hidden()


def test_the_analytics_of_hostile_names_are_text(site: Site, open_page: Open) -> None:
    """Models, tools, agents, errors and users with markup in their names, in tables and charts."""
    page = open_page(site.at("/analytics?range=1h&group=user"))
    expect(page.locator("#plot-llm .main-svg, #plot-llm .nothing").first).to_be_visible()
    expect(page.locator("#pace td.label", has_text="<script>").first).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img").count() == 0


def test_a_long_result_is_cut_and_can_be_opened(site: Site, open_page: Open) -> None:
    """64 KB of a 300 KB result are shown, with a way to the whole."""
    page = open_page(site.at(f"/sessions/{site.ids.hostile}?span={4:016x}"))
    expect(page.locator("#detail .cut")).to_contain_text("Showing 64 KB of 293 KB")
    page.locator("#detail .cut a").click()
    assert len(page.locator("body").inner_text()) == 300_000
