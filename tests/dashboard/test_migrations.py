"""The schema moves forward only, whole or not at all."""

import sqlite3

import pytest

from agentops.errors import StoreError
from agentops_dashboard.store import SQLiteStore
from agentops_dashboard.store.sqlite.migrations import _shipped, migrate


def _connect(path):
    return sqlite3.connect(path, isolation_level=None)


def test_an_older_store_is_migrated_and_keeps_its_data(tmp_path):
    """A second script runs on a store of version 1, once."""
    connection = _connect(tmp_path / "x.sqlite")
    migrate(connection, "x", {1: "CREATE TABLE a (n);"})
    connection.execute("INSERT INTO a VALUES (7)")
    for _ in range(2):
        migrate(connection, "x", {1: "CREATE TABLE a (n);", 2: "ALTER TABLE a ADD COLUMN m; UPDATE a SET m = n + 1;"})
    assert connection.execute("SELECT n, m FROM a").fetchall() == [(7, 8)]
    connection.close()


def test_a_store_of_the_first_releases_is_read(tmp_path):
    """With the columns that were added since; what nobody wrote down then is unknown."""
    scripts = _shipped()
    path = tmp_path / "agentops.sqlite"
    connection = _connect(path)
    migrate(connection, "x", {number: scripts[number] for number in (1, 2)})
    connection.execute(
        "INSERT INTO span (project, trace_id, span_id, version, kind, name, status, start_ns) "
        "VALUES ('default', 't', 's', 1, 'llm', 'chat', 'ok', 1)"
    )
    connection.close()
    SQLiteStore(path).close()
    assert _connect(path).execute("SELECT name, finish_reason FROM span").fetchall() == [("chat", None)]


def test_a_store_of_any_earlier_version_becomes_what_a_new_one_is(tmp_path):
    """Tables, indexes and what the planner believes are the same, whichever version it began with."""
    scripts, made = _shipped(), []
    for version in range(1, max(scripts) + 1):
        connection = _connect(tmp_path / f"{version}.sqlite")
        migrate(connection, "x", {number: scripts[number] for number in range(1, version + 1)})
        migrate(connection, "x")
        schema = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        believed = connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY idx").fetchall()
        made.append((schema, believed))
        connection.close()
    assert len(made) > 1
    assert all(one == made[-1] for one in made)


def test_a_migration_that_dies_half_way_is_done_at_the_next_start(tmp_path):
    """The first half of a failed script leaves no trace; the mended script then runs whole."""
    connection = _connect(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, "x", {1: "CREATE TABLE a (n); CREATE TABLE b (n) NONSENSE;"})
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    migrate(connection, "x", {1: "CREATE TABLE a (n); CREATE TABLE b (n);"})
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_a_newer_store_is_refused_with_the_command_that_helps(tmp_path):
    """The sentence names the file, both versions and the command; the file stays as it was."""
    path = tmp_path / "agentops.sqlite"
    SQLiteStore(path).close()
    connection = _connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match=r"newer agentops \(schema 999.*pip install --upgrade agentops"):
        SQLiteStore(path)
    assert _connect(path).execute("PRAGMA user_version").fetchone() == (999,)


def test_another_programs_file_is_refused(tmp_path):
    """A file with foreign tables is not touched."""
    path = tmp_path / "agentops.sqlite"
    connection = _connect(path)
    connection.execute("CREATE TABLE songs (title)")
    connection.close()
    with pytest.raises(StoreError, match="another program's"):
        SQLiteStore(path)


def test_a_directory_that_cannot_be_written_gives_a_sentence(tmp_path):
    """No traceback from inside sqlite: what is wrong and what to set."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="AGENTOPS_HOME"):
        SQLiteStore(tmp_path / "file" / "agentops.sqlite")
