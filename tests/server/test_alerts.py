"""Alerts of a server with a login: whose they are, who may change them, and what stands on the record."""

import json

import pytest

from agentops.cli import main
from tests.server.conftest import OURS, SECRET_TEXT, SETUP, THEIRS

RULE = {"name": "too many fail", "measure": "failed", "threshold": "10%", "period": "1h", "query": "tag:beta"}


def post(server, path="", user="editor", project=OURS, **fields):
    """Send one of the page's forms."""
    return server.ask("POST", f"/alerts{path}?project={project}", user=user, data=fields)


def alerts_of(server, **way):
    """The alerts over the API."""
    return server.ask("GET", "/api/v1/alerts", **way).json()["alerts"]


def test_an_editor_makes_pauses_and_removes_an_alert(own_server):
    """By the page's forms; a viewer sees it and has no form; each change is on the record."""
    assert post(own_server, **RULE).status_code == 303
    (alert,) = alerts_of(own_server, user="viewer")
    assert (alert["name"], alert["threshold"], alert["least"], alert["state"]) == ("too many fail", 0.1, 5, None)
    page = own_server.ask("GET", f"/alerts?project={OURS}", user="viewer").text
    assert ("too many fail" in page, "<form" in page.split("<main")[1]) == (True, False)
    assert post(own_server, "/edit", **RULE | {"id": str(alert["id"]), "threshold": "20%"}).status_code == 303
    assert alerts_of(own_server, user="viewer")[0]["threshold"] == 0.2
    assert post(own_server, "/pause", id=str(alert["id"]), paused="1").status_code == 303
    assert alerts_of(own_server, user="viewer")[0]["paused"]
    assert post(own_server, "/pause", id=str(alert["id"]), paused="0").status_code == 303
    assert post(own_server, "/remove", id=str(alert["id"])).status_code == 303
    assert alerts_of(own_server, user="viewer") == []
    assert [(e.actor, e.action, e.target, e.project) for e in reversed(own_server.accounts.audit.latest(5))] == [
        ("editor", f"alert.{done}", "too many fail", OURS)
        for done in ("added", "edited", "paused", "resumed", "removed")
    ]


def test_programs_do_the_same_with_a_key(own_server):
    """Made, paused and dropped over the API with the scope edit, read with the scope read; mistakes are sentences."""
    body = {key: value for key, value in RULE.items() if key != "period"} | {"least": 3}
    made = own_server.ask("POST", "/api/v1/alerts", key="edit", json=body)
    assert (made.status_code, made.json()["rule"]) == (201, "Failure rate above 10.0% in the last 1h, only tag:beta")
    path = f"/api/v1/alerts/{made.json()['id']}"
    assert own_server.ask("PUT", path, key="edit", json=body | {"threshold": "1%"}).json()["threshold"] == 0.01
    assert own_server.ask("PUT", f"{path}/paused", key="edit", json={"paused": True}).json()["paused"]
    assert [alert["least"] for alert in alerts_of(own_server, key="read")] == [3]
    again = own_server.ask("POST", "/api/v1/alerts", key="edit", json=body)
    assert again.json()["error"]["message"].startswith("There is an alert 'too many fail' already")
    for wrong in ({**body, "url": "http://127.0.0.1/"}, {**body, "measure": "x"}, {**body, "threshold": "x"}):
        assert own_server.ask("POST", "/api/v1/alerts", key="edit", json=wrong).status_code == 422
    assert own_server.ask("DELETE", path, key="edit").json()["name"] == "too many fail"
    assert own_server.ask("DELETE", path, key="edit").status_code == 404


def test_another_projects_alerts_are_not_there(own_server):
    """Not in the list, not counted in the navigation, not to be paused or removed by number, by form or by key."""
    book = own_server.client.app.state.alerts
    (theirs,) = book.rules(THEIRS)
    assert SECRET_TEXT in own_server.ask("GET", f"/alerts?project={THEIRS}", user="stranger").text
    for way in ({"key": "ours"}, {"user": "editor"}):
        path = f"/api/v1/alerts/{theirs.id}"
        assert own_server.ask("DELETE", path, **way).status_code == 404
        assert own_server.ask("PUT", f"{path}/paused", json={"paused": True}, **way).status_code == 404
        assert SECRET_TEXT not in own_server.ask("GET", "/api/v1/alerts", **way).text
    assert own_server.ask("GET", f"/alerts?project={OURS}&edit={theirs.id}", user="editor").text.count("Edit ") == 0
    for path in ("/edit", "/pause", "/remove"):
        answer = post(own_server, path, **RULE, id=str(theirs.id), paused="1")
        assert (answer.status_code, SECRET_TEXT in answer.text) == (400, False)
        assert post(own_server, path, project=THEIRS, id=str(theirs.id)).status_code == 404
    assert book.rules(THEIRS) == [theirs]
    assert own_server.ask("GET", "/api/v1/health", user="editor").json()["alerts_firing"] == 0


def test_nobody_learns_or_changes_over_http_where_alerts_go(own_server):
    """No field of a form or of the API names an address: only who starts the server does."""
    assert post(own_server, **RULE, url="http://127.0.0.1/", destination="http://127.0.0.1/").status_code == 303
    (alert,) = alerts_of(own_server, key="read")
    assert "127.0.0.1" not in json.dumps(alert)
    paths = own_server.client.app.openapi()["paths"]
    assert {path for path in paths if "alert" in path} == {
        "/api/v1/alerts", "/api/v1/alerts/{alert_id}", "/api/v1/alerts/{alert_id}/paused",
    }  # fmt: skip


def test_an_archived_projects_alerts_rest(own_server):
    """Nothing is written to it, so there is nothing to judge; nor is any made."""
    state = own_server.client.app.state
    assert set(state.open_projects()) == {OURS, THEIRS}
    own_server.accounts.projects.archive(SETUP, OURS)
    assert set(state.open_projects()) == {THEIRS}
    assert post(own_server, **RULE).status_code == 403


@pytest.fixture
def run(own_server, monkeypatch, capsysbinary):
    """Run a command on the server's home; returns exit code, standard output and standard error."""
    monkeypatch.setenv("AGENTOPS_HOME", str(own_server.client.app.state.home))
    monkeypatch.setenv("COLUMNS", "80")

    def start(*argv):
        code = main(list(argv))
        captured = capsysbinary.readouterr()
        return code, captured.out.decode(), captured.err.decode()

    return start


def test_the_command_line_knows_projects_and_is_on_the_record(own_server, run):
    """A project that there is not is refused; an alert made for one is seen there alone."""
    add = ("alerts", "add", "dear", "--measure", "cost", "--above", "$5", "--project")
    assert run(*add, "nope")[2].startswith("agentops: there is no project 'nope'; there are:")
    assert run(*add, THEIRS)[0] == 0
    assert [alert["name"] for alert in alerts_of(own_server, key="theirs")] == ["dear", SECRET_TEXT]
    assert alerts_of(own_server, key="ours") == []
    (entry,) = own_server.accounts.audit.latest(1)
    assert (entry.action, entry.target, entry.project) == ("alert.added", "dear", THEIRS)
    assert entry.actor.endswith(" (command line)")
