"""What pages remember of many sessions goes when one of those is deleted, also when it is not the newest."""

import re

import pytest
from fastapi.testclient import TestClient

from agentops.wire import merge_lines
from agentops_dashboard.app import create_app


@pytest.fixture
def client(tmp_path):
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        yield client


def counted(client: TestClient) -> tuple[int, int, int]:
    """The number of sessions in the figures of the analytics page, in the facets by status, and in the list."""
    shown = re.search(r'class="kpi[^>]*>.*?Sessions.*?(\d+)', client.get("/analytics").text, re.DOTALL)
    facets = client.get("/api/v1/facets").json()["facets"]
    by_status = next(facet["values"] for facet in facets if facet["key"] == "status")
    assert shown is not None
    return int(shown[1]), sum(value["count"] for value in by_status), client.get("/api/v1/sessions").json()["total"]


def test_a_deleted_session_is_counted_nowhere(client, make_sessions):
    """The oldest of three goes: figures, facets and list say two at once."""
    made = make_sessions(3, spans=5)
    for _, lines in made:
        client.post("/v1/traces", content=merge_lines(lines), headers={"content-type": "application/json"})
    assert counted(client) == (3, 3, 3)
    assert client.post("/api/v1/sessions/delete", json={"ids": [made[0][0]]}).json() == {"deleted": 1}
    assert counted(client) == (2, 2, 2)
