"""The details of a session."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from agentops_dashboard.pages import tree_view
from tests.e2e.conftest import Site, Watch
from tests.e2e.sessions import large_session, write

Open = Callable[..., Page]
SELECTED = '.trow[aria-selected="true"]'


def test_a_failed_session_opens_at_its_first_failure(site: Site, open_page: Open) -> None:
    """Whoever opens a failed session sees the deepest failed span and its message at once."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}"))
    expect(page.locator(".error-box")).to_be_visible()
    expect(page.locator(SELECTED)).to_have_class(re.compile("failed"))


def test_a_row_shows_its_input_and_output(site: Site, open_page: Open) -> None:
    """A click on a model call shows its messages and tokens, and the address names it."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&kinds=llm"))
    row = page.locator(".trow", has_text="gpt-4o").first
    row.click()
    expect(page.locator("#detail .role-user").first).to_be_visible()
    expect(page.locator("#detail .tokens")).to_contain_text("Input")
    assert f"span={row.get_attribute('data-id')}" in page.url
    page.locator("#detail [data-mode]", has_text="raw").click()
    expect(page.locator("#detail .io", has_text="Input").locator("pre.code")).to_contain_text('"role"')
    assert "mode=raw" in page.url


def test_the_messages_of_a_call_fold(site: Site, open_page: Open) -> None:
    """Of a long conversation the last two are open, the others are a line each; one button opens and closes all."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&kinds=llm"))
    asked = page.locator("#detail .io", has_text="Input").first.locator("details.msg")
    rows = page.locator(".trow:has(.spark.tone-llm)")
    for at in range(rows.count()):
        rows.nth(at).click()
        expect(page.locator("#detail")).to_have_attribute("data-shown", rows.nth(at).get_attribute("data-id") or "")
        if asked.count() > 4:
            break
    count = asked.count()
    assert count > 4
    assert asked.evaluate_all("parts => parts.map((part) => part.open)") == [False] * (count - 2) + [True] * 2
    expect(asked.first.locator(".preview")).to_be_visible()
    page.get_by_label("Open or close all messages").first.click()
    assert asked.evaluate_all("parts => parts.every((part) => part.open)")
    page.get_by_label("Open or close all messages").first.click()
    assert not asked.evaluate_all("parts => parts.some((part) => part.open)")


def test_the_keyboard_walks_and_folds_the_tree(site: Site, open_page: Open) -> None:
    """Arrows move, left folds and right unfolds; what is folded is part of the address."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&span="))
    tree = page.locator("#tree")
    total = int(tree.get_attribute("data-total") or 0)
    tree.focus()
    page.keyboard.press("Home")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", "0")
    page.keyboard.press("ArrowDown")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", "1")
    page.keyboard.press("ArrowLeft")
    expect(page.locator('.trow[data-row="1"]')).to_have_attribute("aria-expanded", "false")
    assert "collapsed=" in page.url
    height = page.locator(".tree-body").evaluate("body => body.getBoundingClientRect().height")
    assert height < total * 28
    page.keyboard.press("ArrowRight")
    expect(page.locator('.trow[data-row="1"]')).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", str(total - 1))


def test_searching_marks_hits_and_n_walks_them(site: Site, open_page: Open) -> None:
    """The search says how many hits there are; N goes to one, P back, round the end."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&find=search_web"))
    count = int(re.sub(r"\D", "", page.locator("#hits").inner_text()))
    assert count == page.locator(".trow.hit").count() > 0
    page.locator("#tree").focus()
    page.keyboard.press("Home")
    page.keyboard.press("n")
    expect(page.locator(SELECTED)).to_have_class(re.compile("hit"))
    first = page.locator(SELECTED).get_attribute("data-row")
    page.keyboard.press("p")
    page.keyboard.press("n")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", first or "")


