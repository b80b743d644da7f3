"""Sessions as examples for an evaluation."""

import json
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from agentops.semconv import Session, Span
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span
from agentops_dashboard.app import create_app
from agentops_dashboard.pages.export import example_lines
from agentops_dashboard.reader import Reader
from agentops_dashboard.transfer import sessions_of

MS = 1_000_000
LONG = "Which of these contracts ends first? " * 40


def _span(number: int, parent: int | None, kind: str, end_ms: int, **own: object) -> str:
    attributes = {Span.KIND: kind, Span.SEQ: number, Span.VERSION: 2, Session.TAGS: ("dataset:contracts",), **own}
    return encode_span(
        trace_id="a" * 32,
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        name=f"{kind} {number}",
        is_client=False,
        start_ns=1_760_000_000_000_000_000 + number * MS,
        end_ns=1_760_000_000_000_000_000 + end_ms * MS,
        attributes=encode_attributes(attributes),
        events=(),
        status_code=1,
        status_message="",
    )


def _examples(reader: Reader, spans: list[str], add_lines: Callable[[list[bytes]], None]) -> list[dict[str, Any]]:
    add_lines([encode_line(encode_resource({}), '{"name":"agentops"}', spans)])
    return [json.loads(line) for line in example_lines(reader, sessions_of(reader, "", sort="-start_time"))]


def test_the_outermost_question_and_the_last_answer(reader: Reader, add_lines: Callable[[list[bytes]], None]) -> None:
    """Whole, although the list keeps 300 characters; what happened further inside is not asked."""
    (example,) = _examples(
        reader,
        [
            _span(1, None, "session", 900),
            _span(2, 1, "agent", 500, **{Span.INPUT: LONG, Span.OUTPUT: "I shall ask."}),
            _span(3, 2, "tool", 400, **{Span.INPUT: {"id": 7}, Span.OUTPUT: "2031"}),
            _span(4, 1, "agent", 800, **{Span.INPUT: "2031", Span.OUTPUT: {"ends": 2031}}),
            _span(5, 1, "agent", 850, **{Span.INPUT: "Thank you."}),
        ],
        add_lines,
    )
    assert (example["input"], example["output"]) == (LONG, {"ends": 2031})
    assert (example["metadata"]["session_id"], example["metadata"]["tags"]) == ("a" * 32, ["dataset:contracts"])


def test_a_session_that_answered_nothing(reader: Reader, add_lines: Callable[[list[bytes]], None]) -> None:
    """It is an example all the same: of what should have been answered."""
    (example,) = _examples(reader, [_span(1, None, "session", 900, **{Span.INPUT: "Anybody there?"})], add_lines)
    assert (example["input"], example["output"]) == ("Anybody there?", None)


def test_it_is_a_format_of_the_list(tmp_path, make_sessions) -> None:
    """One line for each session that fits."""
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1:8632") as client:
        for _, lines in make_sessions(3, spans=5):
            for line in lines:
                client.post("/v1/traces", content=line, headers={"content-type": "application/json"})
        answer = client.get("/sessions/export?format=examples")
    assert answer.headers["content-disposition"] == 'attachment; filename="examples.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 3
    assert all(set(line) == {"input", "output", "metadata"} for line in lines)
