"""The session list."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, Watch
from tests.e2e.sessions import SESSIONS, generate, write

Open = Callable[..., Page]


def test_all_sessions_are_listed_as_one_scrolls(site: Site, open_page: Open) -> None:
    """The list says how many sessions there are, and scrolling brings every one of them exactly once."""
    page = open_page(site.at("/sessions"))
    expect(page.locator("#total")).to_have_text(str(SESSIONS))
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator("#rows tr")).to_have_count(100)
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator("#rows tr")).to_have_count(SESSIONS)
    ids = page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert len(set(ids)) == SESSIONS


def test_a_facet_narrows_the_list_and_its_chip_widens_it_again(site: Site, open_page: Open) -> None:
    """Choosing a value shows as many sessions as it said, the address keeps it, and the chip takes it away."""
    page = open_page(site.at("/sessions"))
    failed = page.locator(".facet li", has_text="Failed").first
    promised = failed.locator(".num").inner_text()
    failed.locator("a").first.click()
    expect(page).to_have_url(re.compile(r"q=status%3Aerror"))
    expect(page.locator("#total")).to_have_text(promised)
    assert set(page.locator("#rows tr").evaluate_all("rows => rows.map(row => row.dataset.state)")) == {"error"}
    page.locator(".chips a").click()
    expect(page.locator("#total")).to_have_text(str(SESSIONS))


def test_two_values_of_one_facet_mean_either(site: Site, open_page: Open) -> None:
    """A second user in the same facet widens the list instead of emptying it."""
    page = open_page(site.at("/sessions"))
    users = page.locator(".facet", has=page.locator("summary", has_text="User")).locator("li")
    counts = [int(text) for text in users.locator(".num").all_inner_texts()]
    users.nth(0).locator("a").first.click()
    expect(page.locator("#total")).to_have_text(str(counts[0]))
    first = page.locator(".facet .used .clip").get_attribute("title")
    page.goto(site.at("/sessions"))
    second = users.nth(1).locator(".clip").get_attribute("title")
    page.goto(site.at(f"/sessions?q=user:({first} OR {second})"))
    expect(page.locator("#total")).to_have_text(str(counts[0] + counts[1]))
    expect(page.locator(".facet .used")).to_have_count(2)


def test_excluding_a_value_leaves_the_rest(site: Site, open_page: Open) -> None:
    """Including and excluding a tag together make up the whole list."""
    page = open_page(site.at("/sessions?q=tag:beta"))
    having = int(page.locator("#total").inner_text())
    page.goto(site.at("/sessions"))
    row = page.locator(".facet li", has_text="beta").first
    row.hover()
    row.locator(".without").click()
    expect(page.locator("#total")).to_have_text(str(SESSIONS - having))


def test_a_click_on_a_column_sorts(site: Site, open_page: Open) -> None:
    """Sorting by tokens brings the largest first, a second click the smallest."""
    page = open_page(site.at("/sessions"))
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.locator("th.h-tokens")).to_have_attribute("aria-sort", "descending")
    read = "cells => cells.map(cell => Number(cell.title.match(/input ([\\d,]+)/)[1].replaceAll(',', '')))"
    cells = page.locator("#rows .c-tokens .num")
    largest = cells.evaluate_all(read)[0]
    page.get_by_role("link", name="Tokens").click()
    expect(page.locator("th.h-tokens")).to_have_attribute("aria-sort", "ascending")
    assert cells.evaluate_all(read)[0] < largest


def test_a_wrong_query_says_what_was_meant_and_where(site: Site, open_page: Open, watch: Watch) -> None:
    """An unknown key is named, marked in place, and the nearest one is offered."""
    page = open_page(site.at("/sessions?q=tag:beta stauts:failed"))
    problem = page.locator("#problem")
    expect(problem).to_contain_text("status")
    expect(problem.locator("mark")).to_contain_text("stauts")
    assert watch.complaints.pop().endswith("400 (Bad Request)")
    problem.get_by_role("link").click()
    expect(page).to_have_url(re.compile("status%3Afailed"))
    expect(page.locator("#rows tr").first).to_be_visible()


def test_keys_and_values_complete_themselves(site: Site, open_page: Open) -> None:
    """Typing offers keys, then the values that sessions have; Enter takes one and the next one searches."""
    page = open_page(site.at("/sessions"))
    bar = page.locator("#q")
    bar.press_sequentially("stat")
    expect(page.locator("#completions .opt").first).to_contain_text("status:")
    bar.press("ArrowDown")
    bar.press("Enter")
    expect(bar).to_have_value("status:")
    expect(page.locator("#completions .opt", has_text="error")).to_be_visible()
    bar.press_sequentially("err")
    expect(page.locator("#completions .opt")).to_have_count(1)
    bar.press("ArrowDown")
    bar.press("Enter")
    expect(bar).to_have_value("status:error ")
    bar.press("Escape")
    bar.press("Enter")
    expect(page).to_have_url(re.compile("q=status%3Aerror"))


def test_a_late_completion_keeps_what_is_chosen(site: Site, open_page: Open) -> None:
    """An answer that comes after the choice renews the list and leaves the choice."""
    page = open_page(site.at("/sessions"))
    bar = page.locator("#q")
    bar.press("s")
    expect(page.locator("#completions .opt", has_text="status:")).to_be_visible()
    bar.press("ArrowDown")
    expect(page.locator('#completions .opt[aria-selected="true"]')).to_contain_text("status:")
    with page.expect_response(lambda response: "word=st" in response.url):
        bar.press("t")
    expect(page.locator("#completions .opt", has_text="swallowed:")).to_have_count(0)
    expect(page.locator('#completions .opt[aria-selected="true"]')).to_contain_text("status:")
    bar.press("Enter")
    expect(bar).to_have_value("status:")


def _held(page: Page, bars: slice) -> int:
    """How many sessions the histogram's bars say they hold."""
    titles = page.locator("#histogram g title").all_text_contents()[bars]
    return sum(int(number) for title in titles for number in re.findall(r"(\d+) [a-z]+", title.partition(": ")[2]))


