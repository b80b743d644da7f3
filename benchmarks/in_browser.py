"""How long the pages take in a real browser: until rows are seen, how large they are, and what holds the tab up.

``python -m benchmarks serving --browser`` takes the Chromium that ``AGENTOPS_TEST_BROWSER`` names, and the stores of
the suite ``serving``. Each figure is taken with a server and a browser profile that have not seen the page before.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.generate import Profile
from benchmarks.report import Row
from benchmarks.serving import Server, store

__all__ = ["NOTE", "TITLE", "run"]

TITLE = "In the browser"
NOTE = (
    "Chromium without a window at 1440 × 900, beside the server on the same cores: from the address to the frame with "
    "rows in it, by the browser's clock, each time with a new server and an empty cache; the median, and the longest. "
    "A block is a task that holds the tab's main thread for more than 50 ms."
)
_WATCH = """
window.blocks = [];
new PerformanceObserver((list) => { for (const task of list.getEntries()) window.blocks.push(task.duration); })
  .observe({ type: "longtask", buffered: true });
window.seen = new Promise((resolve) => {
  const look = () => {
    const row = document.querySelector(window.awaited);
    if (row?.getBoundingClientRect().height) requestAnimationFrame(() => resolve(performance.now()));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
_SETTLED_MS = 1_500
_SPAN = ".trow"


@dataclass(frozen=True)
class _Page:
    """``row`` is the selector of what is to be seen."""

    what: str
    home: Path
    path: str
    row: str
    goal: str


@dataclass(frozen=True)
class _Seen:
    rows_s: float
    nodes: int
    block_ms: float
    heap_mb: float


def run(repeat: int) -> list[Row]:
    """Measure the list and sessions of three sizes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["AGENTOPS_TEST_BROWSER"], args=["--no-sandbox", "--disable-gpu"]
        )
        rows = [row for asked in _pages() for row in _rows(asked, browser, repeat)]
        browser.close()
    return rows


def _pages() -> Iterator[_Page]:
    many = store("25000-sessions", Profile(spans=40, spread_s=30 * 86400), 25_000)
    yield _Page("list of 25,000 sessions", many, "/sessions", "tbody tr", "≤ 0.5 s")
    for spans in (10_000, 50_000):
        home = store(f"one-session-of-{spans}", Profile(spans=spans, spans_vary=0), 1)
        for view in ("tree", "timeline"):
            yield _Page(f"session of {spans:,} spans, {view}", home, f"/sessions/last?view={view}", _SPAN, "≤ 1 s")


def _rows(asked: _Page, browser: Browser, repeat: int) -> list[Row]:
    seen = [_look(asked, browser) for _ in range(repeat)]
    taken = sorted(one.rows_s for one in seen)
    block = max(one.block_ms for one in seen)
    most_nodes = "≤ 3,000" if asked.row == _SPAN else ""
    return [
        Row(f"{asked.what}: rows are seen", "", f"{median(taken):.2f} s, {taken[-1]:.2f}", None, asked.goal),
        Row(f"{asked.what}: elements", "", f"{max(one.nodes for one in seen):,}", None, most_nodes),
        Row(f"{asked.what}: longest block", "", f"{block:.0f} ms" if block else "none", None, "≤ 200 ms"),
        Row(f"{asked.what}: heap of the tab", "", f"{max(one.heap_mb for one in seen):.0f} MB", None, "≤ 300 MB"),
    ]


def _look(asked: _Page, browser: Browser) -> _Seen:
    server = Server(asked.home)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(f"window.awaited = {json.dumps(asked.row)};{_WATCH}")
        page.goto(server.url + asked.path)
        page.evaluate("window.seen")
        page.wait_for_timeout(_SETTLED_MS)
        return _Seen(
            _rows_s(page), page.evaluate("document.querySelectorAll('*').length"), _block_ms(page), _heap_mb(page)
        )
    finally:
        context.close()
        server.stop()


def _rows_s(page: Page) -> float:
    """When rows were on the screen: not before anything was painted, and not before there were any."""
    painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    moment_ms: float = page.evaluate(f"window.seen.then((seen) => Math.max(seen, {painted}))")
    return moment_ms / 1000


def _block_ms(page: Page) -> float:
    longest: float = page.evaluate("Math.max(0, ...window.blocks)")
    return longest


def _heap_mb(page: Page) -> float:
    client = page.context.new_cdp_session(page)
    used: float = client.send("Runtime.getHeapUsage")["usedSize"]
    client.detach()
    return used / 2**20
