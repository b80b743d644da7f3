"""The settings page's part for people, keys and projects."""

import re

import pytest

from tests.server.conftest import OURS, PASSWORD, THEIRS

PAGE = "/settings/access"


def post(server, path, user="admin", project=OURS, **fields):
    """Send one of the page's forms."""
    return server.ask("POST", f"{PAGE}/{path}?project={project}", user=user, data=fields)


def test_an_editor_makes_a_key_that_is_shown_once(own_server):
    """It opens their project with the ticked scopes; the page that comes after it has the beginning only."""
    answer = post(own_server, "keys", "editor", name="a laptop", days="30", **{"scope.ingest": "1", "scope.read": "1"})
    secret = re.search(r"sk-agentops-[\w-]{43}", answer.text).group()
    key = own_server.accounts.keys.find(secret)
    assert (key.project, key.scopes, key.name, key.created_by) == (OURS, {"ingest", "read"}, "a laptop", "editor")
    assert key.expires_ns is not None
    again = own_server.ask("GET", f"{PAGE}?project={OURS}", user="editor").text
    assert (key.prefix in again, secret in again) == (True, False)
    assert own_server.ask("GET", "/api/v1/sessions", key=secret).status_code == 200
    assert post(own_server, "keys/revoke", "editor", key=str(key.id)).status_code == 303
    assert own_server.ask("GET", "/api/v1/sessions", key=secret).status_code == 401


@pytest.mark.parametrize("days", ["1.5.", "30 days", "-1", "0", "²", "nan", "1e9"])
def test_a_key_whose_end_is_not_understood_is_not_made(own_server, days):
    """It would have no end, and somebody wanted one."""
    before = own_server.accounts.keys.all(OURS)
    answer = post(own_server, "keys", "editor", name="a laptop", days=days, **{"scope.ingest": "1"})
    assert (answer.status_code, "days" in answer.text) == (400, True)
    assert own_server.accounts.keys.all(OURS) == before


def test_an_editor_gives_nothing_that_they_do_not_have(own_server):
    """No key for /metrics, no look at and no hand on another project's keys."""
    refused = post(own_server, "keys", "editor", name="x", **{"scope.metrics": "1"})
    assert (refused.status_code, "Only an admin" in refused.text) == (400, True)
    theirs = next(key for key in own_server.accounts.keys.all(THEIRS))
    assert post(own_server, "keys/revoke", "editor", key=str(theirs.id)).status_code == 400
    assert post(own_server, "keys/revoke", "editor", THEIRS, key=str(theirs.id)).status_code == 404
    assert own_server.accounts.keys.find(own_server.keys["theirs"]) is not None
    page = own_server.ask("GET", f"{PAGE}?project={OURS}", user="editor").text
    assert [word for word in (theirs.prefix, "stranger", "What was done", 'value="metrics') if word in page] == []


def test_a_viewer_sees_their_password_form_alone(own_server):
    """No key, no people, no record; changing the password signs out everywhere."""
    page = own_server.ask("GET", f"{PAGE}?project={OURS}", user="viewer").text
    assert "sk-agentops" not in page
    assert re.findall(r'action="([^"?]+)', page) == ["/logout", f"{PAGE}/password"]
    assert post(own_server, "password", "viewer", old="wrong", new="another horse").status_code == 400
    assert post(own_server, "password", "viewer", old=PASSWORD, new="another horse").status_code == 303
    assert own_server.ask("GET", "/api/v1/sessions", user="viewer").status_code == 401
    assert own_server.accounts.users.check("viewer", "another horse") is not None


def test_an_admin_manages_people_and_projects(own_server):
    """Each form does what it says, and each is on the record under the admin's name."""
    accounts = own_server.accounts
    assert post(own_server, "users", name="grace", password="correct horse", role="viewer").status_code == 303
    assert accounts.users.get("grace").roles == {OURS: "viewer"}
    post(own_server, "users/role", name="grace", role="editor", project=THEIRS)
    post(own_server, "users/role", name="grace", role="none")
    assert accounts.users.get("grace").roles == {THEIRS: "editor"}
    post(own_server, "users/role", name="grace", role="admin")
    assert accounts.users.get("grace").is_admin
    post(own_server, "users/password", name="grace", password="another horse")
    assert accounts.users.check("grace", "another horse") is not None
    post(own_server, "users/remove", name="grace")
    assert accounts.users.find("grace") is None
    made = post(own_server, "projects", name="Check out")
    assert made.headers["location"] == f"{PAGE}?project=check-out#projects"
    post(own_server, "projects/rename", id="check-out", name="Kasse")
    post(own_server, "projects/archive", id="check-out", archived="1")
    project = accounts.projects.get("check-out")
    assert (project.name, project.is_archived) == ("Kasse", True)
    entries = accounts.audit.latest(10)
    assert {entry.actor for entry in entries} == {"admin"}
    assert [entry.action for entry in reversed(entries)] == [
        "user.created", "user.role", "user.role", "user.role", "user.role", "user.password", "user.removed",
        "project.created", "project.renamed", "project.archived",
    ]  # fmt: skip
    page = own_server.ask("GET", f"{PAGE}?project={OURS}", user="admin").text
    assert all(f"<code>{entry.action}</code>" in page for entry in entries)


def test_a_mistake_is_said_on_the_page_and_changes_nothing(own_server):
    """400 and the sentence: a short password, a taken name, the only admin."""
    before = own_server.accounts.audit.latest()
    for path, fields, says in (
        ("users", {"name": "x", "password": "short", "role": "viewer"}, "A password needs 10 to 1000 characters"),
        ("users", {"name": "viewer", "password": PASSWORD, "role": "viewer"}, "There is a user"),
        ("users/role", {"name": "admin", "role": "viewer"}, "A server needs an admin"),
        ("users/remove", {"name": "admin"}, "A server needs an admin"),
        ("projects", {"name": "!"}, "cannot be a project"),
        ("keys", {"name": "x"}, "A key needs scopes"),
    ):
        answer = post(own_server, path, **fields)
        assert (answer.status_code, says in answer.text) == (400, True), answer.text
    assert own_server.accounts.audit.latest() == before


def test_names_are_shown_as_text(own_server):
    """A project, a user and a key that are called like a script run nothing."""
    text = "<script>alert(1)</script>"
    own_server.accounts.projects.rename(_actor(), OURS, text)
    post(own_server, "keys", name=text, **{"scope.read": "1"})
    page = own_server.ask("GET", f"{PAGE}?project={OURS}", user="admin").text
    assert text not in page
    assert page.count("&lt;script&gt;alert(1)") > 3


def _actor():
    from tests.server.conftest import SETUP

    return SETUP
