"""A session goes on in another process: headers out and in, and the middleware of both kinds of server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

import agentops
from agentops.propagation import (
    ASGIMiddleware,
    WSGIMiddleware,
    continue_session,
    extract,
    inject,
    subprocess_environment,
)
from agentops.testing import recording

CALLER = {
    "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01",
    "agentops-session": "ab" * 16,
    "agentops-tags": "env:prod,a%2Cb",
}


@agentops.tool
def step() -> None: ...


def _placed(recorded: Any) -> list[tuple[str, str, str]]:
    """Each span that was put: its name, its session and its parent's id."""
    return [(span.name, span.session.id, span.parent.id) for span in recorded.spans if span.parent is not None]


def test_headers_name_the_session_and_the_span_that_sends() -> None:
    """``traceparent`` is valid W3C, and comes back as it went out."""
    with recording():
        assert inject() == {}
        with agentops.start_session("one", tags=["env:prod", "a,b", "ünï"]) as session:

            @agentops.agent
            def caller() -> None:
                span = agentops.current_span()
                assert span is not None
                headers = inject({"x": "y"})
                assert headers["traceparent"] == f"00-{session.id}-{span.id}-01"
                assert "".join(headers.values()).isascii()
                parent = extract({name.title(): value for name, value in headers.items()})
                assert parent is not None
                assert (parent.session_id, parent.span_id) == (session.id, span.id)
                assert parent.tags == ("env:prod", "a,b", "ünï")
                assert subprocess_environment({})["AGENTOPS_PARENT"] == str(parent)

            caller()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": CALLER["traceparent"]},
        {**CALLER, "agentops-session": "00" * 16},
        {**CALLER, "traceparent": "00-zz-cd-01"},
        {**CALLER, "traceparent": f"00-{'0' * 32}-{'cd' * 8}-01", "agentops-session": "0" * 32},
        {**CALLER, "traceparent": ""},
    ],
)
def test_headers_of_somebody_elses_tracing_are_left_alone(headers: dict[str, str]) -> None:
    """A bare ``traceparent``, or a broken one, joins no session: it may be any tracer's."""
    assert extract(headers) is None
    with recording() as recorded, continue_session(headers) as session:
        assert session is None
        step()
    assert [item.name for item in recorded.sessions] == ["default"]


def test_a_request_is_recorded_under_the_caller_and_carries_its_tags() -> None:
    """The joined session's root is not written here, and what comes afterwards is outside of it."""
    with recording() as recorded:
        with continue_session(CALLER) as session:
            assert session is not None
            step()
        assert agentops.current_span() is None
        step()
    assert _placed(recorded)[0] == ("step", "ab" * 16, "cd" * 8)
    assert recorded.spans[0].session.tags == ["env:prod", "a,b"]
    assert [item.name for item in recorded.sessions] == ["default"]


def test_requests_of_one_session_share_an_account_and_are_let_go() -> None:
    """Two callers' spans in one session are counted together; without requests nothing of them keeps running."""
    other = {**CALLER, "traceparent": f"00-{'ab' * 16}-{'ef' * 8}-01"}
    with recording() as recorded:
        with continue_session(CALLER) as first, continue_session(other) as second:
            assert first is second
            step()
        assert first is not None
        assert first.has_ended
        with continue_session(CALLER) as again:
            assert again is first
            assert not first.has_ended
            step()
        assert recorded.runtime.sessions == {}
    assert [parent for _, _, parent in _placed(recorded)] == ["ef" * 8, "cd" * 8]
    assert first.ledger.spans == 2


def test_asgi_and_wsgi_middleware_record_into_the_callers_session() -> None:
    """Handlers, streamed bodies and requests without headers, in Starlette and in Flask."""

    async def index(request: Any) -> PlainTextResponse:
        step()
        return PlainTextResponse("x")

    async def stream(request: Any) -> StreamingResponse:
        async def body() -> Any:
            step()
            await asyncio.sleep(0)
            yield "x"

        return StreamingResponse(body())

    starlette = Starlette(routes=[Route("/", index), Route("/s", stream)], middleware=[Middleware(ASGIMiddleware)])
    flask = Flask("test")

    @flask.route("/")
    def hello() -> str:
        step()
        return "x"

    @flask.route("/s")
    def streamed() -> Iterator[str]:
        step()
        yield "x"

    flask.wsgi_app = WSGIMiddleware(flask.wsgi_app)  # type: ignore[method-assign]

    async def call_asgi(path: str, headers: dict[str, str] | None = None) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(starlette), base_url="http://127.0.0.1") as client:
            await client.get(path, headers=headers)

    def call_wsgi(path: str, headers: dict[str, str] | None = None) -> None:
        flask.test_client().get(path, headers=headers)

    for call in (lambda *given: asyncio.run(call_asgi(*given)), call_wsgi):
        with recording(auto_start_session=False) as recorded:
            for path in ("/", "/s"):
                call(path, CALLER)
            call("/")
        assert _placed(recorded) == [("step", "ab" * 16, "cd" * 8)] * 2


def test_a_caller_cannot_put_any_number_of_tags_on_every_span() -> None:
    """Of what a header claims 128 tags of 256 characters are kept."""
    parent = extract(CALLER | {"agentops-tags": ",".join(f"tag{number}" + "x" * 1000 for number in range(1000))})
    assert parent is not None
    assert [tag[:6] for tag in parent.tags[:2]] == ["tag0xx", "tag1xx"]
    assert (len(parent.tags), {len(tag) for tag in parent.tags}) == (128, {256})