def test_a_drag_over_the_histogram_sets_the_range(site: Site, open_page: Open) -> None:
    """The sessions of the bars that the drag touched are listed, as many as they hold; so does a click on the last."""
    page = open_page(site.at("/sessions"))
    box = page.locator("#histogram svg").bounding_box()
    assert box is not None
    count = page.locator("#histogram g").count()
    promised = _held(page, slice(count // 4, count))
    page.mouse.move(box["x"] + box["width"] * (0.25 + 0.4 / count), box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 9, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=.*to="))
    expect(page.locator("#total")).to_have_text(str(promised))
    page.go_back(wait_until="load")
    expect(page.locator("#total")).to_have_text(str(SESSIONS))
    last = _held(page, slice(count - 1, count))
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + 20)
    expect(page).to_have_url(re.compile(r"from=.*to="))
    expect(page.locator("#total")).to_have_text(str(last))


def test_the_range_goes_along(site: Site, open_page: Open) -> None:
    """From the list to the analytics and back, and from a session that the list led to; the filter stays behind."""
    page = open_page(site.at("/sessions?range=7d&q=errors:>0"), javascript=False)
    page.get_by_role("link", name="Analytics").click()
    expect(page).to_have_url(site.at("/analytics?range=7d"))
    page.locator(".nav").get_by_role("link", name="Sessions").click()
    expect(page).to_have_url(site.at("/sessions?range=7d"))
    page.locator("#rows .row-link").first.click()
    page.get_by_role("link", name="Analytics").click()
    expect(page).to_have_url(site.at("/analytics?range=7d"))


def test_the_keyboard_walks_opens_and_selects(site: Site, open_page: Open) -> None:
    """J and K move, X selects, two selected sessions can be compared, Enter opens."""
    page = open_page(site.at("/sessions"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_have_text("1 selected")
    expect(page.locator('[data-bulk="compare"]')).to_be_disabled()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator('[data-bulk="compare"]').click()
    expect(page.locator("h1")).to_have_text("Compare")
    expect(page.locator(".parted")).to_have_count(1)
    page.go_back(wait_until="load")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("#rows tr").first.get_attribute("data-id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/sessions/{first}"))


def test_columns_are_chosen_and_kept_in_the_address(site: Site, open_page: Open) -> None:
    """Leaving a column out and taking another one in is part of the link."""
    page = open_page(site.at("/sessions?q=tag:beta"))
    page.get_by_text("Columns").click()
    page.locator("#columns").get_by_role("checkbox", name="Cost").uncheck()
    page.locator("#columns").get_by_label("Session id").check()
    page.locator("#columns").get_by_role("button", name="Show").click()
    expect(page.locator("th.h-cost")).to_have_count(0)
    expect(page.locator("th.h-id")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=tag%3Abeta.*cols="))


def test_columns_of_model_calls_are_chosen_and_agree_with_the_details(site: Site, open_page: Open) -> None:
    """Kept in the address and in a view; each says what it means; only what a row holds sorts."""
    page = open_page(site.at("/sessions?q=model:gpt-4o"))
    page.get_by_text("Columns").click()
    labels = ("Models", "LLM p50", "LLM p95", "First token", "First output", "Last event")
    for label in labels:
        page.locator("#columns").get_by_role("checkbox", name=label, exact=True).check()
    page.locator("#columns").get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"models.*llm_p50.*llm_p95.*first_token.*first_output.*last_event"))
    for label in labels[1:5]:
        head = page.locator("th", has_text=label)
        expect(head).to_have_attribute("title", re.compile("model"))
        expect(head.locator("a")).to_have_count(0)
        expect(head).to_have_css("text-align", "right")
    page.get_by_role("link", name="Last event", exact=True).click()
    expect(page.locator("th.h-last_event")).to_have_attribute("aria-sort", "descending")
    moments = page.locator("#rows .c-last_event time").evaluate_all("all => all.map(time => time.dateTime)")
    assert moments == sorted(moments, reverse=True)
    row = page.locator("#rows tr").first
    expect(row.locator(".c-models span")).to_have_attribute("title", re.compile(r"gpt-4o: \d+ calls?"))
    for key in ("llm_p50", "llm_p95", "first_token"):
        expect(row.locator(f".c-{key} .num")).to_have_attribute("title", re.compile(r"^[\d,]+\.\d{3} ms$"))
    page.get_by_text("Views", exact=True).click()
    page.get_by_text("Save this view…").click()
    page.keyboard.type("Calls")
    page.keyboard.press("Enter")
    page.goto(site.at("/sessions?cols=name,cost"))
    page.get_by_text("Views", exact=True).click()
    page.locator("#views").get_by_role("link", name="Calls").click()
    expect(page.locator("th.h-models")).to_be_visible()
    first_output = row.locator(".c-first_output .num").inner_text()
    row.locator(".row-link").click()
    expect(page.locator(".kpi", has_text="First output").locator(".value")).to_have_text(first_output)


def test_columns_move_and_grow_and_stay(site: Site, open_page: Open) -> None:
    """A column moved left in the menu and one dragged wider are so in the address, and on the next visit without it."""
    page = open_page(site.at("/sessions"))
    keys = "heads => heads.map(head => head.dataset.column)"
    heads = page.locator("th[data-column]")
    before = heads.evaluate_all(keys)
    page.get_by_text("Columns").click()
    page.get_by_label("Cost further left").click()
    expect(page).to_have_url(re.compile("cols="))
    expect(page.locator("th:has(+ th.h-tokens)")).to_have_attribute("data-column", "cost")
    box = page.locator("th.h-state .grip").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 3, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 63, box["y"] + 4, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"state(~|%7E)\d+"))
    page.goto(site.at("/sessions"))
    after = heads.evaluate_all(keys)
    assert after != before
    assert set(after) == set(before)
    assert int(page.locator('col[data-column="state"]').get_attribute("width") or 0) > 100
    page.get_by_text("Columns").click()
    page.get_by_text("As it was at first").click()
    expect(page.locator("th:has(+ th.h-cost)")).to_have_attribute("data-column", "tokens")
    assert heads.evaluate_all(keys) == before


