"""What arrives over HTTP as spans: cut, bent, mistyped, or true to the letter and absurd."""

import gzip
import json
import zlib
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agentops_dashboard.semantics.record import FARTHEST_NS
from tests.fuzz.conftest import good_body

JSON, PROTOBUF = "application/json", "application/x-protobuf"
TAKEN_OR_REFUSED = {200, 400, 413, 415}
BODY = good_body("9" * 32)
PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress}


def _protobuf_body() -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(3):
        span = scope.spans.add(name=f"chat {number}", start_time_unix_nano=1, end_time_unix_nano=2)
        span.trace_id, span.span_id = b"\x08" * 16, bytes([number + 1]) * 8
        span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    return request.SerializeToString()


PROTOBUF_BODY = _protobuf_body()


@st.composite
def _bent(draw: st.DrawFn, body: bytes) -> bytes:
    """The body with bytes changed, taken out, put in, or the end missing."""
    bent = bytearray(body)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(bent) - 1)))
        what = draw(st.sampled_from(["change", "cut", "insert", "end", "repeat"]))
        if what == "change" and bent:
            bent[at] = draw(st.integers(0, 255))
        elif what == "cut":
            del bent[at : at + draw(st.integers(1, 40))]
        elif what == "insert":
            bent[at:at] = draw(st.binary(min_size=1, max_size=12))
        elif what == "repeat":
            bent[at:at] = bent[at : at + draw(st.integers(1, 200))]
        else:
            del bent[at:]
    return bytes(bent)


@settings(max_examples=150)
@given(body=_bent(BODY))
def test_bent_json_is_taken_or_refused(client: httpx.Client, body: bytes) -> None:
    """A good request with some of its bytes wrong."""
    assert client.post("/v1/traces", content=body, headers={"content-type": JSON}).status_code in TAKEN_OR_REFUSED


@settings(max_examples=150)
@given(body=_bent(PROTOBUF_BODY))
def test_bent_protobuf_is_taken_or_refused(client: httpx.Client, body: bytes) -> None:
    """The same for protobuf, where lengths and field numbers become others."""
    assert client.post("/v1/traces", content=body, headers={"content-type": PROTOBUF}).status_code in TAKEN_OR_REFUSED


@pytest.mark.parametrize("encoding", PACK)
@settings(max_examples=25)
@given(data=st.data())
def test_a_compressed_body_that_is_cut_off_is_refused(client: httpx.Client, encoding: str, data: st.DataObject) -> None:
    """Even where what came is a whole protobuf message by itself: half a batch acknowledged would be spans lost."""
    packed = PACK[encoding](PROTOBUF_BODY * 40)
    cut = data.draw(st.integers(0, len(packed) - 1))
    headers = {"content-type": PROTOBUF, "content-encoding": encoding}
    assert client.post("/v1/traces", content=packed[:cut], headers=headers).status_code == 400


@pytest.mark.parametrize("encoding", PACK)
@settings(max_examples=40)
@given(data=st.data())
def test_bent_compressed_bodies_are_taken_or_refused(client: httpx.Client, encoding: str, data: st.DataObject) -> None:
    """Bits that went wrong on the way, or were meant to."""
    body = data.draw(_bent(PACK[encoding](BODY)))
    headers = {"content-type": JSON, "content-encoding": encoding}
    assert client.post("/v1/traces", content=body, headers=headers).status_code in TAKEN_OR_REFUSED


