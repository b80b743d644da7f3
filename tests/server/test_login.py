"""Signing in and out, cookies, what the server is called, and how often it may be asked."""

import re
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from agentops.errors import ConfigurationError
from agentops_dashboard.api import live
from agentops_dashboard.app import create_app
from agentops_dashboard.door.rate import Buckets
from agentops_dashboard.door.settings import ServerSettings
from tests.server.conftest import PASSWORD, SETUP, THEIRS, Server, fill, make_server


def browser(home, settings=None, base_url="http://127.0.0.1"):
    """A client that keeps cookies, on a server with an admin."""
    app = create_app(home, with_importer=False, server=settings or ServerSettings())
    app.state.accounts.users.create(SETUP, "ada", PASSWORD, is_admin=True)
    return TestClient(app, base_url=base_url, follow_redirects=False)


def token_in(answer):
    """The token of a page's form."""
    return re.search(r'name="csrf" value="([^"]+)"', answer.text).group(1)


def sign_in(client, name="ada", password=PASSWORD, next_page=""):
    """Load the form and send it."""
    token = token_in(client.get("/login", params={"next": next_page}))
    return client.post("/login", data={"csrf": token, "name": name, "password": password, "next": next_page})


def test_a_person_comes_back_to_where_they_wanted_to_go(tmp_path):
    """To the login, and from there to the page that was asked for, with the project in its address."""
    with browser(tmp_path) as client:
        sent = client.get("/sessions?q=tag:x", headers={"Accept": "text/html"})
        assert sent.headers["location"] == "/login?next=%2Fsessions%3Fq%3Dtag%3Ax"
        welcome = sign_in(client, next_page="/sessions?q=tag:x")
        assert (welcome.status_code, welcome.headers["location"]) == (303, "/sessions?q=tag:x")
        there = client.get("/sessions?q=tag:x", headers={"Accept": "text/html"})
        assert (there.status_code, there.headers["location"]) == (307, "/sessions?q=tag%3Ax&project=default")
        page = client.get(there.headers["location"], headers={"Accept": "text/html"})
        assert (page.status_code, "Sign out" in page.text) == (200, True)
        assert client.get("/login").headers["location"] == "/sessions"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_the_login_leads_nowhere_else(tmp_path, elsewhere):
    """Only to a path of this server."""
    with browser(tmp_path) as client:
        assert sign_in(client, next_page=elsewhere).headers["location"] == "/sessions"


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/sessions", "/%2Fevil.example"])
def test_a_link_to_here_leads_nowhere_else(own_server, path):
    """Whoever is signed in and follows it stays on this server, when the project is put into the address."""
    answer = own_server.ask("GET", f"http://127.0.0.1{path}", user="viewer", headers={"Accept": "text/html"})
    place = answer.headers["location"]
    assert (answer.status_code, place[0] + place[1:].lstrip("/")) == (307, place)


def test_the_cookie_is_for_this_site_and_no_script(tmp_path):
    """HttpOnly and Lax; over TLS also Secure, and of a name that only this host can set."""
    with browser(tmp_path / "plain") as client:
        cookie = sign_in(client).headers["set-cookie"]
        assert re.match(r"agentops_login=[\w-]{43}; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax", cookie)
    settings = ServerSettings(public_url="https://agentops.example.com")
    with browser(tmp_path / "tls", settings, "https://agentops.example.com") as client:
        cookie = sign_in(client).headers["set-cookie"]
        assert cookie.startswith("__Host-agentops_login=")
        assert "; Secure" in cookie
        assert "Domain" not in cookie
        assert client.get("/api/v1/sessions").status_code == 200
        assert client.get("/api/v1/sessions", headers={"Cookie": f"agentops_login={cookie[22:65]}"}).status_code == 401


def test_a_wrong_password_says_as_little_as_a_wrong_name(tmp_path):
    """401 and the same page for both; no cookie."""
    with browser(tmp_path) as client:
        answers = [sign_in(client, name, password) for name, password in (("ada", "wrong horse"), ("eve", PASSWORD))]
        assert {answer.status_code for answer in answers} == {401}
        assert len({re.sub(r'value="[^"]+"', "", answer.text) for answer in answers}) == 1
        assert all("agentops_login" not in answer.headers.get("set-cookie", "") for answer in answers)


