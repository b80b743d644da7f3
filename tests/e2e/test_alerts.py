"""Alerts, as people meet them: from a chart to a rule, a mark in the navigation, and the sessions behind it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from agentops_dashboard.alerts import Book, alerts_path, destinations_of, draft_of
from agentops_dashboard.alerts.watch import Watch as AlertWatch
from agentops_dashboard.store import SQLiteStore, store_path
from tests.e2e.conftest import Site, Watch
from tests.e2e.sessions import generate, write
from tests.e2e.test_accessibility import violations

Open = Callable[..., Page]


def judge_all(site: Site) -> None:
    """What the background thread does every half a minute, from another process; nobody answers at the hook."""
    book, store = Book(alerts_path(site.home)), SQLiteStore(store_path(site.home))
    watch = AlertWatch(book, store, lambda: ["default"], destinations=destinations_of(["http://127.0.0.1:9/hook"]))
    watch.judge_due()
    watch.tell()
    watch.close()
    store.close()
    book.close()


@pytest.fixture
def failing(empty_site: Site, open_page: Open) -> Site:
    """A dashboard with six sessions of the last minutes that all failed."""
    generator = generate.Generator(4, generate.Profile(spans=6, spread_s=60))
    write(empty_site.home, [line for _, lines in generator.sessions(6, state="error") for line in lines])
    page = open_page(empty_site.at("/sessions"))
    expect(page.locator("#rows tr")).to_have_count(6, timeout=8000)
    return empty_site


def test_from_a_chart_to_the_sessions_behind_an_alert(failing: Site, open_page: Open) -> None:
    """The bell beside a chart fills the form; it fires, is counted on every page, and is paused and dropped."""
    page = open_page(failing.at("/analytics?charts=failed.mean..line."))
    page.get_by_label("Alert on Failure rate").click()
    expect(page.locator("select[name=measure]")).to_have_value("failed")
    page.get_by_label("Threshold").fill("10%")
    page.get_by_role("button", name="Watch it").click()
    row = page.locator(".rules li")
    expect(row).to_contain_text("Not judged yet")
    expect(page.locator("#firing")).to_be_hidden()
    judge_all(failing)
    page.goto(failing.at("/sessions"))
    expect(page.locator("#firing")).to_contain_text("1")
    page.get_by_role("link", name="Alerts").click()
    expect(row).to_contain_text("Firing")
    expect(page.locator("#told")).to_contain_text("127.0.0.1: it cannot be reached")
    row.get_by_label("The sessions behind").click()
    expect(page.locator("#total")).to_have_text("6")
    page.go_back()
    row.get_by_label("Edit Failure rate").click()
    expect(page.get_by_label("Threshold")).to_have_value("10%")
    page.get_by_label("Threshold").fill("20%")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Failure rate above 20.0%")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
    expect(page.locator("#firing")).to_be_hidden()
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    expect(page.locator("#told")).to_contain_text("Fires")


def test_an_alert_on_each_tool_is_made_and_edited_to_one(failing: Site, open_page: Open) -> None:
    """The page says which tools fire and leads to their sessions; the form takes the name of one."""
    page = open_page(failing.at("/alerts"))
    page.get_by_label("Name").fill("tools are called")
    page.locator("select[name=of]").select_option("each tool")
    page.locator("select[name=measure]").select_option(label="Calls")
    page.get_by_label("Threshold").fill("0")
    page.get_by_role("button", name="Watch it").click()
    row = page.locator(".rules > li").filter(has_text="tools are called")
    expect(row).to_contain_text("Calls of each tool above 0 in the last 1h")
    judge_all(failing)
    page.reload()
    fires = row.get_by_role("list", name="Which fire").get_by_role("link")
    name, count = str(fires.first.text_content()), fires.count()
    assert count > 1
    expect(page.locator("#told tbody tr")).to_have_count(count)
    expect(page.locator("#told")).to_contain_text(f"tool {name}")
    fires.first.click()
    expect(page.locator("#q")).to_have_value(f"tool:{name}")
    page.go_back()
    row.get_by_label("Edit tools are called").click()
    expect(page.locator("select[name=of]")).to_have_value("each tool")
    page.locator("select[name=of]").select_option("tool")
    offered = page.locator("#known option").evaluate_all("all => all.map(one => `${one.textContent} ${one.value}`)")
    assert f"tool {name}" in offered
    page.get_by_label("Which one").fill(name)
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text(f"Calls of tool {name} above 0")
    row.get_by_label("Edit tools are called").click()
    expect(page.get_by_label("Which one")).to_have_value(name)


def test_the_mark_appears_on_a_page_that_is_open(failing: Site, open_page: Open) -> None:
    """Without loading it again, with the badge of the store's health."""
    page = open_page(failing.at("/sessions"))
    expect(page.locator("#health .word")).to_contain_text("stored")
    book = Book(alerts_path(failing.home))
    book.add("default", draft_of({"name": "fail", "measure": "failed", "threshold": "10%"}), "ada")
    book.close()
    judge_all(failing)
    page.clock.install()
    page.reload()
    page.evaluate("document.getElementById('firing').hidden = true")
    page.clock.fast_forward(31_000)
    expect(page.locator("#firing")).to_be_visible()
    expect(page.locator("#firing")).to_contain_text("1")


def test_it_works_without_a_script(failing: Site, open_page: Open, watch: Watch) -> None:
    """Made, shown as firing, and dropped by forms alone."""
    page = open_page(failing.at("/alerts"), javascript=False)
    page.get_by_label("Name").fill("too many fail")
    page.get_by_label("Threshold").fill("much")
    page.get_by_role("button", name="Watch it").click()
    expect(page.locator(".notice")).to_contain_text("Threshold needs a value")
    expect(page.get_by_label("Name")).to_have_value("too many fail")
    watch.complaints = [text for text in watch.complaints if "400" not in text]
    page.get_by_label("Threshold").fill("10%")
    page.get_by_role("button", name="Watch it").click()
    judge_all(failing)
    page.goto(failing.at("/analytics"))
    expect(page.locator("#firing")).to_contain_text("1")
    page.get_by_role("link", name="Alerts").click()
    page.get_by_role("button", name="Remove too many fail").click()
    expect(page.get_by_text("Nothing is watched yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_alerts_of_all_standings_break_no_rule(failing: Site, open_page: Open, scheme: str) -> None:
    """Firing, ok, without data, paused, not judged and not to be judged, and on a phone nothing sticks out."""
    book = Book(alerts_path(failing.home))
    for name, more in {
        "fires": {}, "ok": {"threshold": "100%"}, "none": {"query": "tag:nobody"}, "paused": {},
        "problem": {"query": "errors:>0"}, "x" * 100: {"query": "tag:" + "y" * 200},
        "tools": {"of": "each tool", "measure": "calls", "threshold": "0"},
    }.items():  # fmt: skip
        book.add("default", draft_of({"name": name, "measure": "failed", "threshold": "10%", **more}), "ada")
    book.pause("default", "paused")
    judge_all(failing)
    book.say_problem(book.get("default", "problem"), "it took longer than 10 s.")
    book.add("default", draft_of({"name": "new", "measure": "cost", "threshold": "1"}), "ada")
    book.close()
    page = open_page(failing.at("/alerts"), scheme=scheme)
    expect(page.locator(".rules > li")).to_have_count(8)
    assert violations(page, scheme) == []
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert violations(page, scheme) == []
