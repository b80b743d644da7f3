"""What a reader sees when the server is slow, or does not answer, and how the page comes back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Site, Watch

Open = Callable[..., Page]
SAID = "The server does not answer."


@contextmanager
def no_answer(page: Page, watch: Watch, pattern: str) -> Iterator[None]:
    """Requests to these addresses fail, as they do when nobody listens; the browser's complaints of it are expected."""

    def fail(route: Route) -> None:
        route.abort("connectionrefused")

    page.route(re.compile(pattern), fail)
    yield
    page.unroute(re.compile(pattern), fail)
    watch.complaints[:] = [text for text in watch.complaints if "ERR_CONNECTION_REFUSED" not in text]


def test_a_span_that_cannot_be_read_is_asked_for_again(site: Site, open_page: Open, watch: Watch) -> None:
    """The panel says what failed; its button brings the span when the server is back."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    row = page.locator(".trow").nth(2)
    with no_answer(page, watch, r"/spans/"):
        row.click()
        expect(page.locator("#detail .state.failed")).to_contain_text(SAID)
    page.locator("#detail").get_by_role("button", name="Try again").click()
    expect(page.locator("#detail .detail-head")).to_be_visible()
    expect(page.locator("#detail")).not_to_have_attribute("aria-busy", "true")


def test_a_panel_that_waits_says_so(site: Site, open_page: Open) -> None:
    """Until the span is there the panel is busy, and the one before stays in it."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    waiting: list[Route] = []
    page.route(re.compile("/spans/"), lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    page.locator(".trow").nth(2).click()
    expect(page.locator("#detail")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#detail .detail-head")).to_be_visible()
    waiting[0].continue_()
    expect(page.locator("#detail")).not_to_have_attribute("aria-busy", "true")


def test_rows_that_cannot_be_read_are_asked_for_again(site: Site, open_page: Open, watch: Watch) -> None:
    """A line over the rows says so and does not go away by itself; its button fills the gap."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"))
    with no_answer(page, watch, r"/rows\?"):
        page.locator("#tree").evaluate("tree => { tree.scrollTop = 30000 }")
        expect(page.locator(".rows-failed")).to_contain_text(SAID)
    page.locator(".rows-failed").get_by_role("button", name="Try again").click()
    expect(page.locator(".rows-failed")).to_have_count(0)
    expect(page.locator('.trow[data-row="1072"]')).to_be_visible()


def test_rows_that_arrive_after_one_has_scrolled_on_are_left_out(site: Site, open_page: Open) -> None:
    """A slow server's answers to where one was do not pile up beside the rows in sight."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"))
    tree, waiting = page.locator("#tree"), []
    page.route(re.compile(r"/rows\?"), lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    with page.expect_request(re.compile("offset=1050&")):
        tree.evaluate("tree => { tree.scrollTop = 30000 }")
    with page.expect_request(re.compile("offset=2100&")):
        tree.evaluate("tree => { tree.scrollTop = 60000 }")
    for route in waiting:
        with page.expect_response(route.request.url):
            route.continue_()
    expect(page.locator('.trow[data-row="2143"]')).to_be_visible()
    expect(page.locator('.trow[data-row="1072"]')).to_have_count(0)


def test_a_key_that_failed_works_again(site: Site, open_page: Open, watch: Watch) -> None:
    """E finds no error while nobody answers, says so, and finds one afterwards."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&span="))
    page.locator("#tree").focus()
    page.keyboard.press("Home")
    with no_answer(page, watch, r"/next\?"):
        page.keyboard.press("e")
        expect(page.locator(".toast")).to_have_text(SAID)
    page.keyboard.press("e")
    expect(page.locator('.trow[aria-selected="true"]')).to_have_class(re.compile("failed"))


def test_a_session_that_cannot_be_shown_beside_the_list(site: Site, open_page: Open, watch: Watch) -> None:
    """The panel opens and says why it is empty."""
    page = open_page(site.at("/sessions"))
    with no_answer(page, watch, r"/peek\?"):
        page.locator("#rows .c-duration").first.click()
        expect(page.locator("#peek .state.failed")).to_contain_text(SAID)
    page.locator("#peek").get_by_role("button", name="Try again").click()
    expect(page.locator("#peek .kpis")).to_be_visible()
    page.get_by_label("Close").click()
    expect(page.locator("#peek")).to_be_hidden()


def test_charts_that_cannot_be_read_are_asked_for_again(site: Site, open_page: Open, watch: Watch) -> None:
    """Each says so; one button brings all of them."""
    page = open_page(site.at("/design"))
    with no_answer(page, watch, r"/analytics/pace"):
        page.goto(site.at("/analytics"))
        expect(page.locator("#pace .state.failed")).to_have_count(4)
    page.locator("#pace").get_by_role("button", name="Try again").first.click()
    expect(page.locator("#plot-llm.js-plotly-plot")).to_be_visible()


def test_the_list_says_that_it_is_not_live(site: Site, open_page: Open, watch: Watch) -> None:
    """Without a connection the button is not pressed and says why."""
    page = open_page(site.at("/design"))
    with no_answer(page, watch, r"/api/v1/live"):
        page.goto(site.at("/sessions"))
        expect(page.locator("#live")).to_have_attribute("title", re.compile("does not answer"))
        expect(page.locator("#live")).to_have_attribute("aria-pressed", "false")
        page.goto(site.at("/design"))
    page.goto(site.at("/sessions"))
    expect(page.locator("#live")).to_have_attribute("aria-pressed", "true")


def test_rows_that_arrive_after_another_was_chosen_leave_it_chosen(site: Site, open_page: Open) -> None:
    """They were asked for while another span was in the address."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    waiting: list[Route] = []
    page.locator("#tree").focus()
    page.keyboard.press("Home")
    expect(page.locator('.trow[data-row="0"]')).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.route(re.compile(r"/rows\?"), lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    with page.expect_request(re.compile(r"/rows\?")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(page.locator('.trow[data-row="0"]')).to_have_attribute("aria-selected", "true")
    waiting[0].continue_()
    expect(page.locator('.trow[data-row="1"]')).to_have_attribute("aria-expanded", "false")
    expect(page.locator('.trow[aria-selected="true"]')).to_have_attribute("data-row", "0")


def test_a_menu_opened_before_the_scripts_came_stays_open(site: Site, open_page: Open) -> None:
    """They take the keyboard to the rows only where nobody is anywhere else."""
    page = open_page(site.at("/sessions"), waits=False)
    waiting: list[Route] = []
    page.route("**/session.js", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    page.goto(site.at(f"/sessions/{site.ids.failed}?view=tree"), wait_until="commit")
    page.locator("summary", has_text="Depth").click()
    expect(page.get_by_text("Expand all")).to_be_visible()
    waiting[0].continue_()
    page.wait_for_load_state("load")
    expect(page.get_by_text("Expand all")).to_be_visible()
    expect(page.locator("#tree")).not_to_be_focused()


def test_what_is_typed_stays_where_it_cannot_be_saved(site: Site, open_page: Open, watch: Watch) -> None:
    """A tag, a note and tags for a selection: each says so in its place, keeps what was typed, and is saved later."""
    page = open_page(site.at(f"/sessions/{site.ids.deep}?view=tree"))
    address = site.at(f"/api/v1/sessions/{site.ids.deep}")
    before = page.request.get(address).json()["tags"]
    page.get_by_label("Edit the tags").click()
    expect(page.get_by_label("Add a tag")).to_be_focused()
    with no_answer(page, watch, r"/api/v1/sessions"):
        page.keyboard.type("kept,")
        expect(page.locator(".tags .said")).to_have_text(f"Not saved. {SAID}")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_label("Remove kept")).to_be_visible()
        page.get_by_role("button", name="Note", exact=True).click()
        page.keyboard.type("a long story")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".note-line .said")).to_have_text(f"Not saved. {SAID}")
        expect(page.get_by_label("Note on this session")).to_have_value("a long story")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".tags .said")).to_have_text("Saved")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note-line p")).to_have_text("a long story")
    stored = page.request.get(address).json()
    assert (set(stored["tags"]), stored["note"]) == ({*before, "kept"}, "a long story")
    page.get_by_label("Remove kept").click()
    expect(page.locator(".tags .said")).to_have_text("Saved")
    with no_answer(page, watch, r"/api/v1/sessions"):
        page.keyboard.type("given up,")
        expect(page.locator(".tags .said")).to_have_text(f"Not saved. {SAID}")
        page.keyboard.press("Escape")
    expect(page.locator(".tags a.chip")).to_have_text(before)
    page.goto(site.at("/sessions"))
    page.locator("#rows .pick input").first.check()
    page.locator('[data-bulk="tag"]').click()
    with no_answer(page, watch, r"/api/v1/sessions"):
        page.keyboard.type("kept")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Tag", exact=True).last.click()
        expect(page.locator("dialog .said")).to_have_text(f"Not saved. {SAID}")
    expect(page.get_by_label("Remove kept")).to_be_visible()
