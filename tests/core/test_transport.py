"""One request: how it is authenticated and encoded, and what each answer means."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agentops.sdk.config import Config, updated
from agentops.sdk.transport import Outcome, Transport
from agentops.wire import encode_attributes, encode_line, encode_resource, encode_span
from tests.endpoint import Reply, endpoint

LINE = encode_line(
    encode_resource({"service.name": "test"}),
    '{"name":"agentops"}',
    [
        encode_span(
            trace_id="01" * 16, span_id="02" * 8, parent_id="03" * 8, name="chat ünï", is_client=True,
            start_ns=1_700_000_000_000_000_001, end_ns=1_700_000_000_000_000_002,
            attributes=encode_attributes({
                "text": "hello", "empty": "", "yes": True, "no": False, "zero": 0, "negative": -5, "big": 2**62,
                "half": 0.5, "nan": float("nan"), "tags": ("a", "b"), "nested": {"a": [1, None]},
            }),
            events=[("exception", 5, {"exception.type": "ValueError"})], status_code=2, status_message="broken",
            link=("04" * 16, "05" * 8),
        )
    ],
)  # fmt: skip


def _token(key: str) -> Reply:
    if key != "good":
        return 403, {}, b"unknown key"
    return 200, {"Content-Type": "application/json"}, json.dumps({"token": f"token-{key}", "project_id": "p"}).encode()


def test_an_agentops_server_gets_json_with_the_token_of_the_key() -> None:
    """The key is exchanged once; then every request carries the token, is gzipped and is what was on the disk."""
    with endpoint(token=_token) as server:
        transport = Transport(updated(Config(), {"endpoint": server.url, "api_key": "good"}), compresses=True)
        assert [transport.send([LINE]).outcome for _ in range(2)] == [Outcome.DELIVERED] * 2
        transport.close()
    assert server.logins == ["good"]
    first = server.received[0]
    assert first.path == "/v1/traces"
    assert first.headers["authorization"] == "Bearer token-good"
    assert first.headers["content-encoding"] == "gzip"
    assert first.body == LINE.rstrip()


def test_bodies_are_compressed_unless_they_stay_on_this_machine() -> None:
    """On the loopback address compressing costs more than it saves."""
    urls = {"http://127.0.0.1:1": False, "http://localhost": False, "http://[::1]:1": False, "https://a.example": True}
    assert {url: Transport(updated(Config(), {"endpoint": url})).compresses for url in urls} == urls
    with endpoint() as server:
        transport = Transport(updated(Config(), {"endpoint": server.url}))
        transport.send([LINE])
        transport.close()
    assert "content-encoding" not in server.received[0].headers


def test_an_expired_token_is_fetched_anew() -> None:
    """A 401 in the middle costs one more login and loses nothing."""
    with endpoint(token=_token, answers=[(200, {}, b""), (401, {}, b"expired")]) as server:
        transport = Transport(updated(Config(), {"endpoint": server.url, "api_key": "good"}))
        assert [transport.send([LINE]).outcome for _ in range(2)] == [Outcome.DELIVERED] * 2
        transport.close()
    assert server.logins == ["good", "good"]
    assert [item.headers["answer"] for item in server.received] == ["200", "401", "200"]


def test_a_refused_key_keeps_the_records_and_says_what_to_check() -> None:
    """Nothing is posted without authentication, and nothing is set aside because of a wrong key."""
    with endpoint(token=_token) as server:
        transport = Transport(updated(Config(), {"endpoint": server.url, "api_key": "bad"}))
        answer = transport.send([LINE])
        transport.close()
    assert answer.outcome == Outcome.LATER
    assert "403" in answer.reason
    assert "AGENTOPS_API_KEY" in answer.reason
    assert server.received == []


def test_where_no_tokens_are_given_the_key_is_the_bearer_token() -> None:
    """An endpoint without ``/v3/auth/token`` gets the key itself."""
    with endpoint() as server:
        transport = Transport(updated(Config(), {"endpoint": server.url, "api_key": "k"}))
        transport.send([LINE])
        transport.close()
    assert server.received[0].headers["authorization"] == "Bearer k"


def test_a_foreign_endpoint_gets_its_own_headers_and_never_the_key() -> None:
    """The API key belongs to ``endpoint``; ``exporter_headers`` belong to ``exporter_endpoint``."""
    with endpoint() as server:
        settings = {"exporter_endpoint": server.url, "api_key": "k", "exporter_headers": "Authorization=Basic x,X-P=1"}
        transport = Transport(updated(Config(), settings))
        transport.send([LINE])
        transport.close()
    assert server.received[0].path == "/v1/traces"
    assert server.received[0].headers["authorization"] == "Basic x"
    assert server.received[0].headers["x-p"] == "1"
    assert server.logins == []


@pytest.mark.parametrize("refusal", [400, 415])
def test_a_foreign_endpoint_that_refuses_json_gets_protobuf_from_then_on(refusal: int) -> None:
    """What arrives is the same span, as OpenTelemetry's own classes read it."""
    with endpoint(judge=lambda request: None if request.is_protobuf else (refusal, {}, b"")) as server:
        transport = Transport(updated(Config(), {"exporter_endpoint": f"{server.url}/api/otel"}))
        assert [transport.send([LINE]).outcome for _ in range(2)] == [Outcome.DELIVERED] * 2
        transport.close()
    assert [item.is_protobuf for item in server.received] == [False, True, True]
    assert server.received[0].path == "/api/otel"
    request = ExportTraceServiceRequest.FromString(server.received[-1].body)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert request.resource_spans[0].resource.attributes[0].value.string_value == "test"
    assert (span.trace_id, span.span_id, span.parent_span_id) == (b"\1" * 16, b"\2" * 8, b"\3" * 8)
    assert (span.name, span.kind, span.status.code, span.status.message) == ("chat ünï", 3, 2, "broken")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        1_700_000_000_000_000_001,
        1_700_000_000_000_000_002,
    )
    values = {item.key: item.value for item in span.attributes}
    assert values["empty"].WhichOneof("value") == "string_value"
    assert [values[name].bool_value for name in ("yes", "no")] == [True, False]
    assert [values[name].int_value for name in ("zero", "negative", "big")] == [0, -5, 2**62]
    assert values["zero"].WhichOneof("value") == "int_value"
    assert values["half"].double_value == 0.5
    assert values["nan"].double_value != values["nan"].double_value
    assert [item.string_value for item in values["tags"].array_value.values] == ["a", "b"]
    assert values["nested"].string_value == '{"a":[1,null]}'
    assert span.events[0].attributes[0].value.string_value == "ValueError"
    assert span.links[0].trace_id == b"\4" * 16