NAMES = [
    "agentops.span.kind", "agentops.span.status", "agentops.span.seq", "agentops.span.version", "agentops.tags",
    "agentops.session.id", "agentops.session.state", "agentops.session.name", "agentops.session.metadata",
    "agentops.entity.input", "agentops.agent.name", "session.id", "user.id", "input.value", "output.value",
    "input.mime_type", "openinference.span.kind", "llm.input_messages.0.message.role",
    "llm.input_messages.0.message.content", "llm.output_messages.999999999.message.content",
    "llm.token_count.prompt", "llm.token_count.total", "tool.parameters", "metadata", "tag.tags",
    "gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.input.messages", "gen_ai.output.messages",
    "gen_ai.prompt.0.content", "gen_ai.prompt.-1.role", "gen_ai.completion.0.tool_calls.0.arguments",
    "gen_ai.tool.name", "gen_ai.tool.call.arguments", "gen_ai.tool.definitions", "gen_ai.conversation.id",
    "gen_ai.response.finish_reasons", "gen_ai.agent.name", "traceloop.span.kind", "traceloop.entity.input",
    "traceloop.entity.name", "traceloop.association.properties.session_id", "logfire.msg", "logfire.json_schema",
    "ai.prompt.messages", "ai.model.id", "ai.usage.promptTokens", "ai.toolCall.args", "error.type",
    "exception.message", "deployment.environment.name", "service.name",
]  # fmt: skip
ABSURD = [
    "", " ", "\0", "\u202e", "🙂", "NaN", "-1", "1e999", "9" * 400, "[]", "{}", "null", "[[[[", '{"role":', "</script>",
    '[{"role":"user","parts":[{"type":"text"}]}]', '[{"role":5,"parts":7}]', '[1,"a",null]', '{"a":{"b":[{}]}}',
    '[{"role":"assistant","parts":[{"type":"tool_call","id":{},"name":[],"arguments":"{"}]}]', "session", "llm", "tool",
    '[{"role":"tool","parts":[{"type":"tool_call_response","id":null,"response":{"isError":true}}]}]', "\ud800"[:0],
    '[{"type":"function","function":{"name":3,"parameters":[]}}]', "data:image/png;base64,AAAA", "javascript:alert(1)",
]  # fmt: skip
VALUE: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        st.sampled_from(ABSURD).map(lambda text: {"stringValue": text}),
        st.text(max_size=20).map(lambda text: {"stringValue": text}),
        st.integers(-(2**63), 2**63 - 1).map(lambda number: {"intValue": str(number)}),
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["NaN", "Infinity", "1e999"])).map(
            lambda number: {"doubleValue": number}
        ),
        st.booleans().map(lambda flag: {"boolValue": flag}),
        st.just({"bytesValue": "AAEC"}),
        st.just({}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: {"arrayValue": {"values": values}}),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(
            lambda pairs: {"kvlistValue": {"values": [{"key": key, "value": value} for key, value in pairs.items()]}}
        ),
    ),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), VALUE, max_size=8).map(
    lambda pairs: [{"key": key, "value": value} for key, value in pairs.items()]
)
SPAN = st.fixed_dictionaries(
    {
        "traceId": st.just("7" * 32),
        "spanId": st.integers(1, 6).map(lambda number: f"{number:016x}"),
        "parentSpanId": st.integers(0, 7).map(lambda number: f"{number:016x}" if number else ""),
        "name": st.one_of(st.sampled_from(ABSURD), st.text(max_size=30)),
        "kind": st.integers(0, 5),
        "startTimeUnixNano": st.integers(1, FARTHEST_NS).map(str),
        "endTimeUnixNano": st.integers(0, FARTHEST_NS).map(str),
        "attributes": ATTRIBUTES,
        "events": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["exception", "gen_ai.choice", "gen_ai.user.message", "log", ""]),
                    "timeUnixNano": st.integers(0, 2**64 - 1).map(str),
                    "attributes": ATTRIBUTES,
                }
            ),
            max_size=2,
        ),
        "status": st.fixed_dictionaries({"code": st.integers(0, 2), "message": st.sampled_from(ABSURD)}),
    }
)
PAGES = [
    "/sessions", "/analytics", "/settings", "/sessions/{id}", "/sessions/{id}?view=messages",
    "/sessions/{id}?view=timeline", "/sessions/{id}?view=agents", "/sessions/{id}?view=errors",
    "/sessions/{id}?view=attributes", "/sessions/{id}?view=raw", "/sessions/{id}?view=logs", "/sessions/{id}/rows",
    "/sessions/{id}/file", "/sessions/{id}/peek", "/compare?a={id}&b=" + "1".zfill(32), "/api/v1/sessions/{id}/spans",
    "/api/v1/sessions/{id}/tree", "/api/v1/sessions/{id}/facts", "/api/v1/sessions/{id}/export", "/api/v1/facets",
    "/public/v1/traces/{id}", "/public/v1/traces/{id}/metrics",
]  # fmt: skip


@settings(max_examples=80)
@given(
    spans=st.lists(SPAN, min_size=1, max_size=6),
    scope=st.sampled_from(["agentops", "openinference", "logfire", ""]),
    pages=st.lists(st.sampled_from(PAGES), min_size=6, max_size=6, unique=True),
)
def test_whatever_is_taken_can_be_shown(
    client: httpx.Client, spans: list[dict[str, Any]], scope: str, pages: list[str]
) -> None:
    """Well-formed spans with absurd content, parents in circles, times from all ages: every page still answers."""
    document = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": scope}, "spans": spans}]}]}
    sent = client.post("/v1/traces", content=json.dumps(document), headers={"content-type": JSON})
    assert sent.status_code == 200
    listed = client.get("/api/v1/sessions", params={"limit": 1000}).json()["sessions"]
    for session_id in {item["id"] for item in listed} - {f"{number:032x}" for number in range(1, 4)}:
        for page in pages:
            answer = client.get(page.replace("{id}", quote(session_id, safe="")), follow_redirects=True)
            assert answer.status_code < 500, (page, answer.text[:500])
        client.delete(f"/api/v1/sessions/{session_id}")
