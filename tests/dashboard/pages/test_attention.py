"""What needs attention, on the page of the analytics."""

import re
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app
from agentops_dashboard.pages.attention import change_of
from agentops_dashboard.store import SQLiteStore, store_path
from tests.dashboard.conftest import END_NS, add_to
from tests.dashboard.test_changes import SINCE, two_days


def test_what_got_worse_is_on_the_page(tmp_path: Path) -> None:
    """A row for each, in order, with its link; the page says so where nothing is worse, and nothing without a range."""
    store = SQLiteStore(store_path(tmp_path))
    add_to(store, two_days())
    store.close()
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1:8632") as client:
        bounds = {"from": str(SINCE), "to": str(END_NS)}
        text = client.get("/analytics", params=bounds).text
        section = text[text.index('aria-label="Needs attention"') : text.index('class="chart-tools"')]
        assert re.findall(r'<b class="clip" title="([^"]+)">', section) == ["fragile", "boss", "slow", "m-1", "boss"]
        assert "any(kind:tool tool:fragile status:error)" in unquote_plus(section)
        assert "5.0%</span> → 50.0%" in section
        calm = client.get("/analytics", params=bounds | {"q": "tool:steady id:*1"}).text
        assert "suddenly worse" in calm
        for other in (client.get("/analytics").text, client.get("/analytics", params=bounds | {"to": str(SINCE)}).text):
            assert "Needs attention" not in other
            assert "suddenly worse" not in other


@pytest.mark.parametrize(
    ("now", "then", "is_share", "text"),
    [
        (0.5, 0.05, True, "+45 pp"), (0.05, 0.0, True, "+5.0 pp"), (60.0, 0.0, False, ""), (0.0, 0.0, False, ""),
        (13.0, 10.0, False, "+30%"), (10.0, 13.0, False, "−23%"), (100.0, 10.0, False, "×10"),
    ],
)  # fmt: skip
def test_a_change_in_words(now: float, then: float, is_share: bool, text: str) -> None:
    """Also from nothing: a tool whose calls took no time at all."""
    assert change_of(now, then, is_share=is_share) == text
