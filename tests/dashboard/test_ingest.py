"""OTLP over HTTP: every encoding, every limit, and nothing lost or taken twice."""

import asyncio
import gzip
import zlib

import orjson
import pytest
import zstandard
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agentops.wire import merge_lines
from agentops_dashboard.app import create_app
from agentops_dashboard.ingest import body as body_module
from agentops_dashboard.ingest import otlp_json, otlp_protobuf
from agentops_dashboard.ingest.receiver import Receiver
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.semantics.record import FARTHEST_NS

JSON, PROTOBUF = "application/json", "application/x-protobuf"
BOMB = 64 * 2**20 + 1
GONE = b""
"""The last piece of a body whose sender does not send the rest."""


@pytest.fixture
def client(tmp_path):
    """The application without pages and without the importer."""
    with TestClient(create_app(tmp_path, with_importer=False, with_pages=False), base_url="http://127.0.0.1") as client:
        yield client


def protobuf_of(body):
    """The same request as protobuf, made with the reference library."""
    request = ExportTraceServiceRequest()
    document = orjson.loads(body)
    for resource_spans in document["resourceSpans"]:
        target = request.resource_spans.add()
        _fill(target.resource.attributes, resource_spans["resource"]["attributes"])
        for scope_spans in resource_spans["scopeSpans"]:
            scope = target.scope_spans.add()
            scope.scope.name = scope_spans["scope"]["name"]
            _fill(scope.scope.attributes, scope_spans["scope"].get("attributes", ()))
            for span in scope_spans["spans"]:
                _fill_span(scope.spans.add(), span)
    return request.SerializeToString()


def _fill_span(target, span):
    target.trace_id, target.span_id = bytes.fromhex(span["traceId"]), bytes.fromhex(span["spanId"])
    target.parent_span_id = bytes.fromhex(span.get("parentSpanId", ""))
    target.name, target.kind = span["name"], span["kind"]
    target.start_time_unix_nano = int(span["startTimeUnixNano"])
    target.end_time_unix_nano = int(span["endTimeUnixNano"])
    target.status.code = span["status"]["code"]
    target.status.message = span["status"].get("message", "")
    _fill(target.attributes, span["attributes"])
    for event in span.get("events", ()):
        one = target.events.add(name=event["name"], time_unix_nano=int(event["timeUnixNano"]))
        _fill(one.attributes, event["attributes"])


def _fill(target, attributes):
    for item in attributes:
        _set(target.add(key=item["key"]).value, item["value"])


def _set(target, value):
    ((kind, plain),) = value.items()
    if kind == "arrayValue":
        for one in plain["values"]:
            _set(target.array_value.values.add(), one)
    else:
        name = {
            "stringValue": "string_value",
            "boolValue": "bool_value",
            "intValue": "int_value",
            "doubleValue": "double_value",
        }
        setattr(target, name[kind], int(plain) if kind == "intValue" else plain)


