"""Analytics, settings, and changing what is stored."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, Watch
from tests.e2e.sessions import SESSIONS, generate, write

Open = Callable[..., Page]


def test_a_chart_of_ones_own(site: Site, open_page: Open) -> None:
    """The form adds it, the address holds it, a view keeps it, a click takes it away; a table needs no script."""
    page = open_page(site.at("/analytics?q=errors:>0"))
    page.get_by_text("Add a chart").click()
    form = page.locator(".new-chart form")
    form.get_by_label("What").select_option("cost")
    form.get_by_label("How").select_option("p95")
    form.get_by_label("By").select_option("release")
    form.get_by_label("Only").fill("tag:beta")
    form.get_by_role("button", name="Add").click()
    expect(page).to_have_url(re.compile(r"charts=cost\.p95\.release\.line\.tag"))
    chart = page.locator("#own .chart")
    expect(chart).to_have_count(1)
    expect(chart.locator(".main-svg").first).to_be_visible()
    expect(chart.locator(".legendtext")).to_have_count(2)
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("button", name="Save this view…").click()
    page.keyboard.type("dear releases")
    page.keyboard.press("Enter")
    with page.expect_navigation():  # the scripts that listen for keys have run when it is over
        page.get_by_label("Take the chart p95 cost away").click()
    expect(chart).to_have_count(0)
    page.keyboard.press("Control+k")
    page.get_by_label("Go to", exact=True).and_(page.locator("input")).fill("dear")
    page.keyboard.press("Enter")
    expect(chart).to_have_count(1)
    plain = open_page(site.at("/analytics?charts=sessions.sum.status.table."), javascript=False)
    assert {"Completed", "Failed"} <= set(plain.locator("#own td:first-child").all_inner_texts())
    counts = plain.locator("#own td.num").all_inner_texts()
    shown = plain.locator(".kpi", has_text="Sessions").locator(".value").inner_text()
    assert sum(int(count.replace(",", "")) for count in counts) == int(shown.replace(",", ""))


def test_every_chart_is_drawn(site: Site, open_page: Open) -> None:
    """Ten charts appear, with bars and lines in them, in the dark too, and the policy allows all of it."""
    page = open_page(site.at("/analytics"), scheme="dark")
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    expect(page.locator(".plot.js-plotly-plot")).to_have_count(10)
    assert page.locator("#plot-sessions .bars path").count() > 10


def test_a_fixed_chart_is_split_by_a_group(site: Site, open_page: Open) -> None:
    """A choice in its head draws it by that group, the address holds it; calls that are read later are split too."""
    page = open_page(site.at("/analytics"))
    for chart, by in (
        ("plot-sessions", "status"),
        ("plot-failures", "release"),
        ("plot-spread", "agent"),
        ("plot-llm", "model"),
    ):
        place = page.locator(f'[data-chart="{chart}"]')
        place.get_by_text("split", exact=True).click()
        with page.expect_navigation():
            place.get_by_role("link", name=f"by {by}", exact=True).click()
        expect(place.locator(".main-svg").first).to_be_visible()
        expect(place.locator("summary").first).to_have_text(f"by {by}")
        assert place.locator(".legendtext").count() > 1
        assert "success" not in place.locator(".legendtext").all_text_contents()
    expect(page).to_have_url(re.compile(r"by=sessions\.status.*failures\.release.*spread\.agent.*llm\.model"))


def test_shapes_of_charts(site: Site, open_page: Open) -> None:
    """Areas, pies and histograms are drawn; a number needs no script; a slice and a bar lead to their sessions."""
    charts = "calls.sum.tool.area.|cost.sum.model.pie.|cost.sum..histogram.|sessions.sum..number."
    page = open_page(site.at(f"/analytics?range=30d&charts={charts}"))
    expect(page.locator("#own .plot.js-plotly-plot")).to_have_count(3)
    expect(page.locator("#own .numbers .num")).to_have_text(str(SESSIONS))
    assert "0%" not in page.locator("#plot-own-1 .slicetext").all_text_contents()
    share = page.locator("#plot-own-1 .slicetext").first
    share.scroll_into_view_if_needed()
    box = share.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/sessions\?q=model.*range=30d"))


def _data(page: Page) -> dict[str, Any]:
    """The figures that the charts are drawn from."""
    found: dict[str, Any] = json.loads(page.locator("#data").text_content() or "{}")
    return found


def test_the_totals_are_those_of_the_list(site: Site, open_page: Open) -> None:
    """Sessions, their sum over the chart's bars, and the list's total are one number, for every filter."""
    page = open_page(site.at("/analytics"), javascript=False)
    assert sum(_data(page)["durations"]["counts"]) == SESSIONS
    for query in ("", "status:error", "tag:beta -status:error", "errors:>0", "tokens:>1k"):
        page.goto(site.at(f"/sessions?q={query}"))
        total = int(page.locator("#total").inner_text())
        page.goto(site.at(f"/analytics?q={query}"))
        data = _data(page)
        assert int(page.locator(".kpi .value").first.inner_text()) == total > 0, query
        assert sum(point["sessions"] for point in data["points"]) == total, query
        assert sum(sum(point["states"].values()) for point in data["points"]) == total, query


def test_figures_that_need_spans_come_after_the_rest(site: Site, open_page: Open) -> None:
    """The page shows its sums first, then percentiles; without a script a link leads to the whole."""
    page = open_page(site.at("/analytics"))
    expect(page.locator("#plot-llm.js-plotly-plot")).to_be_visible()
    expect(page.locator("th", has_text="Tok/s")).to_have_count(1)
    page.locator("th", has_text="Retries").get_by_role("button").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Retries")
    plain = open_page(site.at("/analytics"), javascript=False)
    expect(plain.locator("th", has_text="Tok/s")).to_have_count(0)
    plain.get_by_text("Latency, speed and what agents came to").click()
    expect(plain.locator("th", has_text="Tok/s")).to_have_count(1)


def test_a_chart_is_saved_and_made_logarithmic(site: Site, open_page: Open) -> None:
    """Its figures as CSV sum up to the sessions, its picture is one, and its scale can be changed."""
    page = open_page(site.at("/analytics?interval=1d"))
    chart = page.locator('[data-chart="plot-sessions"]')
    expect(chart.locator(".main-svg").first).to_be_visible()

    def do(label: str) -> None:
        chart.locator("summary[title=More]").click()
        chart.get_by_role("button", name=label).click()

    with page.expect_download() as saving:
        do("Figures as CSV")
    lines = Path(saving.value.path()).read_text().splitlines()
    assert lines[0].startswith("from,")
    assert sum(int(value) for line in lines[1:] for value in line.split(",")[1:]) == SESSIONS
    with page.expect_download() as saving:
        do("Picture as PNG")
    assert Path(saving.value.path()).read_bytes().startswith(b"\x89PNG")
    do("Logarithmic")
    assert page.evaluate("document.getElementById('plot-sessions').layout.yaxis.type") == "log"


def test_the_query_bar_completes_as_the_list_s_does(site: Site, open_page: Open) -> None:
    """Keys, then values; Enter takes one, and another Enter asks for the page of these sessions."""
    page = open_page(site.at("/analytics?range=30d"))
    bar = page.locator("#q")
    for typed, chosen in (("stat", "status:"), ("err", "status:error ")):
        bar.press_sequentially(typed)
        expect(page.locator("#completions .opt")).to_have_count(1)
        bar.press("ArrowDown")
        bar.press("Enter")
        expect(bar).to_have_value(chosen)
    bar.press("Escape")
    bar.press("Enter")
    expect(page).to_have_url(re.compile("q=status%3Aerror.*range=30d"))


def test_nothing_to_count_leaves_what_arranges_the_page(site: Site, empty_site: Site, open_page: Open) -> None:
    """Where no session fits, the query completes and views are kept; before the first session, the list says how."""
    page = open_page(site.at("/analytics?q=tag:nobody"))
    expect(page.get_by_role("heading", name="Nothing to count")).to_be_visible()
    page.locator("#q").press_sequentially(" stat")
    expect(page.locator("#completions .opt")).to_have_count(1)
    page.get_by_text("Views", exact=True).click()
    expect(page.get_by_role("button", name="Save this view…")).to_be_visible()
    page.goto(empty_site.at("/analytics"))
    page.get_by_role("link", name="Record the first one").click()
    expect(page.locator("#first-run")).to_be_visible()
    expect(page.locator("#health .word")).to_have_text(re.compile(r"^\d+ KB stored$"))
    page.goto(empty_site.at("/settings"))
    stored = page.locator(".kpi", has_text="On disk").locator(".value").inner_text()
    expect(page.locator("#health .word")).to_have_text(f"{stored} stored")


def test_a_table_leads_to_the_same_sessions(site: Site, open_page: Open) -> None:
    """A model's row links to the list within the same range, and the list has as many sessions as the row says."""
    page = open_page(site.at("/analytics?range=24h"))
    row = page.locator("#pace tr", has=page.get_by_role("link", name="gpt-4o", exact=True))
    promised = row.locator("td").nth(1).inner_text()
    row.get_by_role("link", name="gpt-4o", exact=True).click()
    expect(page).to_have_url(re.compile("range=24h"))
    expect(page.locator("#total")).to_have_text(promised)


