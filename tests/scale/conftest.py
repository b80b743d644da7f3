"""A store of a million spans, behind a server and in front of a browser.

It takes minutes to fill; a home that is named in AGENTOPS_TEST_SCALE_HOME is filled once and used again.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import SQLiteStore, store_path
from tests.e2e.conftest import browser, open_page, serve, watch
from tests.e2e.sessions import generate, large_session

__all__ = ["browser", "open_page", "watch"]

SESSIONS = 21_000
LARGE = "0" * 31 + "d"
LARGE_SPANS = 1 + 250 * 201
_PROFILE = {"spans": 40, "payload_bytes": 60, "spread_s": 30 * 86_400}


@dataclass
class Site:
    """A running dashboard over the large store."""

    url: str

    def at(self, path: str) -> str:
        """The address of a page."""
        return self.url + path


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """21,000 generated sessions of a month, a million spans together, and one session of 50,251 spans."""
    kept = os.environ.get("AGENTOPS_TEST_SCALE_HOME")
    home = Path(kept) if kept else tmp_path_factory.mktemp("scale")
    if not (home / "filled").exists():
        _fill(home)
        (home / "filled").touch()
    return home


def _fill(home: Path) -> None:
    end_ns = time.time_ns() - 60_000_000_000
    store = SQLiteStore(store_path(home))
    spans = generate.fill(store, generate.Generator(7, generate.Profile(end_ns=end_ns, **_PROFILE)), SESSIONS)
    assert spans > 1_000_000
    batches = [decode(line) for line in large_session(LARGE, end_ns, agents=250, tools=200)]
    store.add("default", [understand(raw) for batch in batches for raw in batch.spans])
    store.close()


@pytest.fixture(scope="session")
def site(home: Path) -> Iterator[Site]:
    """The dashboard over it."""
    for url in serve(home):
        yield Site(url)
