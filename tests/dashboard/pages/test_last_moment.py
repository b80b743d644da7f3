"""Times from the edge of what a number holds."""

import json

import pytest
from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app
from agentops_dashboard.semantics.record import FARTHEST_NS


@pytest.fixture
def client(tmp_path):
    """A client of a collector with one session, which begins and ends at the last moment there is."""
    span = {
        "traceId": "7" * 32, "spanId": "5" * 16, "name": "late", "startTimeUnixNano": str(FARTHEST_NS),
        "endTimeUnixNano": str(FARTHEST_NS), "events": [{"name": "later still", "timeUnixNano": str(2**64 - 1)}],
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {}, "spans": [span]}]}]})
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1:8632") as client:
        sent = client.post("/v1/traces", content=body, headers={"content-type": "application/json"})
        assert (sent.status_code, sent.json()) == (200, {})
        yield client


def test_a_session_that_begins_at_the_last_moment_there_is_has_its_pages(client):
    """Nothing can come after it, and its neighbours are looked for all the same."""
    for view in ("tree", "timeline", "messages", "agents"):
        answer = client.get("/sessions/last", params={"view": view}, follow_redirects=True)
        assert (answer.status_code, "late" in answer.text) == (200, True)


def test_it_is_in_the_list_and_in_the_sums(client):
    """The chart over the list ends one width after the last session."""
    for page in ("/sessions", "/sessions?sort=duration", "/analytics", "/api/v1/sessions"):
        answer = client.get(page)
        assert (answer.status_code, page == "/analytics" or "late" in answer.text) == (200, True)


@pytest.mark.parametrize("moment", ["9" * 19, "9" * 5000, "9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("page", ["/sessions", "/analytics"])
def test_a_range_may_name_any_moment(client, page, moment):
    """What a store cannot count to is the last moment, or the first; what is no moment is no bound."""
    for bound in ("from", "to"):
        assert client.get(page, params={bound: moment}).status_code == 200