def test_cut_off_answers_lead_to_their_sessions(site: Site, open_page: Open) -> None:
    """The models' table counts them, and the tree of a session behind the number marks one."""
    page = open_page(site.at("/analytics"))
    page.locator("#pace tr", has_text="gpt-4o").locator("a.badge").first.click()
    expect(page).to_have_url(re.compile("finish"))
    page.locator("#rows .row-link").first.click()
    expect(page.locator(".trow .badge", has_text="cut off").first).to_be_visible()


def test_the_split_of_the_cost_makes_up_the_cost(site: Site, open_page: Open) -> None:
    """The bars by model and those by user sum up to the same cost, that of the intervals."""
    page = open_page(site.at("/design"), javascript=False)
    for group in ("model", "user"):
        page.goto(site.at(f"/analytics?group={group}"))
        data = _data(page)
        course = sum(point["cost"] or 0 for point in data["points"])
        assert abs(sum(map(sum, data["split"].values())) - course) < 1e-6 < course


def test_a_drag_over_a_chart_sets_the_range(site: Site, open_page: Open) -> None:
    """The dragged time becomes the page's range and is in the address."""
    page = open_page(site.at("/analytics"))
    area = page.locator("#plot-tokens .nsewdrag").first
    box = area.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 45, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=.*to="))


