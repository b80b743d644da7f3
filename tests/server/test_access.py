"""Who may do what, over every route that the application has: a route that is added is tested without a word here."""

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from starlette.routing import Mount

from agentops_dashboard.api import live
from agentops_dashboard.app import create_app
from agentops_dashboard.door.settings import ServerSettings
from tests.server.conftest import OURS, SECRET_TEXT, THEIRS, otlp

THEIR_SESSION, THEIR_SPAN = f"{2:032x}", f"{2 * 16 + 1:016x}"
THEIR_ALERT = "1"
OUR_SESSION, OUR_SPAN = f"{1:032x}", f"{1 * 16 + 1:016x}"
OPEN = {
    "GET /healthz", "GET /favicon.ico", "GET /login", "POST /login", "GET /static",
    "POST /v3/auth/token", "POST /public/v1/auth/access_token",  # they ask for the key in their body
}  # fmt: skip


def _routes() -> list[str]:
    with tempfile.TemporaryDirectory() as home:
        app = create_app(Path(home), with_importer=False, server=ServerSettings())
        found = set()
        for route in app.routes:
            if isinstance(route, Mount):
                found.add(f"GET {route.path}")
            else:
                found |= {f"{method} {route.path}" for method in route.methods - {"HEAD"}}
        app.state.store.close()
        app.state.accounts.close()
    return sorted(found)


ROUTES = _routes()
GUARDED = [route for route in ROUTES if route not in OPEN]
IDS = ("{session_id}", "{span_id}", "{trace_id}", "{alert_id}")
WITH_IDS = [route for route in GUARDED if any(name in route for name in IDS)]


def target(route: str, session: str = "nope", span: str = "nope") -> tuple[str, str]:
    """The method and a real path of a route."""
    method, path = route.split(" ")
    path = (
        path.replace("{alert_id}", THEIR_ALERT)
        .replace("{session_id}", session)
        .replace("{trace_id}", session)
        .replace("{span_id}", span)
    )
    path = "/static/base.css" if path == "/static" else path
    return method, path.replace("{part}", "input").replace("{name}", "bookmark")


def in_environment(number: int, environment: str) -> dict[str, object]:
    """A request that stores a session of an environment."""
    resource = {"attributes": [{"key": "deployment.environment.name", "value": {"stringValue": environment}}]}
    sent = json.loads(otlp(number, "x"))
    sent["resourceSpans"][0]["resource"] = resource
    return {"content": json.dumps(sent), "headers": {"Content-Type": "application/json"}}


def test_environments_are_named_to_those_who_may_see_them(own_server):
    """A page names the environments of the project that it shows, and to nobody who may not read it."""
    for number in (7, 8):
        sent = in_environment(number, f"{SECRET_TEXT}-{number}")
        assert own_server.ask("POST", "/v1/traces", key="theirs", **sent).status_code == 200
    pages = ("/sessions", "/analytics", "/settings", f"/sessions/{THEIR_SESSION}")
    for user in ("viewer", "editor", "nobody"):
        for page in pages:
            for project in (OURS, THEIRS):
                answer = own_server.ask("GET", f"{page}?project={project}", user=user)
                assert SECRET_TEXT not in answer.text, (user, page)
                assert "environment-switch" not in answer.text, (user, page)
    assert f"{SECRET_TEXT}-8" in own_server.ask("GET", f"/settings?project={THEIRS}", user="stranger").text


def body_for(route: str) -> dict[str, object]:
    """A body that the route can do something with."""
    if route == "PUT /api/v1/sessions/{session_id}/tags":
        return {"json": {"tags": ["x"]}}
    if route.endswith("/annotations/{name}"):
        return {"json": {"value": "yes"}}
    if route in ("POST /api/v1/alerts", "PUT /api/v1/alerts/{alert_id}"):
        return {"json": {"name": "x", "measure": "failed", "threshold": "10%"}}
    if route.endswith("/paused"):
        return {"json": {"paused": True}}
    if route == "POST /api/v1/sessions/delete":
        return {"json": {"ids": [THEIR_SESSION]}}
    if route == "POST /api/v1/sessions/tags":
        return {"json": {"ids": [THEIR_SESSION], "add": ["x"]}}
    return {}


