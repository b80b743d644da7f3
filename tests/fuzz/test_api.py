"""Every route of the API, called with what its own description allows and with what it does not."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, GenerationMode
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.fuzz.conftest import SESSIONS

PIECES = st.sampled_from(
    ["tag:", "status:", "error", "any(", "count(", ")", "(", '"', "\\", "-", "or", "and", "not", ">", ">=", "=", "*",
     ",", "cost:", "duration:", "metadata.", "metadata.a.b:", "2m", "'; DROP TABLE session; --", "%", "_", "\0", "é",
     "🙂", "has:", "is:", "start:", "1e9", "9" * 30, "kind:llm", "tool:", "name:", "\u202e", "{", "${x}", "../.."]
)  # fmt: skip
TEXT = st.one_of(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=8).map(" ".join), st.text(max_size=40))
NUMBER = st.one_of(st.integers(-5, 10**20), TEXT)
PARAMETERS = {
    "q": TEXT, "sort": TEXT, "cursor": TEXT, "range": TEXT, "from": NUMBER, "to": NUMBER, "view": TEXT, "span": TEXT,
    "columns": TEXT, "offset": NUMBER, "limit": NUMBER, "depth": NUMBER, "collapsed": TEXT, "find": TEXT, "a": TEXT,
    "b": TEXT, "tz": TEXT, "list": TEXT, "kinds": TEXT, "errors": TEXT, "group": TEXT, "interval": TEXT, "key": TEXT,
    "text": TEXT, "format": TEXT, "session": TEXT,
}  # fmt: skip


@pytest.fixture(scope="module")
def operations(client: httpx.Client) -> list[APIOperation]:
    """What the API's description lists. The stream of live events has no end and is tested elsewhere."""
    schema = schemathesis.openapi.from_url(f"{client.base_url}/api/openapi.json").exclude(path="/api/v1/live")
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("mode", GenerationMode)
@settings(max_examples=300)
@given(data=st.data())
def test_no_request_that_the_description_allows_or_forbids_is_an_error_of_ours(
    operations: list[APIOperation], mode: GenerationMode, data: st.DataObject
) -> None:
    """Whatever the parameters and bodies are, the answer is what was asked for or says what is wrong with it."""
    operation = data.draw(st.sampled_from(operations))
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except Unsatisfiable:  # an operation without parameters: nothing that could be wrong
        return
    answer = case.call()
    assert answer.status_code < 500, (case.as_curl_command(), answer.text[:300])


def _paths(app: FastAPI) -> list[str]:
    """Every address that can be read, whoever added it."""
    found = {
        route.path
        for route in app.routes
        if "GET" in (getattr(route, "methods", None) or ()) and hasattr(route, "path")
    }
    return sorted(found - {"/api/v1/live"})


@settings(max_examples=400)
@given(data=st.data())
def test_no_address_whatever_is_an_error_of_ours(app: FastAPI, client: httpx.Client, data: st.DataObject) -> None:
    """Every route that can be read, with parameters of its own and of others, in place and out of place."""
    path = data.draw(st.sampled_from(_paths(app)))
    for name in ("session_id", "trace_id"):
        path = path.replace(f"{{{name}}}", quote(data.draw(st.one_of(st.sampled_from(SESSIONS), TEXT)), safe=""))
    for name in ("span_id", "part"):
        path = path.replace(f"{{{name}}}", quote(data.draw(st.one_of(st.just("0000000100000001"), TEXT)), safe=""))
    names = data.draw(st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=5, unique=True))
    parameters = {name: str(data.draw(PARAMETERS[name])) for name in names}
    answer = client.get(path, params=parameters, follow_redirects=False)
    assert answer.status_code < 500, (path, parameters, answer.text[:300])


@settings(max_examples=100)
@given(data=st.data())
def test_no_text_of_a_user_is_ever_part_of_a_statement(client: httpx.Client, data: st.DataObject) -> None:
    """A word that no one else would use is put into every parameter; the database is given it as a value, or not."""
    canary = "zebra'\"`--xylophone"
    pattern = data.draw(st.sampled_from(["{}", "tag:{}", "metadata.{}:x", "any(tool:{})", '"{}"', "-name:{}*", "{}:1"]))
    path = data.draw(st.sampled_from(["/sessions", "/api/v1/sessions", "/api/v1/facets", "/analytics", "/compare"]))
    parameters = dict.fromkeys(data.draw(st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=6)), canary)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        client.get(path, params={**parameters, "q": pattern.format(canary)})
        client.get(f"/api/v1/sessions/{quote(canary, safe='')}/spans")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert statements
    assert not [text for text in statements if "zebra" in text or "xylophone" in text]


@settings(max_examples=60)
@given(body=st.one_of(TEXT, st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10), st.sampled_from(SESSIONS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["ids", "tags", "add", "remove", "q", "api_key", "value"]), inner, max_size=3),
    ),
)), method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]))  # fmt: skip
def test_no_body_whatever_is_an_error_of_ours(app: FastAPI, client: httpx.Client, body: Any, method: str) -> None:
    """Every route that changes something, with JSON that it does not expect."""
    for route in app.routes:
        if method not in (getattr(route, "methods", None) or ()) or "delete" in route.path or method == "DELETE":
            continue
        path = route.path.replace("{session_id}", "0" * 31 + "9").replace("{name}", "x")
        answer = client.request(method, path, content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code < 500, (route.path, answer.text[:300])