def test_another_site_can_sign_nobody_in(tmp_path):
    """The form's token belongs to a cookie that only the login page gives, and foreign origins are refused."""
    with browser(tmp_path) as client:
        token = token_in(client.get("/login"))
        fields = {"csrf": token, "name": "ada", "password": PASSWORD}
        assert client.post("/login", data=fields, headers={"Origin": "https://evil.example"}).status_code == 403
        assert client.post("/login", data=fields | {"csrf": ""}).status_code == 403
        client.cookies.clear()
        assert client.post("/login", data=fields).status_code == 403


def test_passwords_cannot_be_tried_out(tmp_path, monkeypatch):
    """After ten tries 429 with Retry-After, also for the right password; in the record stand the ten."""
    # Time stands still: on a busy machine ten passwords take longer than it takes to be let in again.
    monkeypatch.setattr("agentops_dashboard.door.rate.time", SimpleNamespace(monotonic=lambda: 100.0))
    with browser(tmp_path) as client:
        statuses = [sign_in(client, "ada", f"wrong horse {number}").status_code for number in range(11)]
        assert statuses == [401] * 10 + [429]
        refused = sign_in(client)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 13
        actions = [entry.action for entry in client.app.state.accounts.audit.latest()]
        assert actions == ["login.refused"] * 10 + ["user.created"]