def test_a_range_becomes_part_of_the_query(site: Site, open_page: Open) -> None:
    """A least and a most narrow the list as the query bar would, and are shown again in their fields."""
    page = open_page(site.at("/sessions?q=tag:beta"))
    page.get_by_text("Ranges").click()
    page.get_by_label("Tokens, at least").fill("1k")
    page.get_by_label("Tokens, at most").fill("5k")
    page.get_by_label("Tokens, at most").press("Enter")
    expect(page.locator("#q")).to_have_value("tag:beta tokens:>=1k tokens:<=5k")
    expect(page.get_by_label("Tokens, at least")).to_have_value("1k")
    assert 0 < int(page.locator("#total").inner_text()) < SESSIONS


def test_an_excluded_value_stays_in_sight(site: Site, open_page: Open) -> None:
    """A facet shows what it could be besides, so an excluded value can be taken back where it was excluded."""
    page = open_page(site.at("/sessions?q=-tag:beta"))
    row = page.locator(".facet li", has_text="beta").first
    expect(row.locator(".not")).to_have_count(1)
    row.locator(".without").click()
    expect(page.locator("#total")).to_have_text(str(SESSIONS))


def test_a_session_is_bookmarked_and_found(site: Site, open_page: Open) -> None:
    """A click on the bookmark keeps it, the filter finds it, another click takes it back."""
    page = open_page(site.at("/sessions"))
    row = page.locator("#rows tr").nth(4)
    name = row.get_attribute("data-id")
    row.locator("[data-bookmark]").click()
    expect(row.locator("[data-bookmark]")).to_have_attribute("aria-pressed", "true")
    page.goto(site.at("/sessions?q=is:bookmarked"))
    expect(page.locator("#total")).to_have_text("1")
    expect(page.locator("#rows tr")).to_have_attribute("data-id", name or "")
    page.locator("#rows [data-bookmark]").click()
    expect(page.locator("#rows [data-bookmark]")).to_have_attribute("aria-pressed", "false")
    page.goto(site.at("/sessions?q=is:bookmarked"))
    expect(page.locator("#total")).to_have_text("0")


