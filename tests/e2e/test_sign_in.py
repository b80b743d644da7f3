"""A server with a login, as people meet it: sign in, switch the project, make a key, sign out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from agentops_dashboard.accounts import Accounts, Actor, accounts_path
from agentops_dashboard.door.settings import ServerSettings
from tests.e2e.conftest import Site, Watch, serve
from tests.e2e.sessions import Ids
from tests.e2e.test_accessibility import violations
from tests.server.conftest import PASSWORD, otlp

Open = Callable[..., Page]
SETUP = Actor("setup")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Site]:
    """Two projects with a session each; ada edits both, and nobody else is there."""
    accounts = Accounts(accounts_path(tmp_path))
    accounts.projects.create(SETUP, "Checkout")
    accounts.users.create(SETUP, "ada", PASSWORD, is_admin=True)
    keys = [accounts.keys.create(SETUP, project, "sender", ["ingest"])[1] for project in ("default", "checkout")]
    for url in serve(tmp_path, ServerSettings()):
        for number, (key, text) in enumerate(zip(keys, ("house", "shop"), strict=True), 1):
            headers = {"Content-Type": "application/json", "X-API-Key": key}
            urlopen(Request(f"{url}/v1/traces", otlp(number, text), headers)).close()
        yield Site(url, tmp_path, Ids())
    accounts.close()


def sign_in(page: Page, name: str = "ada") -> None:
    """Fill in the form, and wait until the script of the page behind it listens."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.wait_for_load_state("load")


def test_a_working_day(guarded: Site, open_page: Open, watch: Watch) -> None:
    """The link that was asked for, the other project, a tag, a key that works, and out; then nothing is left open."""
    page = open_page(guarded.at("/sessions?project=default&q=house"))
    expect(page).to_have_title("Sign in · agentops")
    sign_in(page)
    expect(page).to_have_url(guarded.at("/sessions?project=default&q=house"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_title("Project: Default").click()
    page.get_by_role("link", name="Checkout").click()
    expect(page.locator(".row-name")).to_contain_text("shop")
    page.goto(guarded.at(f"/sessions/{2:032x}"))
    expect(page).to_have_url(guarded.at(f"/sessions/{2:032x}?project=checkout"))
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Access").click()
    expect(page).to_have_url(guarded.at("/settings/access?project=checkout"))
    page.get_by_label("What it is for").fill("a laptop")
    page.get_by_label("read").check()
    page.get_by_role("button", name="Make a key").click()
    secret = page.locator(".secret pre").first.inner_text()
    request = Request(guarded.at("/api/v1/sessions"), headers={"Authorization": f"Bearer {secret}"})
    with urlopen(request) as answer:
        assert b'"shop' in answer.read()
    page.get_by_role("button", name="Sign out ada").click()
    expect(page).to_have_title("Sign in · agentops")
    page.goto(guarded.at("/sessions?project=checkout"))
    expect(page).to_have_title("Sign in · agentops")


def test_a_change_carries_the_token_of_its_page(guarded: Site, open_page: Open, watch: Watch) -> None:
    """A bookmark is set by the page; the same request without the token is refused."""
    page = open_page(guarded.at("/sessions?project=checkout"))
    sign_in(page)
    bookmark = page.locator("[data-bookmark], button[title*=ookmark]").first
    with page.expect_response(lambda answer: "/annotations/" in answer.url) as saved:
        bookmark.click()
    assert saved.value.status == 200
    path = f"/api/v1/sessions/{2:032x}"
    status = page.evaluate("path => fetch(path, { method: 'DELETE' }).then(answer => answer.status)", path)
    assert status == 403
    watch.complaints = [text for text in watch.complaints if "403" not in text]
    assert page.evaluate("path => fetch(path).then(answer => answer.status)", path) == 200


def test_live_changes_are_those_of_the_page_s_project(guarded: Site, open_page: Open) -> None:
    """With two projects open in one browser, each page hears of its own."""
    page = open_page(guarded.at("/sessions?project=checkout"))
    sign_in(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    other = page.context.new_page()
    other.goto(guarded.at("/sessions?project=default"))
    accounts = Accounts(accounts_path(guarded.home))
    key = accounts.keys.create(SETUP, "checkout", "later", ["ingest"])[1]
    accounts.close()
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    urlopen(Request(guarded.at("/v1/traces"), otlp(7, "new order"), headers)).close()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).to_contain_text("new order")
    expect(other.locator("tbody tr")).to_have_count(1)
    expect(other.locator("tbody")).to_contain_text("house")


def test_it_fits_a_phone(guarded: Site, open_page: Open) -> None:
    """At 400 pixels nothing sticks out of the page."""
    page = open_page(guarded.at("/settings/access?project=checkout"), width=400)
    sign_in(page)
    expect(page.get_by_role("heading", name="API keys of Checkout")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_and_access_break_no_rule(guarded: Site, open_page: Open, scheme: str) -> None:
    """The form, the page of keys and people, and a key that was just made, by the rules of axe."""
    page = open_page(guarded.at("/settings/access?project=checkout"), scheme=scheme)
    assert violations(page, scheme) == []
    sign_in(page)
    assert violations(page, scheme) == []
    page.get_by_label("What it is for").fill("a laptop")
    page.get_by_label("read").check()
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator(".secret pre").first).to_be_visible()
    assert violations(page, scheme) == []


def test_a_viewer_is_offered_nothing_that_would_be_refused(guarded: Site, open_page: Open) -> None:
    """No bookmark, tag, note, score or delete, in the list and in the details; reading and exporting stay."""
    accounts = Accounts(accounts_path(guarded.home))
    accounts.users.create(SETUP, "grace", PASSWORD)
    accounts.users.set_role(SETUP, "grace", "checkout", "viewer")
    accounts.close()
    page = open_page(guarded.at("/sessions"))
    sign_in(page, "grace")
    page.get_by_label("Select all").or_(page.locator("tbody input[type=checkbox]")).first.check()
    expect(page.locator("[data-bulk=compare]")).to_be_visible()
    names = ("say", "note", "delete", "edit-tags", "bookmark", "bulk=bookmark", "bulk=tag", "bulk=delete")
    changing = ", ".join(f"[data-{name}]" for name in names)
    expect(page.locator(changing).filter(visible=True)).to_have_count(0)
    page.goto(guarded.at(f"/sessions/{2:032x}"))
    page.get_by_text("Export").click()
    expect(page.get_by_role("link", name="JSON", exact=True)).to_be_visible()
    expect(page.locator(changing).filter(visible=True)).to_have_count(0)