def test_protobuf_and_json_decode_to_the_same(make_sessions):
    """The two forms of a request give equal spans and ledgers."""
    ((_, lines),) = make_sessions(1, spans=15)
    body = merge_lines(lines)
    left, right = otlp_json.decode(body), otlp_protobuf.decode(protobuf_of(body))
    assert left.spans == right.spans
    assert [item.encode("{}") for item in left.ledgers] == [item.encode("{}") for item in right.ledgers] != []
    assert len(left.spans) > 5


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate", "zstd"])
@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_every_encoding_is_taken_and_findable_at_once(client, make_sessions, content_type, encoding):
    """200 means stored: the session is in the list with the next request."""
    ((session_id, lines),) = make_sessions(1, spans=10)
    body = merge_lines(lines)
    body = protobuf_of(body) if content_type == PROTOBUF else body
    pack = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress}[encoding]
    answer = client.post(
        "/v1/traces", content=pack(body), headers={"content-type": content_type, "content-encoding": encoding}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    found = client.get("/api/v1/sessions").json()["sessions"]
    assert [session["id"] for session in found] == [session_id]
    assert found[0]["complete"]


def test_bad_spans_are_refused_one_by_one_and_counted(client, make_sessions):
    """Partial success: what is valid is stored, the answer says how many spans were not and why."""
    ((session_id, lines),) = make_sessions(1, spans=10)
    document = orjson.loads(merge_lines(lines))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    good = sum(len(s["spans"]) for r in document["resourceSpans"] for s in r["scopeSpans"])
    spans += [
        {"traceId": "0" * 32, "spanId": "1" * 16, "name": "x"},
        {"name": "y"},
        {**spans[0], "startTimeUnixNano": "-5"},
        {**spans[0], "startTimeUnixNano": str(FARTHEST_NS + 1)},
    ]
    answer = client.post("/v1/traces", content=orjson.dumps(document), headers={"content-type": JSON})
    assert answer.json()["partialSuccess"] == {
        "rejectedSpans": "4", "errorMessage": "4 × a span without valid ids or times",
    }  # fmt: skip
    assert client.get(f"/api/v1/sessions/{session_id}").json()["counts"]["spans"] == good
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="no ids")
    answer = client.post("/v1/traces", content=request.SerializeToString(), headers={"content-type": PROTOBUF})
    assert ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans == 1
    assert client.get("/api/v1/health").json()["rejected"] == {"a span without valid ids or times": 5}


@pytest.mark.parametrize(("content", "headers", "status", "message"), [
    (b"not json", {"content-type": JSON}, 400, "cannot be understood"),
    (b"[]", {"content-type": JSON}, 400, "no JSON object"),
    (b"\xff\xff", {"content-type": PROTOBUF}, 400, "not an OTLP trace request"),
    (b"{}", {"content-type": "text/plain"}, 415, "Use application/json or application/x-protobuf"),
    (b"{}", {"content-type": JSON, "content-encoding": "br"}, 415, "Use gzip, deflate or zstd"),
    (b"{}", {"content-type": JSON, "content-encoding": "gzip"}, 400, "is not gzip"),
    (gzip.compress(b"{}" * 500)[:-9], {"content-type": JSON, "content-encoding": "gzip"}, 400, "cut off"),
    (b"{}", {"content-type": JSON, "content-encoding": "zstd"}, 400, "is not zstd"),
    (gzip.compress(b" " * BOMB), {"content-type": JSON, "content-encoding": "gzip"}, 413, "decompressed"),
    (zstandard.compress(b" " * BOMB), {"content-type": JSON, "content-encoding": "zstd"}, 413, "decompressed"),
    (b" " * (16 * 1024 * 1024 + 1), {"content-type": JSON}, 413, "Send smaller batches"),
    (b'{"resourceSpans":' + b"[" * 5000 + b"]" * 5000 + b"}", {"content-type": JSON}, 400, "cannot be understood"),
], ids=range(12))  # fmt: skip
def test_bodies_that_are_not_taken_are_answered_with_a_sentence(client, content, headers, status, message):
    """Each is refused with the right code and what to do."""
    answer = client.post("/v1/traces", content=content, headers=headers)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_a_full_receiver_asks_to_come_again(client, store, monkeypatch, make_sessions):
    """429 with Retry-After, and nothing of the batch is stored."""
    monkeypatch.setattr("agentops_dashboard.ingest.receiver._MOST_WAITING", 1)
    monkeypatch.setattr(Receiver, "release", lambda *_, **__: None)
    ((_, lines),) = make_sessions(1, spans=5)
    statuses = [
        client.post("/v1/traces", content=merge_lines(part), headers={"content-type": JSON}) for part in ([], lines)
    ]
    assert [answer.status_code for answer in statuses] == [200, 429]
    assert statuses[1].headers["retry-after"] == "1"
    assert client.get("/api/v1/sessions").json()["total"] == 0


