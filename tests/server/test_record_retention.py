"""The record of who did what is kept as long as the policy says, by a server that runs."""

import sqlite3
import time

import pytest
from fastapi.testclient import TestClient

from agentops_dashboard.accounts import Accounts, Actor, accounts_path
from agentops_dashboard.app import create_app
from agentops_dashboard.door.settings import ServerSettings
from agentops_dashboard.store import SQLiteStore, upkeep
from agentops_dashboard.store.upkeep import Upkeep

DAY_NS = 86_400_000_000_000
ADA = Actor("ada")


def note_then(accounts, days):
    """An entry that is so many days old."""
    accounts.audit.add(ADA, "session.deleted", f"{days} days ago")
    with sqlite3.connect(accounts._database.path) as connection:
        connection.execute("UPDATE audit SET time_ns = time_ns - ? WHERE target LIKE ?", (days * DAY_NS, f"{days} %"))
    connection.close()


def targets(accounts):
    return [entry.target for entry in accounts.audit.latest()]


@pytest.mark.parametrize(("policy", "kept"), [
    (None, ["3 days ago", "300 days ago"]),
    ('{"audit_days": 30}', ["3 days ago"]),
    ('{"audit_days": null}', ["3 days ago", "300 days ago", "400 days ago"]),
    ('{"audit_days": 1000000}', ["3 days ago", "300 days ago", "400 days ago"]),
    ('["audit_days"]', ["3 days ago", "300 days ago", "400 days ago"]),
    ('{"audit_days": "soon"}', ["3 days ago", "300 days ago", "400 days ago"]),
])  # fmt: skip
def test_a_running_server_keeps_the_record_as_long_as_it_is_told(tmp_path, monkeypatch, policy, kept):
    """A year by default; another age, or without end, by the policy; one that cannot be understood removes nothing."""
    monkeypatch.setattr(upkeep, "_COMPACT_EVERY_S", 0.01)
    if policy:
        (tmp_path / "retention.json").write_text(policy)
    accounts = Accounts(accounts_path(tmp_path))
    for days in (400, 300, 3):
        note_then(accounts, days)
    retained = []
    whole = Upkeep.retain
    monkeypatch.setattr(Upkeep, "retain", lambda self: (whole(self), retained.append(1)))
    with TestClient(create_app(tmp_path, server=ServerSettings()), base_url="http://127.0.0.1"):
        deadline = time.monotonic() + 30
        while not retained and time.monotonic() < deadline:
            time.sleep(0.01)
    assert retained
    assert targets(accounts) == kept
    accounts.close()


def test_accounts_that_are_busy_do_not_end_the_upkeep(tmp_path, monkeypatch):
    """Whatever engine keeps the sessions: the next round asks again."""
    monkeypatch.setattr(upkeep, "_COMPACT_EVERY_S", 0.01)
    monkeypatch.setattr(upkeep, "_RETAIN_EVERY", 1)
    # As a store of another engine has it.
    monkeypatch.setattr(SQLiteStore, "errors", (KeyError,))
    asked = []

    def projects():
        asked.append(1)
        if len(asked) == 1:
            raise sqlite3.OperationalError("database is locked")
        return []

    store = SQLiteStore(tmp_path / "agentops.sqlite")
    worker = Upkeep(store, projects, lambda _days: None)
    worker.start()
    deadline = time.monotonic() + 30
    while len(asked) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()
    store.close()
    assert len(asked) > 1
