"""``validate_trace_spans`` looks where the records are, and says what is missing."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import agentops
from agentops import LLMEvent, ValidationError, print_validation_summary, validate_trace_spans
from agentops.sdk import process


@pytest.fixture(autouse=True)
def _own_runtime() -> Iterator[None]:
    before = process.current()
    process.swap(None)
    yield
    runtime = process.current()
    if runtime is not None:
        runtime.finish()
        runtime.sink.close(5)
    process.swap(before)


def _session() -> agentops.Session:
    agentops.init(auto_start_session=False)
    with agentops.start_session("checked") as session:
        agentops.record(
            LLMEvent(prompt="a", completion="b", model="m1", prompt_tokens=5, completion_tokens=2, cost=0.25)
        )
        agentops.record(LLMEvent(prompt="a", completion="b", model="m2", prompt_tokens=1))
    return session


def test_a_session_on_this_machine_is_found_in_the_spool(capsys: pytest.CaptureFixture[str]) -> None:
    """By its handle, by its id, and by default the caller's own; with counts, tokens and cost."""
    session = _session()
    result = validate_trace_spans(trace_context=session, max_retries=0)
    assert result == validate_trace_spans(trace_id=session.id, max_retries=0)
    assert (result["trace_id"], result["span_count"], result["has_llm_spans"]) == (session.id, 3, True)
    assert result["llm_span_names"] == ["chat m1", "chat m2"]
    assert result["metrics"] == {"total_tokens": 8, "prompt_tokens": 6, "completion_tokens": 2, "total_cost": 0.25}
    root, first, _ = result["spans"]
    assert (root["name"], root["status"], first["parent_id"], first["kind"]) == ("checked", "ok", root["id"], "llm")
    print_validation_summary(result)
    printed = capsys.readouterr().out
    assert f"Session {session.id}: 3 spans" in printed
    assert "model calls: chat m1, chat m2" in printed
    assert "total cost: 0.25" in printed


def test_a_session_that_the_store_has_taken_over_is_found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard's own command is asked, and may write text or bytes."""
    spans = [{"id": "1", "name": "root", "kind": "session"}, {"id": "2", "name": "chat m", "kind": "llm"}]

    def show(arguments: list[str]) -> int:
        assert arguments == ["ab" * 16, "--json"]
        sys.stdout.buffer.write(json.dumps({"spans": spans}).encode())
        return 0

    monkeypatch.setattr("agentops.cli.find_command", lambda name: show)
    assert validate_trace_spans(trace_id="ab" * 16, max_retries=0)["llm_span_names"] == ["chat m"]


def test_the_callers_own_session_is_meant_by_default() -> None:
    """Inside a session no id is needed."""
    agentops.init(auto_start_session=False)
    with agentops.start_session("mine") as session:
        agentops.record(LLMEvent(model="m"))
        assert validate_trace_spans(max_retries=0)["trace_id"] == session.id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"min_spans": 4}, "has 3 spans, and at least 4 were expected"),
        ({"trace_id": "ab" * 16}, "is not to be found"),
    ],
)
def test_what_is_missing_is_said(arguments: dict[str, object], message: str) -> None:
    """Too few spans, or none: a ``ValidationError`` with the session and the numbers."""
    session = _session()
    with pytest.raises(ValidationError, match=message):
        validate_trace_spans(**{"trace_id": session.id, "max_retries": 1, "retry_delay": 0.0, **arguments})  # type: ignore[arg-type]


def test_a_session_without_a_model_call_says_how_to_expect_none() -> None:
    """``check_llm=False`` is for programs that call no model."""
    agentops.init(auto_start_session=False)
    agentops.start_session("no model").end()
    session_id = agentops.start_session("none")
    with pytest.raises(ValidationError, match=r"has no model call .*check_llm=False"):
        validate_trace_spans(trace_context=session_id, max_retries=0)
    assert validate_trace_spans(trace_context=session_id, max_retries=0, check_llm=False)["span_count"] == 1


def test_without_a_session_there_is_nothing_to_validate() -> None:
    """A ``ValueError``, as AgentOps raised."""
    agentops.init(auto_start_session=False)
    with pytest.raises(ValueError, match="there is no session to validate"):
        validate_trace_spans()


def test_an_endpoint_is_asked_where_one_is_set(agentops_home: Path) -> None:
    """The server's own API answers, with the key; what it knows of prices is the cost."""
    asked: list[tuple[str, str | None]] = []
    spans = [
        {"id": "1", "parent_id": None, "name": "root", "kind": "session"},
        {"id": "2", "parent_id": "1", "name": "chat m", "kind": "llm", "tokens": {"input": 3, "output": None},
         "cost": {"amount": 0.5}},
    ]  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"token": "t"} if self.path == "/v3/auth/token" else {})

        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self._answer({"spans": spans})

        def _answer(self, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        agentops.init("key", f"http://127.0.0.1:{server.server_port}", auto_start_session=False)
        session = agentops.start_session("far")
        session.end()
        result = validate_trace_spans(trace_context=session, max_retries=0)
    finally:
        runtime = process.current()
        assert runtime is not None
        assert runtime.delivery is not None
        runtime.sink.close(5)
        runtime.delivery.close(5)
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == [(f"/api/v1/sessions/{session.id}/spans", "Bearer t")]
    assert result["metrics"] == {"total_tokens": 3, "prompt_tokens": 3, "completion_tokens": None, "total_cost": 0.5}
