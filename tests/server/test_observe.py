"""Metrics, and the lines of the log."""

import json
import logging
import re
import sqlite3

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agentops_dashboard.door.settings import ServerSettings
from agentops_dashboard.observe import configure_logging
from agentops_dashboard.reader import Reader
from tests.server.conftest import SECRET_TEXT, fill, make_server, otlp


def figures(server):
    """All samples of ``/metrics`` by name and labels."""
    answer = server.ask("GET", "/metrics", key="metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_came_in_is_counted_per_project(own_server):
    """Spans, bytes, refused spans and the size of the store, to the last one."""
    bad = json.loads(otlp(9, "x"))
    bad["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["spanId"] = "nope"
    body = json.dumps(bad).encode()
    own_server.ask("POST", "/v1/traces", key="ingest", content=body, headers={"Content-Type": "application/json"})
    found = figures(own_server)
    assert found["agentops_ingest_spans_total", "default"] == 3
    assert found["agentops_ingest_spans_total", "other"] == 2
    assert found["agentops_ingest_rejected_spans_total", "default"] == 1
    assert found["agentops_ingest_bytes_total", "default"] == len(otlp(1, "ours")) + len(body)
    assert found["agentops_ingest_lag_seconds_count", "default"] == 2
    assert (found["agentops_ingest_waiting_requests",], found["agentops_ingest_waiting_bytes",]) == (0, 0)
    assert (found["agentops_store_sessions", "default"], found["agentops_store_sessions", "other"]) == (2, 1)
    assert (found["agentops_store_spans", "default"], found["agentops_store_spans", "other"]) == (3, 2)
    assert found["agentops_store_bytes",] > 100_000
    assert found["agentops_spool_waiting_bytes",] == 0


def test_requests_are_counted_by_route_template_and_status(own_server):
    """No id is ever a label; what the door refuses and what no route knows have none."""
    for _ in range(3):
        own_server.ask("GET", f"/api/v1/sessions/{1:032x}", key="read")
    own_server.ask("GET", f"/api/v1/sessions/{2:032x}", key="read")
    own_server.ask("GET", "/api/v1/sessions", key="wrong")
    own_server.ask("BREW", "/nothing/here", key="edit")
    own_server.ask("GET", "/static/base.css")
    found = figures(own_server)
    name = "agentops_http_request_seconds_count"
    template = "/api/v1/sessions/{session_id}"
    assert found[name, template, "200", "GET"] == 3
    assert found[name, template, "404", "GET"] == 1
    assert found[name, "(none)", "401", "GET"] == 1
    assert found[name, "(none)", "(other)", "404"] == 1
    assert found[name, "/static", "200", "GET"] == 1
    assert not [labels for labels in found if f"{1:032x}" in str(labels)]


def test_metrics_need_their_scope_unless_they_are_open(tmp_path):
    """A key that reads sessions does not read what is about the whole server; `--metrics-open` lets everybody."""
    for made in make_server(tmp_path / "closed", ServerSettings()):
        fill(made)
        statuses = [made.ask("GET", "/metrics", key=key).status_code for key in ("metrics", "read", "")]
        assert statuses == [200, 403, 401]
        assert made.ask("GET", "/metrics", user="admin").status_code == 200
        assert made.ask("GET", "/metrics", user="editor").status_code == 403
    for made in make_server(tmp_path / "open", ServerSettings(metrics_open=True)):
        assert made.ask("GET", "/metrics").status_code == 200
        assert made.ask("GET", "/api/v1/health").status_code == 401


@pytest.fixture
def log(capsys):
    """Gives what was logged on standard error; afterwards loggers are as before."""
    root, requests = logging.getLogger(), logging.getLogger("agentops.requests")
    kept = root.handlers[:], root.level, requests.level
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level, requests.level = kept


def test_a_line_of_the_log_says_who_did_what_and_no_secret(own_server, log):
    """One JSON object per request; no key, no cookie, no query, no payload and no name of a session in it."""
    configure_logging("json")
    server = own_server
    server.send(5, "payload-text")
    server.ask(
        "GET", f"/api/v1/sessions/{1:032x}/tree?find=query-text", key="read", headers={"X-Request-Id": "trace-0001"}
    )
    server.ask("GET", "/api/v1/sessions", user="viewer")
    server.ask("GET", "/api/v1/sessions", key="sk-agentops-wrong")
    server.ask("POST", "/v3/auth/token", json={"api_key": server.keys["read"]})
    text = log()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["method"], line["route"], line["status"], line["project"], line["by"]) for line in lines] == [
        ("POST", "/v1/traces", 200, "default", server.keys["ingest"][:18] + "…"),
        ("GET", "/api/v1/sessions/{session_id}/tree", 200, "default", server.keys["read"][:18] + "…"),
        ("GET", "/api/v1/sessions", 200, "default", "viewer"),
        ("GET", "(none)", 401, None, None),
        ("POST", "/v3/auth/token", 200, None, None),
    ]
    assert lines[1]["id"] == "trace-0001"
    assert all(re.fullmatch("[0-9a-f]{32}", line["id"]) for line in lines[2:])
    assert all(line["ms"] >= 0 and line["address"] == "testclient" and line["level"] == "info" for line in lines)
    secrets = [*server.keys.values(), *server.cookies.values(), "payload-text", "query-text", f"{1:032x}", SECRET_TEXT]
    assert [secret for secret in secrets if secret in text] == []


def test_an_id_that_could_not_stand_in_a_log_is_replaced(own_server):
    """The answer carries the id, so that a user can name the request."""
    answer = own_server.ask("GET", "/healthz", headers={"X-Request-Id": "abcdefgh-1"})
    assert answer.headers["x-request-id"] == "abcdefgh-1"
    for bad in ("short", "x" * 65, 'a"b\\ncdefgh', "ünicode-id"):
        answer = own_server.ask("GET", "/healthz", headers={"X-Request-Id": bad.encode()})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_what_goes_wrong_inside_is_a_line_too(log):
    """An exception is in the line's own field, so a log stays one object per line."""
    configure_logging("json")
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        logging.getLogger("agentops.dashboard").exception("agentops: it failed.")
    (line,) = log().splitlines()
    document = json.loads(line)
    assert (document["level"], document["message"]) == ("error", "agentops: it failed.")
    assert document["exception"].endswith("ValueError: broken\nin two lines")


@pytest.mark.parametrize(("form", "count"), [("text", 1), ("off", 0)])
def test_requests_are_logged_as_text_or_not_at_all(own_server, log, form, count):
    """A text line has the same fields in one line."""
    configure_logging(form)
    own_server.ask("GET", "/api/v1/sessions", user="viewer")
    lines = log().splitlines()
    assert len(lines) == count
    assert all(
        re.match(r"200 GET /api/v1/sessions [\d.]+ ms default viewer testclient [0-9a-f]{32}$", x) for x in lines
    )


def test_monitors_need_no_key(own_server):
    """Whether they ask for the whole answer or for its head."""
    assert [own_server.ask(method, "/healthz").status_code for method in ("GET", "HEAD")] == [200, 200]
    assert own_server.ask("HEAD", "/metrics").status_code == 401


def test_a_store_that_does_not_answer_is_named_in_the_log_alone(own_server, caplog, monkeypatch):
    """Whoever asks learns that it does not, and not where on the server it is."""

    def fail(*_args, **_more):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Reader, "sessions", fail)
    answer = own_server.ask("GET", "/api/v1/sessions", key="read")
    said = "The store does not answer. Once it does, load this again."
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, said)
    assert "agentops.sqlite does not answer: disk I/O error" in caplog.text