def test_a_click_beside_the_name_shows_the_session_beside_the_list(site: Site, open_page: Open) -> None:
    """The panel is in the address, J goes on to the next session, Escape closes it."""
    page = open_page(site.at("/sessions"))
    rows = page.locator("#rows tr")
    rows.nth(1).locator(".c-duration").click()
    title = page.locator("#peek h2")
    expect(title).to_have_text(rows.nth(1).locator(".row-name").inner_text())
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"peek={rows.nth(2).get_attribute('data-id')}"))
    expect(title).to_have_text(rows.nth(2).locator(".row-name").inner_text())
    page.reload()
    expect(page.locator("#peek h2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#peek")).to_be_hidden()
    assert "peek=" not in page.url


def test_whole_sessions_are_exported(site: Site, open_page: Open) -> None:
    """A selection leaves as OTLP/JSON lines that hold the chosen session and no other."""
    page = open_page(site.at("/sessions"))
    page.locator("#rows .pick input").nth(2).check()
    chosen = page.locator("#rows tr").nth(2).get_attribute("data-id") or "?"
    page.locator("#bulk").get_by_text("Export").click()
    with page.expect_download() as saving:
        page.locator("#bulk").get_by_text("OTLP/JSON").click()
    text = Path(saving.value.path()).read_text()
    assert set(re.findall(r'"traceId":"(\w+)"', text)) == {chosen}


