"""The API: what it answers, and whom it refuses."""

import re
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from agentops.wire import merge_lines
from agentops_dashboard.app import create_app


@pytest.fixture
def client(tmp_path):
    with TestClient(create_app(tmp_path, with_importer=False, with_pages=False), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def session_ids(client, make_sessions):
    """Five stored sessions, the oldest first."""
    made = make_sessions(5, spans=12, error_rate=0.3)
    for _, lines in made:
        client.post("/v1/traces", content=merge_lines(lines), headers={"content-type": "application/json"})
    return [session_id for session_id, _ in made]


def test_lists_page_by_page(client, session_ids):
    """Two pages and a half, each session once."""
    found, cursor = [], None
    while True:
        page = client.get("/api/v1/sessions", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [session["id"] for session in page["sessions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == session_ids[::-1]


def test_one_session_its_spans_and_its_tree(client, session_ids):
    """All say the same number of spans; ``last`` is the newest; payloads can be left out."""
    session = client.get("/api/v1/sessions/last").json()
    assert session["id"] == session_ids[-1]
    whole = client.get("/api/v1/sessions/last/spans").json()
    assert whole["session"] == session
    assert len(whole["spans"]) == session["counts"]["spans"]
    tree = client.get(f"/api/v1/sessions/{session['id']}/tree", params={"limit": 3}).json()
    assert (tree["total"], len(tree["rows"])) == (session["counts"]["spans"], 3)
    assert any(span["attributes"] for span in whole["spans"])
    bare = client.get("/api/v1/sessions/last/spans", params={"payload": False}).json()
    assert not any(span["attributes"] for span in bare["spans"])
    assert client.get(f"/api/v1/spans/{whole['spans'][1]['id']}").json() == whole["spans"][1]


def test_wrong_questions_are_answered_with_a_sentence(client, session_ids):
    """A bad query carries its place and the suggestion; bad numbers and unknown ids say so."""
    answer = client.get("/api/v1/sessions", params={"q": "toool:x"})
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "There is no key 'toool'. Did you mean 'tool'?", "position": 0, "length": 5, "suggestion": "tool",
    }  # fmt: skip
    assert client.get("/api/v1/sessions", params={"limit": 0}).status_code == 422
    assert client.get("/api/v1/sessions", params={"since": "soon"}).status_code == 400
    for path in (
        "/api/v1/sessions/nope",
        "/api/v1/sessions/nope/spans",
        "/api/v1/sessions/nope/tree",
        "/api/v1/spans/nope",
    ):
        assert client.get(path).json()["error"]["message"].endswith("'nope'.")


def test_other_hosts_and_other_sites_are_refused(client, session_ids):
    """A rebound name and a foreign page get nothing; the dashboard's own pages may change things."""
    assert client.get("/api/v1/sessions", headers={"host": "evil.example"}).status_code == 421
    assert client.get("/api/v1/sessions", headers={"host": "localhost:8632"}).status_code == 200
    path = f"/api/v1/sessions/{session_ids[0]}"
    assert client.delete(path, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.delete(path, headers={"origin": "null"}).status_code == 403
    assert client.delete(path, headers={"origin": "http://127.0.0.1"}).json() == {"deleted": 1}


def test_a_deleted_session_leaves_nothing_behind(client, session_ids):
    """Its rows, its payloads and its words are gone; the others still add up."""
    store = client.app.state.store
    word = client.get("/api/v1/sessions/last").json()["first_input"].split()[-1].strip("?.")
    client.put("/api/v1/sessions/last/annotations/note", json={"value": "gone with it"})
    before = client.get("/api/v1/sessions", params={"q": word}).json()["total"]
    ids = [s["id"] for s in client.get("/api/v1/sessions", params={"q": word}).json()["sessions"]]
    assert 0 < before < 5
    assert client.post("/api/v1/sessions/delete", json={"ids": [*ids, "nope"]}).json() == {"deleted": before}
    assert client.get("/api/v1/sessions", params={"q": word}).json()["total"] == 0
    with store.transaction() as connection:
        matches = connection.execute("SELECT count(*) FROM payload_text WHERE payload_text MATCH ?", (word,)).fetchone()
        orphans = connection.execute("SELECT count(*) FROM payload WHERE trace_id NOT IN (SELECT trace_id FROM trace)")
        assert (matches[0], orphans.fetchone()[0]) == (0, 0)
        assert connection.execute("SELECT count(*) FROM annotation").fetchone()[0] == 0
        connection.execute("INSERT INTO payload_text (payload_text) VALUES ('integrity-check')")
    assert client.get("/api/v1/sessions").json()["total"] == 5 - before


def test_several_sessions_are_tagged_at_once(client, session_ids):
    """What they have stays, what is taken off goes; only those that change are counted."""
    before = {one: client.get(f"/api/v1/sessions/{one}").json()["tags"] for one in session_ids}
    body = {"ids": [*session_ids[:3], "nope"], "add": [" golden ", "golden", ""]}
    assert client.post("/api/v1/sessions/tags", json=body).json() == {"changed": 3}
    assert client.post("/api/v1/sessions/tags", json=body).json() == {"changed": 0}
    assert client.get("/api/v1/sessions", params={"q": "tag:golden"}).json()["total"] == 3
    assert client.get(f"/api/v1/sessions/{session_ids[0]}").json()["tags"] == sorted(
        {*before[session_ids[0]], "golden"}
    )
    body = {"ids": session_ids, "remove": ["golden"]}
    assert client.post("/api/v1/sessions/tags", json=body).json() == {"changed": 3}
    assert {one: client.get(f"/api/v1/sessions/{one}").json()["tags"] for one in session_ids} == before
    assert client.post("/api/v1/sessions/tags", json={"ids": ["x"] * 1001}).status_code == 422


def test_what_is_said_of_a_session_is_found_and_taken_back(client, session_ids):
    """A bookmark, a score and a note are shown, filter the list, go with null; other names and scores are refused."""
    path = f"/api/v1/sessions/{session_ids[0]}/annotations"
    assert client.put(f"{path}/bookmark", json={"value": "yes"}).json()["bookmarked"] is True
    assert client.put(f"{path}/score", json={"value": "down"}).json()["score"] == "down"
    assert client.put(f"{path}/note", json={"value": " see ticket 7 "}).json()["note"] == "see ticket 7"
    found = client.get("/api/v1/sessions", params={"q": "is:bookmarked score:down has:note"}).json()["sessions"]
    assert [session["id"] for session in found] == [session_ids[0]]
    assert client.put(f"{path}/bookmark", json={"value": None}).json()["bookmarked"] is False
    assert client.get("/api/v1/sessions", params={"q": "is:bookmarked"}).json()["total"] == 0
    assert client.put(f"{path}/score", json={"value": "sideways"}).status_code == 422
    assert client.put(f"{path}/mood", json={"value": "good"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"), [("tags", '{"ids": ["a"], "add": ["\\ud800"]}'), ("delete", '{"ids": ["\\ud800"]}')]
)
def test_text_that_no_store_can_keep_is_refused(client, path, body):
    """Half a surrogate pair, which JSON can spell."""
    answer = client.post(f"/api/v1/sessions/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_a_tag_taken_off_by_hand_stays_off(client, session_ids, make_sessions):
    """Also when the session's records arrive again."""
    path = f"/api/v1/sessions/{session_ids[0]}"
    assert client.put(f"{path}/tags", json={"tags": ["mine", " "]}).json()["tags"] == ["mine"]
    made = make_sessions(5, spans=12, error_rate=0.3, seed=1)
    client.post("/v1/traces", content=merge_lines(made[0][1]), headers={"content-type": "application/json"})
    assert client.get(path).json()["tags"] == ["mine"]
    assert client.get("/api/v1/sessions", params={"q": "tag:mine"}).json()["total"] == 1


@pytest.mark.parametrize("query", ["", "errors:>0"])
def test_analytics_count_what_the_list_counts(client, session_ids, query):
    """Totals, courses, splits and tables over HTTP are of the sessions that the query finds."""

    def ask(name, **more):
        return client.get(f"/api/v1/analytics/{name}", params={"q": query, **more}).json()

    rows = client.get("/api/v1/sessions", params={"q": query}).json()["sessions"]
    tokens = sum(row["tokens"]["total"] for row in rows if row["tokens"])
    assert ask("totals")["sessions"] == len(rows) > 0
    assert sum(point["sessions"] for point in ask("course", intervals=7)["points"]) == len(rows)
    assert sum(map(sum, ask("split", by="release", of="tokens")["groups"].values())) == tokens
    assert sum(row["calls"] for row in ask("tables")["tool"]) == ask("totals")["tools"]
    pace = ask("pace", intervals=7)
    assert (pace["sampled"], len(pace["points"])) == (len(rows), 7)


def test_analytics_of_nothing_are_empty(client, session_ids):
    """No session, no points; a group that does not exist is refused."""
    assert client.get("/api/v1/analytics/course", params={"q": "tag:nobody"}).json() == {"points": []}
    assert client.get("/api/v1/analytics/pace", params={"q": "tag:nobody"}).json() is None
    assert client.get("/api/v1/analytics/split", params={"by": "weather"}).status_code == 422


def test_every_route_is_documented(client):
    """OpenAPI names each route with a summary."""
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/v1/traces", "/healthz", "/api/v1/sessions", "/api/v1/sessions/{session_id}", "/api/v1/live"} <= set(paths)
    assert all(operation["summary"] for methods in paths.values() for operation in methods.values())


HOSTILE = (
    "", " ", "-1", "0",
    "9" * 30, "1e999", "'", '"', "\\", "%", "\0", "a/b", "..", "\u202e", "null", "[]", "true", "é" * 300,
    "'; DROP TABLE session; --", "last", "1" * 32, "tag:", "any(", "{}",
    "-start_time", "start_time", "WzEsMl0",
    "24h",
)  # fmt: skip


def test_no_value_of_any_parameter_is_an_error_of_ours(client, session_ids):
    """Every reading route with hostile values in every place: an answer or a sentence, never a 500."""
    paths = client.get("/api/openapi.json").json()["paths"]
    routes = {path: methods["get"] for path, methods in paths.items() if "get" in methods}
    routes.pop("/api/v1/live")
    for path, operation in routes.items():
        for parameter in operation.get("parameters", ()):
            for value in HOSTILE:
                places = {p["name"]: "last" for p in operation["parameters"] if p["in"] == "path"}
                query = {}
                if parameter["in"] == "path":
                    places[parameter["name"]] = value or "x"
                else:
                    query[parameter["name"]] = value
                url = path
                for name, place in places.items():
                    url = url.replace(f"{{{name}}}", quote(place, safe=""))
                status = client.get(url, params=query).status_code
                assert status in (200, 307, 400, 404, 405, 422), (url, query, status)
    assert client.get("/api/v1/sessions").json()["total"] == 5


@pytest.mark.parametrize("path", ["/api/v1/sessions/{}/export", "/sessions/{}/file"])
def test_a_session_of_any_name_can_be_downloaded(tmp_path, path):
    """A client's own conversation id may be no text that a header can hold, or text that would end it."""
    name = 'Ünï 🙂"; x="\r\n'
    attributes = [{"key": "gen_ai.conversation.id", "value": {"stringValue": name}},
                  {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}]  # fmt: skip
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "chat", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
            "attributes": attributes}  # fmt: skip
    with TestClient(create_app(tmp_path, with_importer=False), base_url="http://127.0.0.1") as client:
        client.post("/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        (session,) = client.get("/api/v1/sessions").json()["sessions"]
        answer = client.get(path.format(quote(session["id"], safe="")))
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="session-[A-Za-z0-9._-]+"', answer.headers["content-disposition"])


@pytest.mark.parametrize(("method", "path", "status", "message"), [
    ("GET", "/api/v1/nope", 404, "There is nothing at '/api/v1/nope'. What there is stands in /api/openapi.json."),
    ("GET", "/nope", 404, "There is nothing at '/nope'."),
    ("PUT", "/api/v1/sessions", 405, "'/api/v1/sessions' does not take PUT. It takes GET."),
    ("POST", "/v1/logs", 404, "spans alone are, at /v1/traces. Leave its exporter out (OTEL_LOGS_EXPORTER=none)."),
    ("GET", "/api/v1/sessions?tag=prod", 422, "There is no parameter 'tag'; filters stand in q, as in q=tag:…"),
    ("GET", "/api/v1/facets?sinse=24h", 422, "did you mean 'since'? There are q, since, until."),
    ("GET", "/api/v1/health?x=1", 422, "There is no parameter 'x'. This address takes none."),
    ("DELETE", "/api/v1/sessions/x?all=1", 422, "There is no parameter 'all'."),
    ("GET", "/api/v1/sessions?project=checkout", 404, "There is no project 'checkout' here, but 'default' alone"),
    ("POST", "/v1/traces?project=checkout", 404, "others need agentops serve --auth."),
])  # fmt: skip
def test_what_there_is_not_is_said_in_a_sentence(client, method, path, status, message):
    """In the shape of all errors. A parameter that is not known would have been left out of account."""
    answer = client.request(method, path)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_monitors_may_ask_for_the_head(client):
    """As load balancers do; nothing but the head comes."""
    answer = client.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_api_is_not_described_before_somebody_asks_for_that(client, session_ids):
    """Making the description takes as long as ten answers, and two threads that make it at once fail."""
    assert client.get("/api/v1/sessions", params={"q": "spans:>0", "limit": 1}).status_code == 200
    assert client.get("/api/v1/sessions", params={"sinse": "24h"}).status_code == 422
    assert client.app.openapi_schema is None
    assert "/api/v1/sessions" in client.get("/api/openapi.json").json()["paths"]