def test_a_form_of_too_many_fields_is_refused(tmp_path):
    """By the login too, which anybody may send one to."""
    with browser(tmp_path) as client:
        fields = "&".join(f"f{number}=1" for number in range(300))
        answer = client.post("/login", content=fields, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code == 403


def test_signing_out_makes_the_cookie_worthless(tmp_path):
    """On the server, not in the browser alone; nothing of a page stays in a cache."""
    with browser(tmp_path) as client:
        sign_in(client)
        kept = dict(client.cookies)
        page = client.get("/settings?project=default")
        assert page.headers["cache-control"] == "no-store"
        assert client.post("/logout", data={"csrf": token_in(page)}).headers["location"] == "/login"
        assert "agentops_login" not in client.cookies
        header = f"agentops_login={kept['agentops_login']}"
        assert client.get("/api/v1/sessions", headers={"Cookie": header}).status_code == 401


def test_a_link_keeps_the_project_of_the_page_it_was_on(own_server):
    """Without a project in its address, a request belongs to that of the page that makes it; else to the last one."""
    server = own_server
    server.accounts.users.set_role(SETUP, "editor", THEIRS, "viewer")

    def project_of(path, **headers):
        answer = server.ask("GET", path, user="editor", headers={"Accept": "text/html", **headers})
        return re.search(r"project=(\w+)", answer.headers["location"]).group(1)

    page = {"Referer": f"http://127.0.0.1/sessions?project={THEIRS}"}
    assert project_of("/analytics", **page) == THEIRS
    assert project_of("/analytics", Referer=f"http://evil.example/?project={THEIRS}") == "default"
    assert server.ask("GET", "/api/v1/sessions", user="editor", headers=page).json()["sessions"][0]["id"] == f"{2:032x}"
    assert project_of("/analytics") == "default"
    server.ask("GET", f"/sessions?project={THEIRS}", user="editor", headers={"Accept": "text/html"})
    assert project_of("/analytics") == THEIRS


def test_only_the_public_name_is_answered_to(tmp_path):
    """Other names get 421, except from this machine and from probes, which ask by address."""
    for made in make_server(tmp_path, ServerSettings(public_url="https://agentops.example.com")):
        fill(made)
        statuses = {
            (host, path): made.ask("GET", path, key="read", headers={"Host": host}).status_code
            for host in ("agentops.example.com", "evil.example", "127.0.0.1:8632")
            for path in ("/healthz", "/api/v1/sessions")
        }
        assert [where for where, status in statuses.items() if status != 200] == [("evil.example", "/api/v1/sessions")]
        assert statuses["evil.example", "/api/v1/sessions"] == 421
        origin = {"Origin": "https://agentops.example.com"}
        path = f"/api/v1/sessions/{1:032x}/tags"
        assert made.ask("PUT", path, key="edit", headers=origin, json={"tags": []}).status_code == 200


@pytest.mark.parametrize("url", ["agentops.example.com", "ftp://x", "https://", "https://x/agentops", "https://x?a"])
def test_a_public_url_is_a_scheme_and_a_name(url):
    """Anything else is refused with an example."""
    with pytest.raises(ConfigurationError, match=r"as in https://agentops\.example\.com"):
        ServerSettings(public_url=url)


def test_too_many_requests_of_a_key_are_told_when_to_come_again(tmp_path):
    """The key's own limit: 429 with Retry-After; another key, and the pages, go on."""
    for made in make_server(tmp_path, ServerSettings(key_rate=2, address_rate=1000)):
        fill(made)
        statuses = [made.ask("GET", "/api/v1/sessions", key="read").status_code for _ in range(12)]
        assert statuses[:10] == [200] * 10
        assert statuses[-1] == 429
        refused = made.ask("GET", "/api/v1/sessions", key="read")
        assert refused.headers["retry-after"] == "1"
        assert "makes too many requests" in refused.json()["error"]["message"]
        assert made.send(7, "x").status_code == 200
        assert made.ask("GET", "/api/v1/sessions", user="viewer").status_code == 200


def test_too_many_requests_of_an_address_do_not_stop_its_keys(tmp_path):
    """Who has no key, or a wrong one, is limited by address; programs behind the same address go on."""
    for made in make_server(tmp_path, ServerSettings(key_rate=1000, address_rate=2)):
        fill(made)
        statuses = [made.ask("GET", "/api/v1/sessions", key="wrong").status_code for _ in range(12)]
        assert (statuses[0], statuses[-1]) == (401, 429)
        assert made.ask("GET", "/login").status_code == 429
        assert made.ask("GET", "/api/v1/sessions", key="read").status_code == 200


def test_a_bucket_refills_evenly(monkeypatch):
    """Three at once, then two a second, and never more than three again."""
    now = [100.0]
    monkeypatch.setattr("agentops_dashboard.door.rate.time.monotonic", lambda: now[0])
    buckets = Buckets(rate=2, burst=3)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now[0] += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]
    now[0] += 1000
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_old_clients_sign_in_with_their_key(server: Server):
    """The token that they get is the key; a wrong key gets none, and the codes of the old service."""
    answer = server.ask("POST", "/v3/auth/token", json={"api_key": server.keys["ingest"]})
    assert answer.json() == {"token": server.keys["ingest"], "project_id": "default", "project_prem_status": "free"}
    assert server.ask("POST", "/public/v1/auth/access_token", json={"api_key": server.keys["read"]}).json() == {
        "bearer": server.keys["read"]
    }
    for path, code in (("/v3/auth/token", 403), ("/public/v1/auth/access_token", 401)):
        refused = server.ask("POST", path, json={"api_key": "11111111-2222-3333-4444-555555555555"})
        assert (refused.status_code, "token" in refused.json()) == (code, False)
    for body in ({}, {"api_key": " "}):
        refused = server.ask("POST", "/v3/auth/token", json=body)
        assert (refused.status_code, "needs the key" in refused.json()["error"]["message"]) == (400, True)
    shown = server.ask("GET", "/public/v1/project", key="theirs").json()
    assert (shown["id"], shown["name"]) == ("other", "Other")


def test_a_stream_of_changes_ends_by_itself(own_server, monkeypatch):
    """So that whoever signed out meanwhile does not hear more; the page connects again where it was."""
    monkeypatch.setattr(live, "_LONGEST_S", 0.05)
    monkeypatch.setattr(live, "_POLL_S", 0.01)
    heard = own_server.ask("GET", "/api/v1/live?after=0", user="viewer")
    assert (heard.status_code, heard.text.count("event: sessions")) == (200, 1)
    own_server.ask("POST", "/logout", user="viewer")
    assert own_server.ask("GET", "/api/v1/live?after=0", user="viewer").status_code == 401


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "X-AgentOps-Api-Key"])
def test_a_key_comes_in_any_header_that_clients_use(server: Server, header):
    """The three spellings open the same project."""
    value = f"Bearer {server.keys['read']}" if header == "Authorization" else server.keys["read"]
    assert server.ask("GET", "/api/v1/sessions", headers={header: value}).json()["total"] == 1