def test_errors_only_keeps_what_leads_to_them(site: Site, open_page: Open) -> None:
    """Only failed rows and their ancestors stay, and E walks from one to the next."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&errors=1&span=0"))
    rows = page.locator(".trow").evaluate_all("rows => rows.map(row => [row.dataset.depth, row.className])")
    leaves = [row for row, after in zip(rows, [*rows[1:], ["0", ""]], strict=True) if int(after[0]) <= int(row[0])]
    assert leaves
    page.locator("#tree").focus()
    page.keyboard.press("e")
    expect(page.locator(SELECTED)).to_have_class(re.compile("failed"))


def test_every_tab_shows_its_view(site: Site, open_page: Open) -> None:
    """Each tab has its content, and the digits go to them."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}"), scheme="dark")
    for digit, view, shows in (
        ("1", "messages", ".say.role-user"),
        ("3", "timeline", ".lane svg line.span"),
        ("4", "agents", "table.agents tbody tr"),
        ("5", "errors", ".error-group"),
        ("6", "logs", ".entry.failed"),
        ("7", "attributes", ".attrs tr"),
        ("8", "raw", "pre.code"),
        ("2", "tree", ".trow"),
    ):
        page.keyboard.press(digit)
        expect(page).to_have_url(re.compile(f"view={view}"))
        page.wait_for_load_state("load")
        expect(page.locator(shows).first).to_be_attached()


def test_the_tab_that_is_shown_is_in_sight(site: Site, open_page: Open) -> None:
    """Also the last one, on a screen that has room for half of them."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=raw"), width=400)
    box = page.locator(".tabs [aria-current]").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= 400 - box["width"]


def test_figures_lead_to_the_spans_behind_them(site: Site, open_page: Open) -> None:
    """LLM calls, errors and the first output each show just those rows, as many as the figure says."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    calls = page.locator(".kpi", has_text="LLM calls")
    number = int(calls.locator(".value").inner_text())
    calls.click()
    expect(page.locator(".trow:has(.tone-llm)")).to_have_count(number)
    page.locator(".kpi", has_text="First output").click()
    expect(page.locator("#detail h2")).to_contain_text("chat")
    page.locator(".kpi", has_text="Duration").click()
    expect(page.locator(".lane line.critical").first).to_be_attached()


def test_the_cost_says_what_each_model_took(site: Site, open_page: Open) -> None:
    """On hover, the dearest first; together they are the whole."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    title = page.locator(".kpi", has_text="Cost").get_attribute("title") or ""
    whole, *models = title.splitlines()
    amounts = [float(line.rpartition("$")[2]) for line in models]
    assert len(models) > 1
    assert amounts == sorted(amounts, reverse=True)
    assert sum(amounts) == pytest.approx(float(whole.partition(" ")[0].removeprefix("$")))


def test_a_session_is_deleted_from_its_page(empty_site: Site, open_page: Open, watch: Watch) -> None:
    """After a question, and the list no longer has it."""
    write(empty_site.home, large_session("0" * 31 + "e", time.time_ns(), agents=1, tools=2))
    page = open_page(empty_site.at("/sessions"))
    page.locator("#rows .row-link").click(timeout=8000)
    page.wait_for_load_state("load")  # by then the page's script listens
    watch.answers.append("yes")
    page.get_by_label("Delete this session").click()
    page.wait_for_url("**/sessions")
    expect(page.locator("#rows .row-link")).to_have_count(0)


def test_a_verdict_and_a_note_stay(site: Site, open_page: Open) -> None:
    """A thumb and a note are there after loading again, the list finds them, and a second click takes a thumb back."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"))
    thumb = page.get_by_role("button", name="Thumb down")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    note = page.get_by_role("button", name="Note", exact=True)
    note.click()
    page.keyboard.type("see ticket 7\nand 8")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-line p")).to_have_text("see ticket 7\nand 8")
    expect(note).to_be_focused()
    expect(note).to_have_attribute("aria-pressed", "true")
    page.goto(site.at("/sessions?q=score:down has:note"))
    expect(page.locator("#rows tr")).to_have_attribute("data-id", site.ids.large)
    page.goto(site.at(f"/sessions/{site.ids.large}?view=tree"))
    expect(thumb).to_have_attribute("aria-pressed", "true")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "false")
    note.click()
    page.get_by_label("Note on this session").fill("something else")
    page.keyboard.press("Escape")
    expect(page.locator(".note-line p")).to_have_text("see ticket 7\nand 8")
    note.click()
    page.get_by_label("Note on this session").fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note-line")).to_be_hidden()
    expect(note).to_have_attribute("aria-pressed", "false")


