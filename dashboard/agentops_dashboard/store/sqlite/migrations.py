"""Schema versions of the embedded store: numbered scripts, forward only, each applied whole or not at all."""

import sqlite3
from importlib.resources import files

from agentops.errors import StoreError

__all__ = ["migrate"]

APPLICATION_ID = 0x41674F70
"""``AgOp``: tells our files from other programs' SQLite files."""


def migrate(connection: sqlite3.Connection, path: str, scripts: dict[int, str] | None = None) -> None:
    """Bring a database to this program's schema.

    A script and its version number are one transaction, so a migration that died half-way has not happened and is
    done at the next start. Two programs that start at once take turns.

    Args:
        connection: In autocommit mode.
        path: Named in errors.
        scripts: Scripts by version; those shipped with this package by default.

    Raises:
        StoreError: The file is newer than this program, or not ours.
    """
    scripts = _shipped() if scripts is None else scripts
    newest = max(scripts)
    version = _version(connection)
    _refuse_foreign(connection, path, version)
    if version == newest:
        return
    for number in sorted(scripts):
        _apply(connection, path, number, newest, scripts[number])
    # Makes this connection read the planner's statistics that a script may have written.
    connection.execute("ANALYZE sqlite_schema")


def _apply(connection: sqlite3.Connection, path: str, number: int, newest: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > newest:
            raise StoreError(
                f"{path} was written by a newer agentops (schema {version}, this program knows {newest}). "
                "Run: pip install --upgrade agentops"
            )
        if version < number:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _refuse_foreign(connection: sqlite3.Connection, path: str, version: int) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    has_tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
    if application != APPLICATION_ID and has_tables and version == 0:
        raise StoreError(f"{path} is another program's SQLite file. Set AGENTOPS_HOME to a directory of its own.")


def _statements(script: str) -> list[str]:
    """Split a script: ``executescript`` would commit the transaction that protects it."""
    lines = (line for line in script.splitlines(keepends=True) if not line.lstrip().startswith("--"))
    statements, current = [], ""
    for piece in "".join(lines).split(";"):
        current += piece + ";"
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements


def _shipped() -> dict[int, str]:
    folder = files("agentops_dashboard.store") / "sql" / "sqlite"
    return {
        int(entry.name.split("_")[0]): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    }