def scope_of(route: str) -> str | None:
    """The scope that lets a key use a route; None: no key may."""
    method, path = route.split(" ")
    if path in ("/v1/traces", "/v4/logs/upload/"):
        return "ingest"
    if path == "/metrics":
        return "metrics"
    if path.startswith("/settings/access") or path == "/logout":
        return None
    return "read" if method == "GET" else "edit"


@pytest.fixture(autouse=True)
def _short_stream(server, monkeypatch):
    """The stream of changes ends after a look or two."""

    class Stopping:
        looks = 0

        def is_set(self):
            self.looks += 1
            return self.looks > 3

        async def wait(self):
            await asyncio.sleep(60)

        def set(self):
            self.looks = 99

    monkeypatch.setattr(live, "_POLL_S", 0.01)
    state = server.client.app.state
    kept, state.stopping = state.stopping, Stopping()
    yield
    state.stopping = kept


def test_these_are_all_the_open_routes(server):
    """Whatever is not in this list needs a login or a key."""
    assert {route for route in ROUTES if server.ask(*target(route)).status_code != 401} == OPEN


@pytest.mark.parametrize("route", GUARDED)
def test_nobody_comes_in_without_a_login_or_a_key(server, route):
    """No key, an unknown key, an unknown cookie: 401 and a sentence; a person is sent to the login."""
    method, path = target(route, OUR_SESSION, OUR_SPAN)
    for headers in (
        {}, {"Authorization": "Bearer sk-agentops-wrong"}, {"X-API-Key": "wrong"}, {"Cookie": "agentops_login=wrong"},
    ):  # fmt: skip
        answer = server.ask(method, path, headers=headers, **body_for(route))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "ours" not in answer.text
    if method == "GET":
        answer = server.ask(method, path, headers={"Accept": "text/html,application/xhtml+xml"})
        assert answer.status_code in (303, 401)
        assert answer.status_code == 401 or answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize("route", WITH_IDS)
@pytest.mark.parametrize("way", [{"key": "ours"}, {"user": "editor"}, {"user": "viewer"}], ids=str)
def test_another_projects_ids_are_not_there(server, route, way):
    """404 for its session and its span, read or write, by key and by login; 403 where the role comes first."""
    method, path = target(route, THEIR_SESSION, THEIR_SPAN)
    answer = server.ask(method, path, **way, **body_for(route))
    may = way.get("user") != "viewer" or method == "GET"
    if path.endswith("/next"):
        assert answer.json() == {"row": None, "span": None}
    else:
        assert answer.status_code == (404 if may else 403)
    assert SECRET_TEXT not in answer.text


@pytest.mark.parametrize("route", GUARDED)
@pytest.mark.parametrize("way", [{"key": "ours"}, {"user": "editor"}], ids=str)
def test_no_answer_has_another_projects_data(server, route, way):
    """Lists, counts, facets, streams, exports and pages: nothing of theirs, also when it is asked for by name."""
    for path in (target(route, THEIR_SESSION, THEIR_SPAN)[1], target(route, OUR_SESSION, OUR_SPAN)[1]):
        if route.startswith("GET"):
            for query in (
                "",
                f"?ids={THEIR_SESSION}&a={OUR_SESSION}&b={THEIR_SESSION}&session={THEIR_SESSION}&after=0",
            ):
                answer = server.ask("GET", path + query, **way)
                assert answer.status_code in (200, 303, 307, 400, 403, 404, 422)
                assert SECRET_TEXT not in answer.text
            named = server.ask("GET", f"{path}?project={THEIRS}", **way)
            assert named.status_code == 404
    mine = {"key": "theirs"} if "key" in way else {"user": "stranger"}
    assert SECRET_TEXT in server.ask("GET", "/api/v1/sessions", **mine).text


@pytest.mark.parametrize("route", GUARDED)
@pytest.mark.parametrize("scope", ["ingest", "read", "edit", "metrics"])
def test_a_key_does_what_its_scope_says_and_nothing_else(server, route, scope):
    """403 for every route of another scope."""
    answer = server.ask(*target(route), key=scope)
    assert (answer.status_code == 403) == (scope != scope_of(route)), answer.text
    assert answer.status_code != 401


