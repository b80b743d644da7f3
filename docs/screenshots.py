"""Take the pictures of the documentation: the dashboard over generated sessions, and the trees of frameworks.

    python docs/screenshots.py
    python docs/screenshots.py strands crewai

The first writes docs/images/*.png; the second runs the demo of each integration, or its example where it has none, and
writes docs/images/integrations/*.png. Needs a Chromium, found on the path or named in AGENTOPS_TEST_BROWSER. Frameworks
that live in an environment of their own are run by its interpreter: ``--python PATH``.
"""

import argparse
import importlib.util
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from agentops_dashboard.app import create_app
from agentops_dashboard.reader import Reader, Session

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ALONE = """
.split { display: block !important; height: auto !important }
.split > aside, .split > .divider { display: none !important }
.view, .tree-scroll { height: auto !important; max-height: none !important; overflow: visible !important }
"""
PICTURES = (
    ("list", "/sessions", "light", 1440, 820),
    ("list-dark", "/sessions", "dark", 1440, 820),
    ("tree", "/sessions/{id}?view=tree", "light", 1440, 820),
    ("tree-dark", "/sessions/{id}?view=tree", "dark", 1440, 820),
    ("timeline", "/sessions/{id}?view=timeline", "light", 1440, 820),
    ("messages", "/sessions/{id}?view=messages", "light", 1440, 820),
    ("agents", "/sessions/{id}?view=agents", "light", 1440, 820),
    ("analytics", "/analytics", "light", 1440, 980),
    ("visual-language", "/design", "light", 1200, 1500),
)


def generator() -> ModuleType:
    """The module that makes sessions, which is no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "benchmarks" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, Reader]]:
    """The dashboard over a home directory: its address and its reader."""
    app = create_app(home)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", app.state.readers.of("default")
    server.should_exit = True
    thread.join(10)


def wait_for(reader: Reader, count: int) -> list[Session]:
    """Wait until the importer has stored the sessions."""
    for _ in range(600):
        found = reader.sessions(limit=200)
        if found["total"] >= count:
            return found["sessions"]
        time.sleep(0.1)
    raise SystemExit(f"Only {reader.sessions(limit=0)['total']} of {count} sessions were imported in a minute.")


def take(browser: Browser, url: str, chosen: str) -> None:
    """Take every picture."""
    for name, path, scheme, width, height in PICTURES:
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page.goto(url + path.format(id=chosen))
        page.wait_for_timeout(1200)
        page.screenshot(path=str(IMAGES / f"{name}.png"))
        page.close()
        print(f"docs/images/{name}.png")


def record(name: str, python: str, home: Path) -> None:
    """Run what an integration has to show."""
    package = f"agentops_{name.replace('-', '_')}"
    has_demo = (ROOT / "integrations" / package / "demo.py").exists()
    example = ROOT / "examples" / f"{package.removeprefix('agentops_')}_session.py"
    program = ["-m", f"{package}.demo"] if has_demo else [str(example)]
    subprocess.run(
        [python, "-W", "ignore", *program],
        check=True,
        env={**os.environ, "AGENTOPS_HOME": str(home), "CREWAI_STORAGE_DIR": str(home / "crewai")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home,
    )


def take_tree(browser: Browser, name: str, python: str) -> None:
    """Take the picture of one framework's tree, without what is around it on the page."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        record(name, python, home)
        with serving(home) as (url, reader):
            (session, *_) = wait_for(reader, 1)
            page = browser.new_page(viewport={"width": 1000, "height": 1400}, bypass_csp=True)
            page.goto(f"{url}/sessions/{session['id']}?view=tree")
            page.add_style_tag(content=ALONE)
            page.wait_for_timeout(1200)
            picture = page.locator("#tree .tree-body").screenshot()
            page.close()
    path = IMAGES / "integrations" / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    # A palette that covers the few colours of the page, instead of 16 million: a third of the size.
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(96, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    print(f"docs/images/integrations/{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Generate, serve, and take the pictures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("integrations", nargs="*", help="names of integrations; without any, the dashboard's pictures")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the framework")
    options = parser.parse_args()
    chromium = os.environ.get("AGENTOPS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit(
            "No Chromium found: install it (Debian: apt-get install chromium) or set AGENTOPS_TEST_BROWSER."
        )
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in options.integrations:
            take_tree(browser, name, options.python)
        if not options.integrations:
            take_dashboard(browser)
        browser.close()


def take_dashboard(browser: Browser) -> None:
    """Take the pictures of the dashboard."""
    generate = generator()
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        generate.write_segments(home, generate.Generator(11, generate.Profile(spans=34)), 160)
        with serving(home) as (url, reader):
            sessions = wait_for(reader, 160)
            failed = next(s for s in sessions if s["state"] == "error" and 25 <= s["counts"]["spans"] <= 60)
            take(browser, url, failed["id"])


if __name__ == "__main__":
    main()