def test_a_bar_leads_to_as_many_sessions_as_it_holds(site: Site, open_page: Open) -> None:
    """The first and the last interval too, also where the clock's interval begins before the range does."""
    page = open_page(site.at("/design"))
    for where in ("", "?range=24h&interval=6h"):
        for at in (0, -1):
            page.goto(site.at(f"/analytics{where}"))
            expect(page.locator("#plot-failures.js-plotly-plot")).to_be_visible()
            points = [point for point in _data(page)["points"] if point["states"].get("success")]
            number = _data(page)["points"].index(points[at])
            click = "number => document.getElementById('plot-sessions').emit('plotly_click', {points: [{pointIndex: number, data: {meta: 'success'}}]})"  # noqa: E501
            with page.expect_navigation():
                page.evaluate(click, number)
            expect(page.locator("#total")).to_have_text(str(points[at]["states"]["success"]))


def test_a_single_session_is_a_bar_of_a_minute(empty_site: Site, open_page: Open) -> None:
    """Of one session there are intervals of a minute, the last of which has it, and no axis of microseconds."""
    ((_, lines),) = generate.Generator(4, generate.Profile(spans=6, spread_s=60)).sessions(1)
    write(empty_site.home, lines)
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#total")).to_have_text("1", timeout=8000)
    page.goto(empty_site.at("/analytics"))
    points = _data(page)["points"]
    assert [point["sessions"] for point in points] == [0] * (len(points) - 1) + [1]
    assert {round((point["end_ns"] - point["start_ns"]) / 1e9) for point in points} == {60}
    expect(page.locator("#plot-sessions .bars path")).to_have_count(len(points))
    box = page.locator("#plot-sessions .bars path").last.bounding_box()
    assert box is not None
    assert box["width"] > 3
    ticks = page.locator("#plot-duration .xtick").all_text_contents()
    assert all(re.fullmatch(r"\d\d:\d\d(.*2\d\d\d)?", tick) for tick in ticks), ticks
    assert set(page.locator("#plot-sessions .ytick").all_text_contents()) == {"0", "1"}
    page.goto(empty_site.at("/sessions"))
    page.locator("#histogram g").last.click()
    expect(page.locator("#total")).to_have_text("1")
    expect(page).to_have_url(re.compile("from="))


