"""A collector with a few good sessions in it, to which everything else is sent."""

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span, merge_lines
from agentops_dashboard.app import create_app

# The same examples in every run of a check that decides over a change; new ones wherever else it is run.
settings.register_profile(
    "fuzz", deadline=None, suppress_health_check=list(HealthCheck), derandomize="CI" in os.environ, database=None
)
settings.load_profile("fuzz")

SESSIONS = [f"{number:032x}" for number in range(1, 4)]
SPANS = 5


def good_span(session_id: str, number: int, **more: object) -> str:
    """One span of a good session, as text; number 0 is its root."""
    kind = "session" if number == 0 else ("llm", "tool", "agent", "task")[number % 4]
    return encode_span(
        trace_id=session_id,
        span_id=f"{int(session_id, 16) % 2**32:08x}{number + 1:08x}",
        parent_id=None if number == 0 else f"{int(session_id, 16) % 2**32:08x}{1:08x}",
        name=f"{kind} {number}",
        is_client=False,
        start_ns=1_760_000_000_000_000_000 + number * 1000,
        end_ns=1_760_000_000_000_000_000 + number * 1000 + 500,
        attributes=encode_attributes({"agentops.span.kind": kind, "input.value": "hello", **more}),
        events=(),
        status_code=1,
        status_message="",
    )


def good_body(session_id: str) -> bytes:
    """An OTLP/JSON request with one good session."""
    spans = [good_span(session_id, number) for number in range(SPANS)]
    return merge_lines([encode_line(encode_resource({"service.name": "fuzz"}), '{"name":"agentops"}', spans)])


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    """The whole application over a store of its own."""
    with tempfile.TemporaryDirectory() as home:
        yield create_app(Path(home), with_importer=False)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of a real server on the loopback address, with the good sessions in it."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            for session_id in SESSIONS:
                headers = {"content-type": "application/json"}
                assert client.post("/v1/traces", content=good_body(session_id), headers=headers).status_code == 200
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(autouse=True)
def good_sessions_stay(client: httpx.Client) -> Iterator[None]:
    """After whatever a test has sent, the good sessions are there, whole and as they were."""
    yield
    for session_id in SESSIONS:
        found = client.get(f"/api/v1/sessions/{session_id}")
        assert found.status_code == 200
        assert json.loads(found.content)["counts"]["spans"] >= SPANS
