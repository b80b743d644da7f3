"""Times from the edge of what a number holds."""

import json

from fastapi.testclient import TestClient

from agentops_dashboard.app import create_app

LATEST = 2**63 - 1


def test_a_session_that_begins_at_the_last_moment_there_is_has_its_pages(tmp_path):
    """Nothing can come after it, and its neighbours are looked for all the same."""
    span = {
        "traceId": "7" * 32, "spanId": "5" * 16, "name": "late", "startTimeUnixNano": str(LATEST),
        "endTimeUnixNano": "0",
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"scope": {}, "spans": [span]}]}]})
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1:8632") as client:
        sent = client.post("/v1/traces", content=body, headers={"content-type": "application/json"})
        assert sent.status_code == 200
        for view in ("tree", "timeline", "messages", "agents"):
            answer = client.get("/sessions/last", params={"view": view}, follow_redirects=True)
            assert (answer.status_code, "late" in answer.text) == (200, True)