def test_sessions_are_collected_into_a_dataset(site: Site, open_page: Open) -> None:
    """Selected, added under a name, found by it, and exported as examples."""
    page = open_page(site.at("/sessions"))
    for place in (0, 1):
        page.locator("#rows .pick input").nth(place).check()
    chosen = {page.locator("#rows tr").nth(place).get_attribute("data-id") for place in (0, 1)}
    page.locator('[data-bulk="dataset"]').click()
    page.keyboard.type("regressions")
    with page.expect_navigation():
        page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#rows .pick input").nth(2).check()
    page.locator('[data-bulk="dataset"]').click()
    page.keyboard.type("re")
    expect(page.get_by_role("option")).to_have_text(["regressions2"])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.tagging")).to_have_count(0)
    expect(page.locator("#picked")).to_have_text("1 selected")
    page.goto(site.at("/sessions?q=tag:dataset:regressions"))
    assert {row.get_attribute("data-id") for row in page.locator("#rows tr").all()} == chosen
    answer = page.request.get(site.at("/sessions/export?format=examples&q=tag:dataset:regressions"))
    assert {json.loads(line)["metadata"]["session_id"] for line in answer.text().splitlines()} == chosen
    undone = {"ids": [str(session) for session in chosen], "remove": ["dataset:regressions"]}
    assert page.request.post(site.at("/api/v1/sessions/tags"), data=undone).ok  # other tests count tags


def test_the_zone_goes_with_all_pages(site: Site, browser: Browser) -> None:
    """Times by this machine's clock instead of UTC, in the list, the range's fields and the analytics."""
    context = browser.new_context(timezone_id="Asia/Tokyo", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(site.at("/sessions?from=2026-01-01T00:00:00Z"))
    expect(page.locator(".custom-range [name=from]")).to_have_value("2026-01-01T00:00")
    page.get_by_role("button", name="Times: UTC").click()
    expect(page.get_by_role("button", name="Times: Tokyo")).to_be_visible()
    expect(page.locator(".custom-range [name=from]")).to_have_value("2026-01-01T09:00")
    expect(page.locator("#rows time").first).to_have_attribute("title", re.compile("JST$"))
    page.locator(".range summary").click()
    page.locator(".custom-range").get_by_text("Apply").click()
    expect(page).to_have_url(re.compile("from=2026-01-01T00%3A00%3A00.000Z"))
    page.goto(site.at("/analytics"))
    expect(page.get_by_role("button", name="Times: Tokyo")).to_be_visible()
    context.close()


def test_a_view_is_saved_and_found_again(site: Site, open_page: Open) -> None:
    """A saved view is offered in its menu and in the palette, and the dashboard can open with it."""
    page = open_page(site.at("/sessions?q=tag:beta"))
    page.get_by_text("Views", exact=True).click()
    page.get_by_text("Save this view…").click()
    page.get_by_label("Name of the view").fill(" Mine ")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#views").get_by_role("link", name="Mine", exact=True)).to_be_focused()
    page.get_by_role("button", name="First").click()
    page.goto(site.at("/"))
    expect(page).to_have_url(re.compile("q=tag(%3A|:)beta"))
    page.goto(site.at("/design"))
    page.keyboard.press("Control+k")
    page.keyboard.type("Mine")
    expect(page.locator("#palette .opt").first).to_contain_text("Mine")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=tag%3Abeta|q=tag:beta"))


def test_the_theme_stays(site: Site, open_page: Open) -> None:
    """Light is chosen by hand on a dark machine, and is still there after loading again."""
    page = open_page(site.at("/sessions"), scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Theme: system").click()
    light = page.evaluate(background)
    page.reload()
    assert page.evaluate(background) == light != dark


def test_the_first_session_appears_by_itself(empty_site: Site, open_page: Open) -> None:
    """An empty dashboard shows how to begin, and shows the first session without being asked."""
    page = open_page(empty_site.at("/sessions"))
    expect(page.get_by_text("No sessions yet")).to_be_visible()
    expect(page.locator(".quick-start")).to_contain_text("agentops.init")
    _, lines = next(generate.Generator(2, generate.Profile(spans=8)).sessions(1))
    write(empty_site.home, lines)
    expect(page.locator("#rows tr")).to_have_count(1, timeout=8000)


def test_an_environment_is_chosen_for_list_and_analytics(site: Site, open_page: Open) -> None:
    """Without a script: the switch narrows the list, goes along to the analytics, and counts the same there."""
    page = open_page(site.at("/sessions?range=30d"), javascript=False)
    page.locator('[popovertarget="environment-switch"]').click()
    page.get_by_role("link", name="staging", exact=True).click()
    expect(page).to_have_url(site.at("/sessions?range=30d&q=environment%3Astaging"))
    expect(page.locator("tr[data-id] .row-link").first).to_have_attribute("href", re.compile("environment%253Astaging"))
    total = page.locator("#total").inner_text()
    assert 0 < int(total) < SESSIONS
    page.get_by_title("Analytics").click()
    expect(page).to_have_url(site.at("/analytics?range=30d&q=environment%3Astaging"))
    expect(page.locator(".kpi .value").first).to_have_text(total)
    page.locator('[popovertarget="environment-switch"]').click()
    page.get_by_role("link", name="All environments").click()
    expect(page).to_have_url(site.at("/analytics?range=30d"))
    expect(page.locator(".kpi .value").first).to_have_text(str(SESSIONS))


def test_a_strip_shows_what_each_session_did(site: Site, open_page: Open) -> None:
    """Once the column is chosen: drawn and said in words for every session but one that is too large for a row."""
    page = open_page(site.at("/sessions?cols=name,activity"), javascript=False)
    strips = page.locator("td.c-activity")
    expect(strips).to_have_count(50)
    expect(strips.locator("svg[role=img]")).to_have_count(49)
    large = page.locator("tr", has=page.locator(f'a[href^="/sessions/{site.ids.large}"]'))
    expect(large.locator("td.c-activity")).to_have_text("–")
    failed = page.locator("tr", has=page.locator(f'a[href^="/sessions/{site.ids.failed}"]')).locator("svg.strip")
    expect(failed).to_have_attribute("aria-label", re.compile(r"Of its time, in 64 slices: models .*; \d+ failed"))
    expect(failed.locator("path.tone-error")).to_be_visible()


def test_a_menu_is_left_with_the_keyboard(site: Site, open_page: Open) -> None:
    """Escape closes it and goes back to its button, and leaves what lies beside open; so does walking on."""
    page = open_page(site.at("/sessions"))
    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(page.locator("#peek")).to_be_visible()
    button = page.locator("details.menu:has(.custom-range) > summary")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".custom-range input").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".custom-range")).to_be_hidden()
    expect(button).to_be_focused()
    expect(page.locator("#peek")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".custom-range")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".custom-range")).to_be_hidden()


