"""A real server over a generated store, and a real browser that may complain about nothing."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from agentops_dashboard.app import create_app
from tests.e2e.sessions import Ids, fill

if TYPE_CHECKING:
    from agentops_dashboard.door.settings import ServerSettings

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Site:
    """A running dashboard: its address and the sessions that it holds."""

    url: str
    home: Path
    ids: Ids

    def at(self, path: str) -> str:
        """The address of a page."""
        return self.url + path


def serve(home: Path, server_settings: "ServerSettings | None" = None) -> Iterator[str]:
    """Run the dashboard over a home directory; yields its address."""
    settings = uvicorn.Config(
        create_app(home, server=server_settings), port=0, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The dashboard over generated, running and hostile sessions."""
    home = tmp_path_factory.mktemp("home")
    ids = fill(home)
    for url in serve(home):
        yield Site(url, home, ids)


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """The dashboard over nothing yet."""
    for url in serve(tmp_path):
        yield Site(url, tmp_path, Ids())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = os.environ.get("AGENTOPS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "There is no Chromium: install it, or name it in AGENTOPS_TEST_BROWSER."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a browser context said and asked for; ``answers`` are given to the dialogs that a test expects."""

    complaints: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of a context."""
        context.on("request", self._requested)
        context.on("page", self._opened)

    def _requested(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "file:")):
            self.foreign.append(url)

    def _opened(self, page: Page) -> None:
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("dialog", self._asked)

    def _asked(self, dialog: Dialog) -> None:
        if self.answers:
            dialog.accept(self.answers.pop(0))
        else:
            self.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")


@pytest.fixture
def watch() -> Watch:
    """What the browser complained about; a test may take away what it provoked."""
    return Watch()


def _act_on_loaded_pages(page: Page) -> None:
    """Let clicks wait, after a navigation, until the page's scripts listen: on a slow machine they would be lost."""
    page.add_init_script("addEventListener('load', () => { document.documentElement.dataset.loaded = ''; })")
    loading = page.locator("html:not([data-loaded])")
    page.add_locator_handler(loading, lambda: page.wait_for_load_state("load"), no_wait_after=True)


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open an address: ``open_page(url, width=1440, javascript=True)``.

    Afterwards no console message, no exception, no dialog, and no request to another machine may be left.
    """
    contexts: list[BrowserContext] = []

    def go(
        url: str,
        *,
        width: int = 1440,
        height: int = 900,
        javascript: bool = True,
        scheme: str = "light",
        waits: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        watch.over(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.set_default_navigation_timeout(30_000)
        if javascript and waits:
            _act_on_loaded_pages(page)
        page.goto(url)
        return page

    yield go
    for context in contexts:
        context.close()
    assert watch.complaints == []
    assert watch.foreign == []