def test_tags_are_edited_in_place(site: Site, open_page: Open) -> None:
    """Enter, a comma and what is offered add one, its button and Backspace take one away; each is kept at once."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"))
    page.evaluate("window.isSamePage = true")
    edit, field, chips = (
        page.get_by_label("Edit the tags"), page.get_by_label("Add a tag"), page.locator(".tag-field .chip"),
    )  # fmt: skip

    def kept() -> list[str]:
        return page.request.get(site.at(f"/api/v1/sessions/{site.ids.large}")).json()["tags"]

    edit.click()
    expect(chips).to_have_text(["large"])
    page.keyboard.type('a "b" \\')
    page.keyboard.press("Enter")
    page.keyboard.type("one, two,")
    expect(chips).to_have_text(["large", 'a "b" \\', "one", "two"])
    page.keyboard.type("BET")
    expect(page.get_by_role("option", name="beta")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(chips.last).to_have_text("beta")
    page.get_by_label("Remove one").click()
    expect(field).to_be_focused()
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(page.locator(".tags .said")).to_have_text("“two” is there already")
    page.keyboard.press("Backspace")
    expect(page.locator(".tags .said")).to_have_text("Saved")
    assert set(kept()) == {"large", 'a "b" \\', "two"}
    page.keyboard.type("three")
    page.get_by_role("button", name="Done").click()
    expect(edit).to_be_focused()
    expect(page.locator(".tags a.chip")).to_have_text(kept())
    assert set(kept()) == {"large", 'a "b" \\', "two", "three"}
    assert page.evaluate("window.isSamePage") is True
    page.locator(".tags a", has_text="a").filter(has_text='"b"').click()
    expect(page.locator("#rows tr")).to_have_attribute("data-id", site.ids.large)
    page.go_back()
    edit.click()
    for _ in range(3):
        page.locator(".tag-field .chip button").first.click()
    expect(chips).to_have_count(1)
    page.keyboard.press("Backspace")
    page.keyboard.type("large,")
    page.keyboard.press("Escape")
    expect(page.locator(".tags a.chip")).to_have_text(["large"])
    assert kept() == ["large"]


def test_without_a_script_tags_and_the_note_are_only_read(site: Site, open_page: Open) -> None:
    """They are shown, and nothing is there that would do nothing."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"), javascript=False)
    expect(page.locator(".tags a.chip")).to_have_text(["large"])
    expect(page.locator(".tags button, [data-note]").filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize("arranged", ["", "&lanes=1", "&lanes=kind"])
def test_a_drag_over_the_timeline_zooms_to_it(site: Site, open_page: Open, arranged: str) -> None:
    """Over the ruler or a lane; nothing is selected by it. Escape and a drag of a few pixels leave all as it was."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline{arranged}"))
    stretch, head = page.locator(".stretch"), page.locator("#time-head")
    lane = page.locator(".lane" if arranged else f"{SELECTED} .lane").first
    address, selected = page.url, page.locator(SELECTED).get_attribute("data-row") if not arranged else None

    def drag(over: Locator, start: float, end: float) -> None:
        box = over.bounding_box()
        assert box is not None
        x, y = box["x"], box["y"] + box["height"] / 2
        page.mouse.move(x + start * box["width"], y)
        page.mouse.down()
        page.mouse.move(x + end * box["width"], y - 40, steps=3)

    def zoomed() -> tuple[float, ...]:
        head.evaluate("head => { head.dataset.was = 'here' }")
        page.mouse.up()
        expect(page.locator("[data-was]")).to_have_count(0)
        return tuple(map(float, (head.get_attribute("data-zoom") or "").split("-")))

    drag(lane, 0.75, 0.25)
    expect(stretch).to_be_visible()
    page.keyboard.press("Escape")
    expect(stretch).to_have_count(0)
    page.mouse.up()
    assert page.url == address
    drag(lane, 0.75, 0.25)
    start, end = zoomed()
    assert (start, end) == pytest.approx((250, 750), abs=1)
    assert f"zoom={start:.4f}-{end:.4f}" in page.url
    drag(page.locator("#ruler"), 0.2, 1.5)
    start, end = zoomed()
    assert (start, end) == pytest.approx((350, 750), abs=1)
    drawn = [float(number) for number in (lane.locator("svg").first.get_attribute("viewBox") or "").split()]
    assert drawn == pytest.approx([start, 0, end - start, 28], abs=0.01)
    address = page.url
    drag(page.locator("#ruler"), 0.5, 0.502)
    page.mouse.up()
    assert page.url == address
    expect(stretch).to_have_count(0)
    assert page.evaluate("getSelection().toString()") == ""
    if arranged:
        return
    expect(page.locator(SELECTED)).to_have_attribute("data-row", selected or "")
    page.locator(f'.trow[data-row="{int(selected or 0) - 3}"] .lane').click()
    expect(page.locator(SELECTED)).to_have_attribute("data-row", f"{int(selected or 0) - 3}")


def test_a_ruler_that_comes_late_is_not_the_one_of_before(site: Site, open_page: Open) -> None:
    """Zoomed twice, the first answer after the second: what is above the lanes shows the stretch that they show."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    waiting: list[Route] = []
    page.route(re.compile("/time-head"), lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright wraps functions only
    for zoom in ("250.0000-750.0000", "375.0000-625.0000"):
        with page.expect_request(re.compile(f"time-head.*zoom={zoom}")) as asked:
            page.keyboard.press("+")
        for _ in range(500):
            if waiting and waiting[-1].request.url == asked.value.url:
                break
            page.wait_for_timeout(10)
    for route in reversed(waiting):
        with page.expect_response(route.request.url):
            route.continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(page.locator("#time-head")).to_have_attribute("data-zoom", "375.0000-625.0000")
    expect(page.locator(".brush")).to_have_attribute("width", "250.0000")


def test_a_finger_scrolls_the_timeline_and_zooms_it(site: Site, open_page: Open) -> None:
    """Up and down over the lanes it scrolls the rows, sideways it chooses a stretch."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline&span=0"))
    tree, lane, before = page.locator("#tree"), page.locator(".lane").nth(4), page.url
    tree.evaluate("tree => { tree.scrollTop = 0 }")
    box = lane.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)

    def swipe(x_px: float, y_px: float) -> None:
        for step in range(6):
            point = {"x": x + x_px * step / 5, "y": y + y_px * step / 5}
            kind = "touchMove" if step else "touchStart"
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(3, -80)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert tree.evaluate("tree => tree.scrollTop") > 40
    assert page.url == before
    swipe(box["width"] / 4, 5)
    expect(page.locator("#time-head")).to_have_attribute("data-zoom", re.compile(r"^50\d\.\d+-7[45]\d\.\d+$"))


def test_a_drag_leaves_the_playback_where_it_is(site: Site, open_page: Open) -> None:
    """Escape that gives a drag up does not end the playback too."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    page.locator("#play").click()
    expect(page.locator(".cursor")).to_be_visible()
    page.locator("#play").click()
    moment = page.locator(".cursor").evaluate("cursor => cursor.style.left")
    box = page.locator("#ruler").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 5)
    expect(page.locator(".stretch")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".stretch")).to_have_count(0)
    assert page.locator(".cursor").evaluate("cursor => cursor.style.left") == moment
    page.keyboard.press("Escape")
    expect(page.locator(".cursor")).to_have_count(0)


