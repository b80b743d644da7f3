"""Projects, users, keys and logins: what is kept of them, and what is refused."""

import sqlite3
import time
from pathlib import Path

import pytest

from agentops.errors import StoreError
from agentops_dashboard.accounts import AccountError, Accounts, Actor, accounts_path
from agentops_dashboard.accounts import logins as logins_module

ADA = Actor("ada", "192.0.2.7")
PASSWORD = "correct horse"


@pytest.fixture
def accounts(tmp_path):
    """The accounts of an empty home."""
    accounts = Accounts(accounts_path(tmp_path))
    yield accounts
    accounts.close()


def everything_in(path: Path) -> bytes:
    """All bytes of the file and its log."""
    return b"".join(found.read_bytes() for found in path.parent.glob(path.name + "*"))


def test_a_secret_is_nowhere_in_the_file_and_the_file_is_its_owners(accounts, tmp_path):
    """Key, cookie and password are kept as hashes; nobody else on the machine may read even these."""
    _, secret = accounts.keys.create(ADA, "default", "laptop", ["ingest"])
    accounts.users.create(ADA, "grace", PASSWORD)
    cookie = accounts.logins.sign_in("grace", PASSWORD, "192.0.2.7")
    kept = everything_in(accounts_path(tmp_path))
    assert secret[:18].encode() in kept
    assert [text for text in (secret, secret[18:], cookie, PASSWORD) if text.encode() in kept] == []
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("accounts.sqlite*")} == {0}


def test_a_key_opens_its_project_until_it_is_revoked_or_expires(accounts, monkeypatch):
    """A key is found by its secret alone; an end of any kind holds for the next question, in other processes too."""
    key, secret = accounts.keys.create(ADA, "default", "ci", ["read", "ingest"], expires_days=1)
    assert secret.startswith("sk-agentops-")
    assert (key.project, key.scopes, key.created_by) == ("default", {"read", "ingest"}, "ada")
    assert accounts.keys.find(secret) == key
    assert accounts.keys.find(secret + "x") is None
    assert accounts.keys.find(key.prefix) is None
    _, other = accounts.keys.create(ADA, "default", "laptop", ["ingest"])
    tomorrow = time.time_ns() + 86_400_000_000_001
    with monkeypatch.context() as clock:
        clock.setattr(time, "time_ns", lambda: tomorrow)
        assert accounts.keys.find(secret) is None
        assert accounts.keys.find(other) is not None
    accounts.keys.revoke(ADA, key.prefix)
    assert accounts.keys.find(secret) is None
    assert [found.state(tomorrow) for found in accounts.keys.all("default")] == ["valid", "revoked"]


def test_the_last_use_of_a_key_is_noted_to_the_minute(accounts, monkeypatch):
    """A second use within a minute writes nothing."""
    key, secret = accounts.keys.create(ADA, "default", "ci", ["read"])
    accounts.keys.note_use(key)
    first = accounts.keys.find(secret)
    assert first.used_ns is not None
    accounts.keys.note_use(first)
    assert accounts.keys.find(secret) == first
    monkeypatch.setattr(time, "time_ns", lambda: first.used_ns + 61_000_000_000)
    accounts.keys.note_use(first)
    assert accounts.keys.find(secret).used_ns == first.used_ns + 61_000_000_000


def test_only_the_right_password_signs_in_and_both_are_recorded(accounts):
    """Whatever the case of the name; a refused try is in the record with the name that was tried."""
    accounts.users.create(ADA, "grace@example.com", PASSWORD)
    assert accounts.logins.sign_in("grace@example.com", "wrong horse", "192.0.2.7") is None
    assert accounts.logins.sign_in("nobody", PASSWORD, "192.0.2.7") is None
    cookie = accounts.logins.sign_in("Grace@Example.com", PASSWORD, "192.0.2.7")
    assert accounts.logins.find(cookie).user.name == "grace@example.com"
    assert accounts.logins.find(cookie[:-1]) is None
    assert [(entry.action, entry.actor) for entry in accounts.audit.latest(3)] == [
        ("login", "grace@example.com"), ("login.refused", "nobody"), ("login.refused", "grace@example.com"),
    ]  # fmt: skip