CHANGING = [route for route in GUARDED if not route.startswith("GET")]


@pytest.mark.parametrize("route", CHANGING)
def test_a_viewer_changes_nothing_and_an_editor_nothing_of_the_server(server, route):
    """403 by role; what everybody may do to themselves is left."""
    path = route.split(" ")[1]
    if path in ("/settings/access/password", "/logout"):
        return
    assert server.ask(*target(route), user="viewer").status_code == 403
    is_admins = path.startswith("/settings/access/") and "/keys" not in path
    is_programs = scope_of(route) == "ingest"
    assert (server.ask(*target(route), user="editor").status_code == 403) == (is_admins or is_programs)


@pytest.mark.parametrize("route", CHANGING)
def test_a_login_changes_nothing_without_the_forms_token(server, route):
    """Refused for every changing route without it, with another browser's, or from another site's page."""
    method, path = target(route, OUR_SESSION, OUR_SPAN)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for more in (
        {}, {"headers": {"X-CSRF-Token": "x"}}, {"content": "csrf=&name=x", "headers": form},
        {"content": b"\xff" * 70_000, "headers": form},
    ):  # fmt: skip
        assert server.ask(method, path, user="admin", csrf=False, **more).status_code == 403
    assert server.ask(method, path, user="admin", headers={"Origin": "https://evil.example"}).status_code == 403
    assert server.ask("GET", f"/api/v1/sessions/{OUR_SESSION}", user="viewer").json()["tags"] == []