def test_from_one_call_to_the_next_of_its_kind(site: Site, open_page: Open) -> None:
    """The panel says which call of its model it is, goes to the next one, and leads to sessions with its values."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    page.locator(".trow", has_text="gpt-4o").first.click()
    related = page.locator("#detail .related")
    expect(related).to_contain_text("1 of")
    related.get_by_label("The one after").click()
    expect(related).to_contain_text("2 of")
    page.locator("#detail summary", has_text="Attributes").click()
    row = page.locator("#detail .attrs tr", has_text="gen_ai.request.model")
    row.hover()
    row.get_by_label("Sessions with this gen_ai.request.model").click()
    expect(page).to_have_url(re.compile("q=model%3Agpt-4o"))


def test_the_timeline_zooms_and_fits(site: Site, open_page: Open) -> None:
    """The plus key halves the stretch in sight, the ruler follows, zero shows everything again."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    lane = page.locator(".lane svg").first
    expect(lane).to_have_attribute("viewBox", "0.0000 0 1000.0000 28")
    before = page.locator("#ruler text").all_text_contents()
    page.keyboard.press("+")
    expect(lane).to_have_attribute("viewBox", "250 0 500 28")
    expect(page.locator("#ruler text").first).not_to_have_text(before[0])
    assert "zoom=250.0000-750.0000" in page.url
    page.reload()
    expect(lane).to_have_attribute("viewBox", "250.0000 0 500.0000 28")
    page.keyboard.press("0")
    expect(lane).to_have_attribute("viewBox", "0 0 1000 28")


