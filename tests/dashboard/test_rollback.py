"""A batch that the embedded store could not take."""

import sqlite3

import pytest


def test_what_failed_and_is_sent_again_is_found(reader, add_lines, make_sessions, monkeypatch):
    """It leaves nothing behind: no rows, and no memory of its words, which would keep them out of the index."""
    ((session_id, lines),) = make_sessions(1, spans=14)

    def fail(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("agentops_dashboard.store.sqlite.writer.recompute", fail)
        with pytest.raises(sqlite3.OperationalError):
            add_lines(lines)
    assert reader.sessions()["total"] == 0
    add_lines(lines)
    name = next(span["name"] for span in reader.spans(session_id) if span["kind"] == "tool")
    assert reader.sessions(f'"{name}"')["total"] == 1


def test_a_commit_that_fails_leaves_no_transaction_open(store, monkeypatch):
    """The next batch begins one of its own."""

    class Failing:
        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def execute(self, statement, *values):
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return self._connection.execute(statement, *values)

    with monkeypatch.context() as broken:
        broken.setattr(store, "_connection", Failing(store._connection))
        with pytest.raises(sqlite3.OperationalError), store.transaction():
            pass
    with store.transaction() as connection:
        assert connection.in_transaction