def test_who_has_no_project_sees_nothing_and_can_sign_out(own_server):
    """A user without a role gets a page that says what to do."""
    answer = own_server.ask("GET", "/sessions", user="nobody", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "Ask an admin" in answer.text
    assert own_server.ask("GET", "/api/v1/sessions", user="nobody").status_code == 403
    assert own_server.ask("POST", "/logout", user="nobody").status_code == 303
    assert own_server.ask("GET", "/api/v1/sessions", user="nobody").status_code == 401


def test_a_role_holds_from_the_next_request_on(own_server):
    """Given, taken back; a revoked key opens nothing; an admin sees every project."""
    server, path = own_server, f"/api/v1/sessions?project={THEIRS}"
    assert server.ask("GET", path, user="viewer").status_code == 404
    server.accounts.users.set_role(_setup(), "viewer", THEIRS, "viewer")
    assert server.ask("GET", path, user="viewer").json()["total"] == 1
    server.accounts.users.set_role(_setup(), "viewer", THEIRS, "")
    assert server.ask("GET", path, user="viewer").status_code == 404
    assert [
        server.ask("GET", f"/api/v1/sessions?project={p}", user="admin").json()["sessions"][0]["user"]
        for p in (OURS, THEIRS)
    ] == ["ours", SECRET_TEXT]
    server.accounts.keys.revoke(_setup(), server.keys["read"][:18])
    assert server.ask("GET", "/api/v1/sessions", key="read").status_code == 401


def _setup():
    from tests.server.conftest import SETUP

    return SETUP


def test_an_archived_project_can_be_read_only(own_server):
    """Nothing is sent, tagged or deleted, by key or by login; it comes back when it is restored."""
    server, session = own_server, f"/api/v1/sessions/{OUR_SESSION}"
    server.accounts.projects.archive(_setup(), OURS)
    assert server.ask("GET", session, key="read").status_code == 200
    refused = server.send(3, "late")
    assert (refused.status_code, "archived" in refused.text) == (403, True)
    for way in ({"key": "edit"}, {"user": "editor"}, {"user": "admin"}):
        project = {"params": {"project": OURS}} if "user" in way else {}
        assert server.ask("DELETE", session, **way, **project).status_code == 403
    server.accounts.projects.archive(_setup(), OURS, is_archived=False)
    assert server.send(3, "late").status_code == 200
    assert server.ask("DELETE", session, user="editor").json() == {"deleted": 1}


def test_the_same_ids_in_two_projects_are_two_sessions(own_server):
    """Sent with either key, changed with either key: the other one stays as it is."""
    server = own_server
    before = server.ask("GET", f"/api/v1/sessions/{THEIR_SESSION}/spans", key="theirs").json()
    assert server.send(2, "mine").status_code == 200
    path = f"/api/v1/sessions/{THEIR_SESSION}"
    assert server.ask("GET", path, key="ours").json()["user"] == "mine"
    assert server.ask("GET", path, key="theirs").json()["user"] == SECRET_TEXT
    server.ask("PUT", f"{path}/tags", key="ours", json={"tags": ["x"]})
    assert server.ask("GET", path, key="theirs").json()["tags"] == []
    assert server.ask("DELETE", path, key="ours").json() == {"deleted": 1}
    assert server.ask("GET", f"{path}/spans", key="theirs").json() == before
    assert server.ask("GET", "/api/v1/sessions", key="theirs", params={"q": SECRET_TEXT}).json()["total"] == 1
    assert server.ask("GET", "/api/v1/sessions", key="ours", params={"q": SECRET_TEXT}).json()["total"] == 0


def test_the_same_text_in_two_projects_is_found_in_both(own_server):
    """What one project's index has need not be in the other's, also for one trace id."""
    assert own_server.send(2, SECRET_TEXT, "ours").status_code == 200
    for key in ("ours", "theirs"):
        # The name of the second span, which the index of texts alone has.
        found = own_server.ask("GET", "/api/v1/sessions", key=key, params={"q": f'"{SECRET_TEXT} 1"'}).json()
        assert [session["id"] for session in found["sessions"]] == [THEIR_SESSION]


def test_a_large_body_is_refused_before_it_is_in_memory(server):
    """Spans and logs have limits of their own; anything else takes a megabyte, with or without a login."""
    body = b'{"api_key": "' + b"x" * 2**20 + b'"}'
    json_type = {"Content-Type": "application/json"}

    def pieces():
        for _ in range(64):
            yield body[:65_536]

    assert server.ask("POST", "/v3/auth/token", content=body, headers=json_type).status_code == 413
    assert server.ask("POST", "/v3/auth/token", content=pieces(), headers=json_type).status_code in (400, 413)
    path = f"/api/v1/sessions/{OUR_SESSION}/tags"
    for way in ({"key": "edit"}, {"user": "editor"}):
        assert server.ask("PUT", path, content=body, headers=json_type, **way).status_code == 413
    assert server.ask("POST", "/login", content=body, headers=json_type).status_code == 413


def test_changes_of_sessions_are_on_the_record(own_server):
    """Who, from where, which project, which session; by key as by login."""
    server, path = own_server, f"/api/v1/sessions/{OUR_SESSION}"
    server.ask("PUT", f"{path}/tags", user="editor", json={"tags": ["x"]})
    server.ask("PUT", f"{path}/annotations/note", key="edit", json={"value": "odd"})
    server.ask("DELETE", path, user="editor")
    server.ask("DELETE", path, user="editor")
    entries = server.accounts.audit.latest(3)
    assert [(e.actor, e.action, e.target, e.project, e.address) for e in reversed(entries)] == [
        ("editor", "session.tags", OUR_SESSION, OURS, "testclient"),
        (server.keys["edit"][:18] + "…", "session.note", OUR_SESSION, OURS, "testclient"),
        ("editor", "session.deleted", f"1: {OUR_SESSION}", OURS, "testclient"),
    ]  # fmt: skip


def test_each_deleted_session_is_on_the_record(own_server):
    """However many at once, and whatever else was in the request; what there was not is not on it."""
    numbers = range(100, 140)
    for number in numbers:
        assert own_server.send(number, "x").status_code == 200
    ids = [f"{number:032x}" for number in numbers]
    for action in ("tags", "delete"):
        more = {"add": ["x"]} if action == "tags" else {}
        own_server.ask("POST", f"/api/v1/sessions/{action}", user="editor", json={"ids": ["x" * 600, *ids], **more})
    entries = own_server.accounts.audit.latest()
    for action in ("session.tags", "session.deleted"):
        targets = [entry.target.partition(": ") for entry in entries if entry.action == action]
        assert sorted(one for _, _, some in targets for one in some.split()) == ids
        assert sum(int(count) for count, _, _ in targets) == len(ids)