@pytest.mark.parametrize("zoom", ["0-1000", "40-960", "400-700"])
def test_each_bar_in_sight_says_its_length_in_sight(site: Site, open_page: Open, zoom: str) -> None:
    """No length is cut off at an edge, nor left of what is in sight, as the server draws it and as the script does."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline&zoom={zoom}"))
    measure = """lanes => lanes.map(lane => {
      const [all, text] = [lane, lane.querySelector("text")].map((part) => part.getBoundingClientRect());
      return [[all.left, all.right], [text.left, text.right], Number(lane.dataset.x1), Number(lane.dataset.x2)];
    })"""
    for _ in range(2):
        start, end = map(float, page.locator(".lane svg").first.get_attribute("viewBox").split()[::2])
        lanes = page.locator(".lane").evaluate_all(measure)
        seen = [(lane, text) for lane, text, x1, x2 in lanes if x1 < start + end and x2 > start]
        assert len(seen) > 5
        for (left, right), (begins, ends) in seen:
            assert left <= begins < ends <= right
        page.keyboard.press("+")
        page.keyboard.press("-")


def test_the_timeline_is_coloured_by_cost(site: Site, open_page: Open) -> None:
    """The dearest call has the strongest bar, each says what it cost, and what cost nothing is pale."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline&kinds=llm,tool"))
    page.get_by_text("Arrange").click()
    page.get_by_text("Colour by cost").click()
    expect(page).to_have_url(re.compile("colour=cost"))
    expect(page.locator("line.heat-0").first).to_be_attached()
    calls = page.locator(".trow:has(line.heat-4)")
    dearest = max(
        float(text.removeprefix("$")) for text in page.locator(".length text").all_text_contents() if text[:1] == "$"
    )
    assert f"${dearest:.4f}" in calls.locator(".length text").all_text_contents()


def test_what_ran_at_once_is_said_under_the_pointer(site: Site, open_page: Open) -> None:
    """Over the strip the pointer reads how many calls and tools ran at that moment; it follows the zoom."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    strip = page.locator(".at-once")
    strip.hover()
    expect(strip).to_have_attribute("title", re.compile(r"^At once: \d+ model calls?, \d+ tools?$"))
    before = strip.get_attribute("data-levels")
    page.keyboard.press("+")
    expect(page.locator("#time-head")).to_have_attribute("data-zoom", "250.0000-750.0000")
    expect(strip).not_to_have_attribute("data-levels", before or "")


def test_what_is_above_a_large_timeline_comes_after_its_rows(
    site: Site, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as comes with a smaller session's, and no row moves when it comes; without a script a link shows it."""
    address = site.at(f"/sessions/{site.ids.failed}?view=timeline")
    parts = ("svg.minimap path", ".at-once path", ".curve path")
    page = open_page(address)
    whole = [page.locator(part).evaluate_all("all => all.map((one) => one.outerHTML)") for part in parts]
    assert all(whole)
    monkeypatch.setattr(tree_view, "LARGE", 10)
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => window.shifts.push(...list.getEntries()))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(address)
    expect(page.locator("#time-head")).not_to_have_attribute("data-late", "")
    assert [page.locator(part).evaluate_all("all => all.map((one) => one.outerHTML)") for part in parts] == whole
    assert page.evaluate("window.shifts.map((shift) => shift.value)") == []
    page = open_page(address, javascript=False)
    assert page.locator("svg.minimap path").count() == 0
    page.get_by_role("link", name="Show what ran when").click()
    expect(page.locator("svg.minimap path").first).to_be_visible()