@pytest.mark.parametrize(
    ("reply", "outcome", "retry_after_s"),
    [
        ((202, {}, b""), Outcome.DELIVERED, None),
        ((429, {"Retry-After": "7"}, b""), Outcome.LATER, 7.0),
        ((503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, b""), Outcome.LATER, 0.0),
        ((503, {"Retry-After": "soon"}, b""), Outcome.LATER, None),
        ((408, {}, b""), Outcome.LATER, None),
        ((500, {}, b""), Outcome.LATER, None),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), Outcome.LATER, None),
        ((404, {}, b"no such page"), Outcome.REFUSED, None),
        ((413, {}, b""), Outcome.REFUSED, None),
    ],
)
def test_what_an_answer_means(reply: Reply, outcome: str, retry_after_s: float | None) -> None:
    """Only a 4xx that will not change is a refusal; a redirect is never followed to where the user did not point."""
    with endpoint(answers=[reply]) as server:
        transport = Transport(updated(Config(), {"endpoint": server.url}))
        answer = transport.send([LINE])
        transport.close()
    assert (answer.outcome, answer.retry_after_s) == (outcome, retry_after_s)
    assert len(server.received) == 1


def test_spans_that_a_server_says_it_dropped_are_counted() -> None:
    """A 200 with ``partialSuccess`` is not a whole success."""
    body = b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'
    with endpoint(answers=[(200, {"Content-Type": "application/json"}, body)]) as server:
        transport = Transport(updated(Config(), {"endpoint": server.url}))
        answer = transport.send([LINE])
        transport.close()
    assert (answer.outcome, answer.rejected_spans, answer.reason) == (Outcome.DELIVERED, 3, "too old")


def test_an_endpoint_that_is_not_there_is_named() -> None:
    """The reason is a sentence with the address, not a connection pool's representation."""
    answer = Transport(updated(Config(), {"endpoint": "http://127.0.0.1:9"})).send([LINE])
    assert answer.outcome == Outcome.LATER
    assert answer.reason == "http://127.0.0.1:9/v1/traces cannot be reached (ConnectionError: Connection refused)"


def test_credentials_of_netrc_are_not_sent(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests would put the password that ``~/.netrc`` holds for the host in the place of our token."""
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with endpoint() as server:
        transport = Transport(updated(Config(), {"endpoint": server.url}))
        transport.send([LINE])
        transport.close()
    assert "authorization" not in server.received[0].headers