async def send_slowly(app, path, pieces, held=None):
    """Ask with a body in pieces; returns the answer's status and headers.

    An event among them is waited for; by then what came before it was taken, and ``held`` is released.
    """
    waiting, answered = list(pieces), []

    async def receive():
        if waiting and isinstance(waiting[0], asyncio.Event):
            held.release()
            await waiting.pop(0).wait()
        if not waiting:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting) or pieces[-1] == GONE}

    async def send(message):
        answered.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"trace-id", b"7")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    more = {"headers": headers, "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": None}
    await app(scope | more, receive, send)
    return answered[0]["status"], dict(answered[0]["headers"])


@pytest.mark.parametrize("path", ["/v1/traces", "/v4/logs/upload/"])
def test_bodies_that_are_on_their_way_take_up_room_too(client, monkeypatch, path):
    """Three slow senders fill it, the fourth is asked to come again at once; all of it is given back."""
    monkeypatch.setattr("agentops_dashboard.ingest.receiver._MOST_WAITING_BYTES", 3500)

    async def run():
        rest, held = asyncio.Event(), asyncio.Semaphore(0)
        slow = [
            asyncio.create_task(send_slowly(client.app, path, [b" " * 1000, rest, b'{"resourceSpans": []}'], held))
            for _ in range(3)
        ]
        for _ in slow:
            await held.acquire()
        crowded = await send_slowly(client.app, path, [b" " * 1000, b"{}"])
        rest.set()
        return crowded, [status for status, _ in await asyncio.gather(*slow)]

    (status, headers), others = client.portal.call(run)
    assert (status, headers[b"retry-after"]) == (429, b"1")
    assert others == [200, 200, 200]
    assert client.portal.call(run)[1] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/v1/traces", "/v4/logs/upload/"])
def test_a_sender_that_goes_away_is_no_failure_of_the_server(client, path):
    """What it began to send is dropped and nothing is raised."""
    assert client.portal.call(send_slowly, client.app, path, [b'{"resource', GONE])[0] == 400
    assert client.get("/api/v1/sessions").json()["total"] == 0


def test_a_span_with_too_many_or_too_deep_attributes(client):
    """A thousand attributes are kept and the rest counted; nesting without end costs that span only."""
    deep = {"stringValue": "x"}
    for _ in range(60):
        deep = {"arrayValue": {"values": [deep]}}
    many = [{"key": f"k{i}", "value": {"intValue": str(i)}} for i in range(1500)]
    spans = [
        {"traceId": "1" * 32, "spanId": f"{n + 1:016x}", "name": "s", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
         "attributes": attributes}
        for n, attributes in enumerate((many, [{"key": "deep", "value": deep}]))
    ]  # fmt: skip
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    answer = client.post("/v1/traces", content=body, headers={"content-type": JSON}).json()
    assert answer["partialSuccess"]["rejectedSpans"] == "1"
    span = client.get(f"/api/v1/spans/{1:016x}").json()
    assert len(span["attributes"]) == 1001
    assert span["attributes"]["agentops.left_out_attributes"] == 500


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    ["resourceSpans", "resource", "scopeSpans", "scope",
     "spans", "attributes", "key", "value", "stringValue", "intValue",
     "arrayValue", "values", "kvlistValue", "traceId", "spanId", "events", "links", "status", "code", "name"]
)  # fmt: skip
_REQUESTS = st.recursive(
    _VALUES, lambda inner: st.dictionaries(_NAMES, inner | st.lists(inner, max_size=2), max_size=4)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_REQUESTS, attributes=_VALUES, name=_VALUES)
def test_no_json_document_whatever_is_an_error_of_ours(client, document, attributes, name):
    """Random shapes, at the top and inside an otherwise valid span: never a 500."""
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": name, "startTimeUnixNano": "1", "endTimeUnixNano": "2",
            "attributes": attributes, "events": attributes, "status": attributes}  # fmt: skip
    for shape in (document, {"resourceSpans": [{"resource": document, "scopeSpans": [{"spans": [span]}]}]}):
        try:
            content = orjson.dumps(shape)
        except TypeError:
            continue
        assert client.post("/v1/traces", content=content, headers={"content-type": JSON}).status_code in (200, 400)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_no_bytes_whatever_are_an_error_of_ours(client, content):
    """Random protobuf, gzip and zstd: never a 500."""
    for encoding in ("", "gzip", "zstd"):
        headers = {"content-type": PROTOBUF, "content-encoding": encoding}
        assert client.post("/v1/traces", content=content, headers=headers).status_code in (200, 400)


