"""``track_endpoint``: a session per request, in Flask, Starlette, FastAPI's shape and Django."""

import asyncio
from typing import Any

import django
import httpx
import pytest
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.test import RequestFactory
from flask import Flask, Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import agentops
from agentops import track_endpoint
from agentops.sdk.span import Span
from agentops.testing import recording

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], DEFAULT_CHARSET="utf-8", SECRET_KEY="x")
    django.setup()

SECRETS = {"Authorization": "Bearer secret-token", "Cookie": "session=secret"}


@agentops.tool
def step() -> None: ...


def _http(span: Span) -> dict[str, object]:
    return {key: value for key, value in span.attributes.items() if key.startswith(("http.", "url."))}


def test_flask_views_are_sessions() -> None:
    """Method, path, route, status, JSON in and out; credentials are not recorded; 5xx and exceptions are errors."""
    app = Flask("test")

    @app.post("/items/<int:number>")
    @track_endpoint(tags=["api"])
    def add(number: int) -> tuple[dict[str, int], int]:
        step()
        return {"number": number}, 201

    @app.get("/broken")
    @track_endpoint
    def broken() -> Response:
        return Response("no", status=503)

    @app.get("/raises")
    @track_endpoint(name="named")
    def raises() -> str:
        raise ValueError("mine")

    client = app.test_client()
    with recording() as recorded:
        client.post("/items/3?x=1", json={"a": 1}, headers=SECRETS)
        client.get("/broken")
        assert client.get("/raises").status_code == 500
    assert recorded.outline() == (
        "session POST /items/3\n  tool step\nsession GET /broken [error HTTP 503]\nsession named [error ValueError]"
    )
    root = recorded.sessions[0].root
    assert root.session.tags == ["api"]
    assert _http(root) == {
        "http.request.method": "POST", "url.path": "/items/3", "http.route": "/items/<int:number>",
        "http.response.status_code": 201,
    }  # fmt: skip
    assert isinstance(root.input, dict)
    assert (root.input["number"], root.input["query"], root.input["body"]) == (3, "x=1", {"a": 1})
    assert root.output == {"number": 3}
    assert "secret" not in str([span.attributes for span in recorded.spans])


def test_starlette_and_fastapi_views_are_sessions() -> None:
    """Coroutines with a request; a view without one (FastAPI passes what it has parsed) is named after itself."""

    @track_endpoint
    async def read(request: Request) -> JSONResponse:
        step()
        return JSONResponse({"ok": True})

    @track_endpoint
    async def parsed(item: dict[str, int]) -> dict[str, int]:
        return item

    async def both() -> None:
        app = Starlette(routes=[Route("/read", read)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            assert (await client.get("/read?q=1", headers=SECRETS)).json() == {"ok": True}
        assert await parsed({"a": 1}) == {"a": 1}

    with recording() as recorded:
        asyncio.run(both())
    assert recorded.outline() == "session GET /read\n  tool step\nsession parsed"
    first, second = (session.root for session in recorded.sessions)
    expected = {"http.request.method": "GET", "url.path": "/read", "http.response.status_code": 200}
    assert _http(first) | {"http.route": "/read"} == {**expected, "http.route": "/read"}  # old ones name no route
    assert first.output == '{"ok":true}'
    assert (second.input, second.output) == ({"item": {"a": 1}}, {"a": 1})
    assert "secret" not in str([span.attributes for span in recorded.spans])


def test_django_views_are_sessions() -> None:
    """Functions that take Django's request, sync and async, with form and JSON bodies."""

    @track_endpoint
    def form(request: Any) -> HttpResponse:
        assert request.POST["a"] == "1"
        return HttpResponse("done")

    @track_endpoint
    async def posted(request: Any, key: str) -> JsonResponse:
        assert request.body == b'{"a": 1}'
        return JsonResponse({"key": key}, status=500)

    factory = RequestFactory()
    with recording() as recorded:
        form(factory.post("/form", {"a": "1"}, headers=SECRETS))
        asyncio.run(posted(factory.post("/json", b'{"a": 1}', content_type="application/json"), key="k"))
    assert recorded.outline() == "session POST /form\nsession POST /json [error HTTP 500]"
    first, second = (session.root for session in recorded.sessions)
    assert isinstance(first.input, dict)
    assert isinstance(second.input, dict)
    assert first.input["body"] == {"a": "1"}
    assert (second.input["key"], second.input["body"]) == ("k", '{"a": 1}')
    assert (first.output, second.output) == ("done", '{"key": "k"}')
    assert "secret" not in str([span.attributes for span in recorded.spans])


@pytest.mark.parametrize("mode", ["metadata_only", "switched off"])
def test_requests_and_responses_can_be_left_out(mode: str) -> None:
    """``capture_request=False``, ``capture_response=False``, and content capture that is off for all."""
    app = Flask("test")
    decorate = (
        track_endpoint if mode == "metadata_only" else track_endpoint(capture_request=False, capture_response=False)
    )

    @app.post("/")
    @decorate
    def view() -> str:
        return "secret"

    with recording(capture_content="metadata_only" if mode == "metadata_only" else "full") as recorded:
        app.test_client().post("/", json={"a": "secret"})
    root = recorded.sessions[0].root
    assert (root.input, root.output) == (None, None)
    assert root.attributes["http.response.status_code"] == 200