def test_a_long_facet_shows_its_most_frequent_values(empty_site: Site, open_page: Open) -> None:
    """Ten of them, and what is chosen; the others behind their number, and what is beyond those by the query."""
    generator = generate.Generator(4, generate.Profile(spans=4, spread_s=600))
    made = [
        b"".join(lines).replace(b"user-", b"user-%d-" % number)
        for number, (_, lines) in enumerate(generator.sessions(80))
    ]
    write(empty_site.home, [line for line in made if b"user.id" in line])
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr").first).to_be_visible(timeout=8000)
    page.goto(empty_site.at("/sessions"))
    users = page.locator(".facet", has=page.locator("summary", has_text="User")).first
    expect(users.locator("> ul > li")).to_have_count(10)
    hidden = users.locator("details li")
    expect(hidden.first).to_be_hidden()
    users.locator("details > summary").click()
    expect(hidden).to_have_count(40)
    expect(users.locator("details")).to_contain_text("user:…")
    hidden.last.locator("a").first.click()
    expect(page.locator("#total")).to_have_text("1")
    expect(users.locator("> ul > li.used")).to_have_count(1)


def test_the_palette_is_walked_with_the_arrows(site: Site, open_page: Open) -> None:
    """A screen reader hears what is chosen; Enter goes there, and so does a click."""
    page = open_page(site.at("/sessions"))
    field, chosen = page.get_by_role("combobox", name="Go to"), page.locator('#places [aria-selected="true"]')
    page.keyboard.press("Control+k")
    expect(chosen).to_have_text("Sessions")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_text("Failed sessions")
    expect(field).to_have_attribute("aria-activedescendant", "places-1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sessions\\?q=status%3Aerror"))
    page.wait_for_load_state("load")  # by then the page's script listens
    page.get_by_role("button", name="Go to").click()
    field.fill("analyt")
    page.get_by_role("option", name="Analytics").click()
    expect(page).to_have_url(re.compile("/analytics"))
