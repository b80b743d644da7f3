"""Projects: each has sessions, keys and members of its own."""

import re
import sqlite3
import time
from dataclasses import dataclass

from agentops_dashboard.accounts.audit import Actor, note
from agentops_dashboard.accounts.errors import AccountError
from agentops_dashboard.store.database import Database

__all__ = ["Project", "Projects"]

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Project:
    """A project. An archived one can be read, and nothing more is written to it."""

    id: str
    name: str
    is_archived: bool
    created_ns: int


class Projects:
    """Makes and changes projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Project]:
        """Return all projects by name, those in use first."""
        found = self._database.rows("SELECT * FROM project ORDER BY archived_ns IS NOT NULL, name COLLATE NOCASE, id")
        return [_project(row) for row in found]

    def find(self, project_id: str) -> Project | None:
        """Return a project."""
        row = self._database.row("SELECT * FROM project WHERE id = ?", project_id)
        return _project(row) if row else None

    def get(self, project_id: str) -> Project:
        """Return a project.

        Raises:
            AccountError: There is none of that id.
        """
        found = self.find(project_id)
        if found is None:
            known = ", ".join(project.id for project in self.all())
            raise AccountError(f"there is no project {project_id[:80]!r}; there are: {known}.")
        return found

    def create(self, actor: Actor, name: str, project_id: str = "") -> Project:
        """Make a project.

        Args:
            actor: Who does it.
            name: What people call it.
            project_id: Its lasting short name; made from the name by default.

        Raises:
            AccountError: The name or the id cannot be used, or is taken.
        """
        name = _name(name)
        made = project_id or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
        if not _ID.fullmatch(made):
            raise AccountError(
                f"{made!r} cannot be a project's id: it needs 1 to 40 of a-z, 0-9 and '-', as in --id checkout."
            )
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO project (id, name, created_ns) VALUES (?, ?, ?)", (made, name, time.time_ns())
                )
                note(connection, actor, "project.created", name, made)
        except sqlite3.IntegrityError as error:
            raise AccountError(f"there is a project {made!r} already.") from error
        return self.get(made)

    def rename(self, actor: Actor, project_id: str, name: str) -> Project:
        """Give a project another name; its id stays.

        Raises:
            AccountError: There is no such project, or the name cannot be used.
        """
        before, name = self.get(project_id), _name(name)
        with self._database.transaction() as connection:
            connection.execute("UPDATE project SET name = ? WHERE id = ?", (name, project_id))
            note(connection, actor, "project.renamed", f"{before.name} → {name}", project_id)
        return self.get(project_id)

    def archive(self, actor: Actor, project_id: str, *, is_archived: bool = True) -> Project:
        """Let nothing more be written to a project, or take that back.

        Raises:
            AccountError: There is no such project.
        """
        project = self.get(project_id)
        if project.is_archived != is_archived:
            with self._database.transaction() as connection:
                when = time.time_ns() if is_archived else None
                connection.execute("UPDATE project SET archived_ns = ? WHERE id = ?", (when, project_id))
                note(
                    connection, actor, f"project.{'archived' if is_archived else 'restored'}", project.name, project_id
                )
        return self.get(project_id)


def _project(row: sqlite3.Row) -> Project:
    return Project(row["id"], row["name"], row["archived_ns"] is not None, row["created_ns"])


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= _NAME_LIMIT:
        raise AccountError(f"a name needs 1 to {_NAME_LIMIT} characters, not {len(name)}.")
    return name