def test_a_login_ends_when_it_is_idle_old_or_signed_out(accounts, monkeypatch):
    """Seven days without a request, thirty in all, or at once."""
    accounts.users.create(ADA, "grace", PASSWORD)
    cookie, start = accounts.logins.sign_in("grace", PASSWORD, ""), time.time_ns()
    day = 86_400_000_000_000
    for days in range(6, 30, 6):
        monkeypatch.setattr(time, "time_ns", lambda days=days: start + days * day)
        login = accounts.logins.find(cookie)
        assert login is not None
        accounts.logins.note_use(cookie, login, "default")
    monkeypatch.setattr(time, "time_ns", lambda: start + 30 * day + 1_000_000_000)
    assert accounts.logins.find(cookie) is None
    monkeypatch.setattr(time, "time_ns", lambda: start)
    second = accounts.logins.sign_in("grace", PASSWORD, "")
    monkeypatch.setattr(time, "time_ns", lambda: start + 7 * day + 1_000_000_000)
    assert accounts.logins.find(second) is None
    third = accounts.logins.sign_in("grace", PASSWORD, "")
    accounts.logins.sign_out(third, ADA)
    assert accounts.logins.find(third) is None
    assert logins_module.LONGEST_S == 30 * 86_400


def test_another_password_signs_out_everywhere(accounts):
    """So does the removal of the user."""
    accounts.users.create(ADA, "grace", PASSWORD)
    cookies = [accounts.logins.sign_in("grace", PASSWORD, "") for _ in range(2)]
    accounts.users.set_password(ADA, "grace", "another horse")
    assert [accounts.logins.find(cookie) for cookie in cookies] == [None, None]
    assert accounts.logins.sign_in("grace", PASSWORD, "") is None
    cookie = accounts.logins.sign_in("grace", "another horse", "")
    accounts.users.remove(ADA, "grace")
    assert accounts.logins.find(cookie) is None
    assert accounts.users.all() == []


def test_roles_are_of_single_projects(accounts):
    """A role is given, changed and taken back; an unknown project or role is refused."""
    accounts.projects.create(ADA, "Check out")
    accounts.users.create(ADA, "grace", PASSWORD)
    accounts.users.set_role(ADA, "grace", "check-out", "viewer")
    assert accounts.users.set_role(ADA, "grace", "check-out", "editor").roles == {"check-out": "editor"}
    assert accounts.users.set_role(ADA, "grace", "check-out", "").roles == {}
    with pytest.raises(AccountError, match="no project 'nope'"):
        accounts.users.set_role(ADA, "grace", "nope", "viewer")
    with pytest.raises(AccountError, match="no role 'owner'; there are: viewer, editor"):
        accounts.users.set_role(ADA, "grace", "default", "owner")


def test_the_only_admin_stays(accounts):
    """Neither removed nor made less, until there is another."""
    accounts.users.create(ADA, "ada", PASSWORD, is_admin=True)
    for change in (
        lambda: accounts.users.remove(ADA, "ada"),
        lambda: accounts.users.set_admin(ADA, "ada", is_admin=False),
    ):
        with pytest.raises(AccountError, match="needs an admin"):
            change()
    assert accounts.users.get("ada").is_admin
    accounts.users.create(ADA, "grace", PASSWORD, is_admin=True)
    accounts.users.remove(ADA, "ada")
    assert [user.name for user in accounts.users.all()] == ["grace"]