def test_the_shortest_call_is_seen(site: Site, open_page: Open) -> None:
    """One of a millionth of its session's time is a bar of a pixel or more, and no wider than it is when zoomed in."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=timeline"))
    bars = "bars => Math.min(...bars.map((bar) => bar.getBoundingClientRect().width))"
    assert page.locator(".lane .span").evaluate_all(bars) >= 1
    row = page.locator(".trow:has(.tone-tool)").first
    lane, span_id = row.locator(".lane"), row.get_attribute("data-id")
    x1, x2 = (float(lane.get_attribute(f"data-{name}") or 0) for name in ("x1", "x2"))
    page.goto(site.at(f"/sessions/{site.ids.large}?view=timeline&zoom={x1}-{x1 + 2 * (x2 - x1)}"))
    page.keyboard.press("+")
    expect(page.locator(f"#row-{span_id} .span")).to_have_attribute("x2", re.compile(rf"^{x2:g}"))


def test_lanes_show_each_agent_once(site: Site, open_page: Open) -> None:
    """One lane per agent, and a bar leads to its span."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline&lanes=1"))
    names = page.locator(".lane-row b").all_inner_texts()
    assert len(names) == len(set(names)) > 1


def test_a_session_is_played(site: Site, open_page: Open) -> None:
    """Space lets a cursor go, what has not begun is pale; arrows step from beginning to beginning; Escape ends it."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    page.locator(".trow").nth(1).click()
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cursor")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    place = "cursor => cursor.getBoundingClientRect().left"
    before = page.locator(".cursor").evaluate(place)
    page.keyboard.press("ArrowRight")
    after = page.locator(".cursor").evaluate(place)
    assert after > before
    assert page.locator(".trow.future").count() > 0
    page.keyboard.press("Escape")
    expect(page.locator(".cursor")).to_have_count(0)
    expect(page.locator(".trow.future")).to_have_count(0)


def test_arranging_the_timeline(site: Site, open_page: Open) -> None:
    """Lanes per agent have arrows between them, lanes per kind none; by start, no row begins before one above it."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=timeline"))
    page.get_by_text("Arrange").click()
    page.get_by_text("A lane per agent").click()
    expect(page.locator(".arrows g").first).to_be_attached()
    page.get_by_text("Arrange").click()
    page.get_by_text("A lane per kind").click()
    expect(page.locator(".arrows")).to_have_count(0)
    expect(page.locator(".lane-row b").first).to_have_text("Agent")
    page.get_by_text("Arrange").click()
    page.get_by_text("By start").click()
    starts = page.locator(".lane").evaluate_all("lanes => lanes.map(lane => Number(lane.dataset.x1))")
    assert starts == sorted(starts)
    assert len(starts) > 10


def test_typing_goes_to_a_name(site: Site, open_page: Open) -> None:
    """Letters typed one after the other go to the row whose name begins so, also where one of them is a key itself."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree"))
    names = page.locator(".trow b").all_inner_texts()
    wanted = next(name for name in names if name[1] == "e" and names.index(name) > 2)
    page.locator("#tree").focus()
    page.keyboard.press("Home")
    page.keyboard.type(wanted[:4])
    expect(page.locator(f"{SELECTED} b")).to_have_text(re.compile(f"^{wanted[:4]}"))


def test_previous_and_next_stay_within_the_list(site: Site, open_page: Open) -> None:
    """From a filtered list, the next session is the next one of that list."""
    page = open_page(site.at("/sessions?q=status:error"))
    ids = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.id)")
    page.locator("#rows .row-link").first.click()
    expect(page).to_have_url(re.compile(ids[0]))
    page.wait_for_load_state("load")
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(ids[1]))
    page.wait_for_load_state("load")
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile(ids[0]))


def test_five_thousand_spans_stay_light(site: Site, open_page: Open) -> None:
    """However long the tree, few nodes are in the page, and its last row is one key away."""
    page = open_page(site.at(f"/sessions/{site.ids.large}?view=tree"))
    total = int(page.locator("#tree").get_attribute("data-total") or 0)
    assert total > 1000
    page.keyboard.press("End")
    expect(page.locator(f'.trow[data-row="{total - 1}"]')).to_be_visible()
    for share in (0.2, 0.8, 0.5):
        page.locator("#tree").evaluate("(tree, share) => tree.scrollTo(0, tree.scrollHeight * share)", share)
        middle = int(total * share) + 5
        expect(page.locator(f'.trow[data-row="{middle}"]')).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 4_000


def test_a_session_is_saved_as_one_file(site: Site, open_page: Open, tmp_path: Path) -> None:
    """The file opens without the server, shows every span with its content, and asks for nothing."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}"))
    spans = int(page.locator("#tree").get_attribute("data-total") or 0)
    with page.expect_download() as saving:
        page.get_by_text("Export").click()
        page.get_by_text("HTML, one file").click()
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    page.goto(path.as_uri())
    expect(page.locator(".fspan")).to_have_count(spans)
    call = page.locator(".fspan", has_text="gpt-4o").last
    call.locator("summary").first.click()
    call.locator(".fio summary").first.click()
    expect(call.locator(".io-body").first).to_be_visible()


