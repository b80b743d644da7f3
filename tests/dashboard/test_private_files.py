"""Files with sessions in them are their owner's alone."""

import os
import sqlite3
import subprocess
import sys

import pytest

from agentops_dashboard import commands
from agentops_dashboard.store import SQLiteStore
from tests.dashboard.conftest import add_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def usual_umask():
    """What most systems have: everybody may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_nobody_else_may_read_the_store(tmp_path, make_sessions):
    """Neither the file nor what SQLite keeps beside it; nor an export into a file."""
    store = SQLiteStore(tmp_path / "agentops.sqlite")
    add_to(store, [line for _, lines in make_sessions(1) for line in lines])
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("agentops.sqlite*")}
    assert modes == dict.fromkeys(("agentops.sqlite", "agentops.sqlite-wal", "agentops.sqlite-shm"), 0o600)
    store.close()


def test_nobody_else_may_read_an_export(tmp_path, monkeypatch):
    """Written by ``--output``; a file that is there keeps the mode that it was given."""
    monkeypatch.setenv("AGENTOPS_HOME", str(tmp_path))
    shared = tmp_path / "shared.jsonl"
    shared.touch(0o644)
    for name, mode in (("out.jsonl", 0o600), ("shared.jsonl", 0o644)):
        assert commands.export(["--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_mode & 0o777 == mode


def test_opening_a_store_twice_takes_no_lock_back(tmp_path, make_sessions):
    """Another process that comes and goes does not take the log away under the ones that write here."""
    path = tmp_path / "agentops.sqlite"
    first = SQLiteStore(path)
    SQLiteStore(path).close()
    look = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM span').fetchall(); c.close()"
    )
    subprocess.run([sys.executable, "-c", look, str(path)], check=True)
    add_to(first, [line for _, lines in make_sessions(1) for line in lines])
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM session").fetchone() == (1,)
    connection.close()
    first.close()
