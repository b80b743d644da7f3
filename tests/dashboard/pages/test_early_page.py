"""The page of a large session begins before it is computed, and is the same page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app
from agentops_dashboard.pages import details_page
from agentops_dashboard.pages.response import HEADERS
from tests.dashboard.conftest import add_to

Make = Callable[..., list[tuple[str, list[bytes]]]]


@pytest.mark.parametrize("view", ["tree", "timeline", "messages"])
def test_a_page_that_begins_early_is_the_page(
    view: str, tmp_path: Path, make_sessions: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte, under the same headers; what it asks the browser to fetch ahead is what its head names."""
    session_id, lines = make_sessions(1, spans=30)[0]
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        add_to(client.app.state.store, lines)
        path = f"/sessions/{session_id}?view={view}"
        whole = client.get(path)
        monkeypatch.setattr(details_page, "_MOST_AT_ONCE", 0)
        early = client.get(path)
    assert early.content == whole.content
    assert {name: early.headers[name] for name in HEADERS} == HEADERS
    assert early.headers["Content-Type"] == whole.headers["Content-Type"]
    assert "Link" not in whole.headers
    named = [part.partition(">")[0].strip("< ") for part in early.headers["Link"].split(",")]
    head = whole.text.partition("</head>")[0]
    assert len(named) == 5
    for file in named:
        assert f'"{file}"' in head
        assert client.get(file).status_code == 200


def test_a_session_that_is_not_there_is_missing_and_not_begun(tmp_path: Path) -> None:
    """A status is said before anything else."""
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        answer = client.get("/sessions/0123456789abcdef0123456789abcdef")
    assert answer.status_code == 404