def test_limits_are_what_the_documentation_says():
    """16 MB as sent, 64 MB decompressed."""
    assert (body_module.BODY_LIMIT, body_module.DECOMPRESSED_LIMIT) == (16 * 2**20, 64 * 2**20)


def _value(text):
    return {"stringValue": text}


def test_values_that_cannot_be_written_again_stay_text(client):
    """JSON that nests 500 deep, integers beyond 64 bits, ledgers of nonsense: stored or refused, never a 500."""
    deep = '{"a":' * 500 + "1" + "}" * 500
    attributes = [
        {"key": "agentops.span.seq", "value": {"intValue": "1"}},
        {"key": "agentops.session.metadata", "value": _value(deep)},
        {"key": "agentops.span.kind", "value": _value("tool")},
        {"key": "input.value", "value": _value(deep)},
        {"key": "output.value", "value": _value("[" + "[1]," * 300 + "2]")},
        {"key": "big", "value": {"intValue": "9" * 40}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "9" * 40}},
    ]
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "s", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    ledgers = [
        '{"process": "p", "time_ns": 1, "sessions": {"x": {"spans": "many"}}}',
        '{"process": 7, "time_ns": 1, "sessions": {}}',
        '{"process": "p", "time_ns": 1e99, "sessions": {}}',
        '{"process": "p", "time_ns": 1, "sessions": {"x": {"spans": 99999999999999999999999}}}',
        '{"process": "p", "time_ns": 1, "sessions": {"x": {"spans": 1, "has_ended": "yes"}}}',
        '{"process": "p", "time_ns": 1, "sessions": {"x": {"spans": 1, "spans_left_out": "many"}}}',
        '{"process": "p", "time_ns": 1, "has_exited": [], "sessions": {}}',
    ]
    scopes = [{"spans": [span | {"attributes": attributes}]}]
    scopes += [
        {"scope": {"name": "agentops.ledger", "attributes": [{"key": "agentops.ledger", "value": _value(text)}]}}
        for text in ledgers
    ]
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": scopes}]})
    answer = client.post("/v1/traces", content=body, headers={"content-type": JSON})
    assert (answer.status_code, answer.json()["partialSuccess"]["rejectedSpans"]) == (200, "7")
    stored = client.get("/api/v1/spans/" + "2" * 16).json()
    assert (stored["input"], stored["output"][-1], stored["attributes"]["big"]) == (deep, 2, "9" * 40)
    assert client.get("/api/v1/sessions/last").json()["counts"]["tools"] == 1


def test_numbers_that_no_run_has_are_stored_and_not_counted(client):
    """Sums of times from all ages and of absurd tokens would pass 64 bits, and the batch would never be taken."""
    attributes = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                  {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
                  {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(2**62)}},
                  {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}}]  # fmt: skip
    spans = [
        {"traceId": "1" * 32, "spanId": f"{number:016x}", "name": "chat m", "startTimeUnixNano": "1",
         "endTimeUnixNano": str(FARTHEST_NS), "attributes": attributes}
        for number in range(1, 6)
    ]  # fmt: skip
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    assert client.post("/v1/traces", content=body, headers={"content-type": JSON}).status_code == 200
    (session,) = client.get("/api/v1/sessions").json()["sessions"]
    assert (session["counts"]["spans"], session["tokens"]["input"], session["tokens"]["output"]) == (5, None, 35)
    assert client.get(f"/api/v1/spans/{1:016x}").json()["attributes"]["gen_ai.usage.input_tokens"] == 2**62
    assert Analytics(Reader(client.app.state.store.engine())).tables()["model"][0]["calls"] == 5