def test_on_a_phone_every_button_of_the_header_is_in_reach(site: Site, open_page: Open) -> None:
    """Previous, next, bookmark, thumbs, note, link, compare, export and delete lie inside a page of 400 pixels."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}"), width=400, height=800)
    buttons = page.locator(".session-head .title :is(a, button, summary):not(.sheet *)")
    named = buttons.evaluate_all("all => all.map(one => one.ariaLabel ?? one.textContent.trim())")
    assert named == [
        "All sessions", "Newer session", "Older session", "Bookmark", "Thumb up", "Thumb down", "Note", "Copy link",
        "Compare", "Export", "Delete this session",
    ]  # fmt: skip
    for button in buttons.all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 400
        assert min(box["width"], box["height"]) >= 24
    star = page.get_by_role("button", name="Bookmark", exact=True)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")


def test_the_selected_span_goes_along_to_every_view(site: Site, open_page: Open) -> None:
    """What was selected or folded stays so behind every link and the search, unless a link is there to drop it."""
    page = open_page(site.at(f"/sessions/{site.ids.failed}?view=tree&span="))
    page.locator("#tree").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", "1")
    chosen = page.locator(SELECTED).get_attribute("data-id") or ""
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(f"collapsed={chosen}"))
    page.locator(".tabs a", has_text="Timeline").click()
    expect(page.locator("#tree")).to_be_focused()
    expect(page.locator(SELECTED)).to_have_attribute("data-id", chosen)
    expect(page.locator(SELECTED)).to_have_attribute("aria-expanded", "false")
    with page.expect_response(re.compile("/time-head")):  # which replaces the menu that is opened below
        page.keyboard.press("+")
    page.keyboard.press("ArrowUp")
    expect(page.locator(SELECTED)).to_have_attribute("data-row", "0")
    root = page.locator(SELECTED).get_attribute("data-id") or ""
    page.locator("summary", has_text="Arrange").click()
    page.locator(".time-head .opt", has_text="By start").click()
    expect(page.locator(SELECTED)).to_have_attribute("data-id", root)
    assert "zoom=" in page.url
    page.locator("[name=find]").fill("gpt")
    page.keyboard.press("Enter")
    expect(page.locator("#hits")).to_be_visible()
    assert f"span={root}" in page.url
    assert "zoom=" in page.url
    page.locator("summary", has_text="Depth").click()
    page.get_by_text("Expand all").click()
    page.wait_for_url(lambda url: "collapsed=" not in url)


@pytest.mark.parametrize("width", [400, 1440])
@pytest.mark.parametrize("view", ["tree", "timeline"])
def test_the_deepest_span_has_a_name(site: Site, open_page: Open, width: int, view: str) -> None:
    """Two hundred levels down there is room for a name, and the path says the nearest spans above."""
    page = open_page(site.at(f"/sessions/{site.ids.deep}?view={view}"), width=width)
    page.locator("#tree").focus()
    page.keyboard.press("End")
    name = page.locator(f"{SELECTED} .tname")
    expect(name).to_have_text("bottom")
    box, around = name.bounding_box(), page.locator(f"{SELECTED} .tlabel").bounding_box()
    assert box is not None
    assert around is not None
    assert box["width"] > 20
    assert box["x"] + box["width"] <= around["x"] + around["width"] + 1
    expect(page.locator("#detail .path")).to_contain_text("level 199")