def test_projects_keep_their_id(accounts):
    """A name is free to change; an id is made from it once, and taken once."""
    assert [project.id for project in accounts.projects.all()] == ["default"]
    made = accounts.projects.create(ADA, "  Check-out   (EU) ")
    assert (made.id, made.name, made.is_archived) == ("check-out-eu", "Check-out (EU)", False)
    assert accounts.projects.rename(ADA, made.id, "Kasse").name == "Kasse"
    assert accounts.projects.archive(ADA, made.id).is_archived
    assert [project.id for project in accounts.projects.all()] == ["default", "check-out-eu"]
    assert not accounts.projects.archive(ADA, made.id, is_archived=False).is_archived
    accounts.projects.rename(ADA, made.id, "Zoo")
    with pytest.raises(AccountError, match="'check-out-eu' already"):
        accounts.projects.create(ADA, "Check out EU")
    with pytest.raises(AccountError, match="there are: default, check-out-eu"):
        accounts.projects.get("nope")


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "Ünï ©", "-", "../x"])
def test_names_that_give_no_id_are_refused(accounts, name):
    """Nothing is made, and nothing recorded."""
    if name == "../x":
        with pytest.raises(AccountError):
            accounts.projects.create(ADA, "x", "../x")
    elif name == "Ünï ©":
        assert accounts.projects.create(ADA, name).id == "n"
        return
    else:
        with pytest.raises(AccountError):
            accounts.projects.create(ADA, name)
    assert accounts.audit.latest() == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"scopes": ["ingest", "root"]}, "not root"),
        ({"scopes": []}, "not none"),
        ({"name": " "}, "says what it is for"),
        ({"project": "nope"}, "no project 'nope'"),
        ({"expires_days": 0}, "not 0"),
        ({"expires_days": float("nan")}, "not nan"),
    ],
)
def test_keys_that_cannot_be_are_refused_with_a_sentence(accounts, given, says):
    """Each sentence has the value that is wrong."""
    with pytest.raises(AccountError, match=says):
        accounts.keys.create(ADA, **{"project": "default", "name": "x", "scopes": ["read"], **given})
    assert accounts.keys.all() == []


def test_what_fails_leaves_no_trace_in_the_record(accounts):
    """An entry is written with its change or not at all."""
    accounts.users.create(ADA, "ada", PASSWORD, is_admin=True)
    before = accounts.audit.latest()
    with pytest.raises(AccountError):
        accounts.users.create(ADA, "ADA", PASSWORD)
    with pytest.raises(AccountError):
        accounts.users.remove(ADA, "ada")
    assert accounts.audit.latest() == before


def test_two_processes_use_the_file_at_once(accounts, tmp_path):
    """A key made through one connection opens through the other at once, and is revoked as fast."""
    other = Accounts(accounts_path(tmp_path))
    key, secret = other.keys.create(ADA, "default", "ci", ["read"])
    assert accounts.keys.find(secret) == key
    other.keys.revoke(ADA, str(key.id))
    assert accounts.keys.find(secret) is None
    other.close()
    with pytest.raises(sqlite3.ProgrammingError):
        other.keys.find(secret)


def full(accounts):
    """Let SQLite refuse every write, as it does while the disk is full."""
    accounts._database._connection.execute("PRAGMA query_only = 1")


def test_a_change_that_the_disk_refuses_is_one_sentence(accounts, tmp_path):
    """The command line prints it; nothing of the change was made."""
    full(accounts)
    with pytest.raises(StoreError, match=r"accounts\.sqlite takes nothing now \(.+\), so nothing was changed\."):
        accounts.projects.create(ADA, "Checkout")
    assert [project.id for project in accounts.projects.all()] == ["default"]


def test_a_full_disk_locks_nobody_out(own_server):
    """Pages are read and keys open, though neither's last use can be noted; a change is asked for again."""
    full(own_server.accounts)
    page = own_server.ask("GET", "/sessions?project=default", user="viewer", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert own_server.send(3, "x").status_code == 200
    refused = own_server.ask("POST", "/settings/access/projects", user="admin", data={"name": "Checkout"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json()["error"]["message"].startswith("The server's disk takes nothing now")