def test_charts_write_times_as_the_page_does_and_leave_gaps(site: Site, open_page: Open) -> None:
    """Durations on axes are in ms, s, m and h, all charts show the same time, and nothing is drawn over a gap."""
    page = open_page(site.at("/analytics?interval=1h&charts=failed.mean..area."))
    expect(page.locator("#plot-own-0.js-plotly-plot")).to_be_visible()
    expect(page.locator("#plot-llm.js-plotly-plot")).to_be_visible()
    assert any(not point["sessions"] for point in _data(page)["points"])
    expect(page.locator("#plot-failures .fills path, #plot-own-0 .fills path")).to_have_count(0)
    for chart, axis in (("plot-duration", "y"), ("plot-llm", "y"), ("plot-spread", "x")):
        marks = [mark for mark in page.locator(f"#{chart} .{axis}tick").all_text_contents() if mark != "0"]
        assert len(marks) > 1, chart
        assert all(re.fullmatch(r"[\d.]+ (µs|ms|s)|\d+[mhd]( \d\d[ms])?", mark) for mark in marks), marks
    ranges = page.evaluate(
        "['sessions', 'duration', 'llm'].map(name => document.getElementById(`plot-${name}`).layout.xaxis.range.join())"
    )
    assert len(set(ranges)) == 1


def test_a_row_leads_to_its_sessions(site: Site, open_page: Open) -> None:
    """A tool in the table leads to as many sessions as the table says."""
    page = open_page(site.at("/analytics"), javascript=False)
    row = page.locator(".tables section", has_text="Tools").locator("tbody tr").first
    promised = row.locator("td").nth(1).inner_text()
    row.locator("a.link").click()
    expect(page.locator("#total")).to_have_text(promised)


def test_settings_say_where_the_data_is(site: Site, open_page: Open) -> None:
    """The home directory and the keys of the query language are shown."""
    page = open_page(site.at("/settings"))
    expect(page.locator("pre.code").first).to_contain_text(str(site.home))
    expect(page.locator("#query")).to_contain_text("duration")


def test_tags_are_changed_and_sessions_deleted(empty_site: Site, open_page: Open, watch: Watch) -> None:
    """Two sessions get a tag at once, one of them is deleted after a question, the other's tags are edited."""
    generator = generate.Generator(4, generate.Profile(spans=6, spread_s=60))
    write(empty_site.home, [line for _, lines in generator.sessions(3) for line in lines])
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr")).to_have_count(3, timeout=8000)
    page.locator(".pick input").nth(1).check()
    page.locator(".pick input").nth(2).check()
    page.locator('[data-bulk="tag"]').click()
    expect(page.get_by_role("heading", name="Tag 2 sessions")).to_be_visible()
    page.keyboard.type("reviewed, seen")
    page.get_by_role("button", name="Tag", exact=True).last.click()
    expect(page.locator(".toast")).to_have_text("Tagged")
    page.goto(empty_site.at("/sessions?q=tag:reviewed tag:seen"))
    expect(page.locator("#total")).to_have_text("2")
    watch.answers += ["yes"]
    page.locator("#rows .pick input").first.check()
    page.locator('[data-bulk="delete"]').click()
    expect(page.locator("#total")).to_have_text("1")
    page.locator("#rows .row-link").click()
    page.wait_for_url("**/sessions/*")
    page.wait_for_load_state("load")  # by then the page's script listens
    page.locator("[data-edit-tags]").click()
    page.get_by_label("Remove reviewed").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".meta a.chip", has_text="seen")).to_be_visible()
    expect(page.locator(".meta a.chip", has_text="reviewed")).to_have_count(0)
