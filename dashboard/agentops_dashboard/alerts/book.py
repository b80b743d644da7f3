"""The file of the alerts: rules and how they stand, what people are to be told, and who has been."""

import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from agentops_dashboard.alerts.errors import AlertError
from agentops_dashboard.alerts.judging import Judgement, Part
from agentops_dashboard.alerts.links import sessions_of
from agentops_dashboard.alerts.rule import FIRING, OK, Draft, Fires, Rule
from agentops_dashboard.alerts.told import News, keep
from agentops_dashboard.reader.charts import MEASURES
from agentops_dashboard.store.database import Database

__all__ = ["Book", "Delivery", "Notice", "Recipient", "alerts_path"]

_MOST_RULES: Final = 100
_MOST_NOTICES: Final = 500
_TEXT_LIMIT: Final = 300
_JUDGED: Final = ("of", "measure", "aggregate", "query", "period", "side", "threshold", "least")
_FIELDS: Final = ("name", *_JUDGED)
_NOT_JUDGED: Final = (
    "standing = '', since_ns = NULL, value = NULL, measured = NULL, judged_ns = NULL, problem = '', "
    "worst = '', left_out = 0"
)


def alerts_path(home: Path) -> Path:
    """Return the alerts' file under a home directory."""
    return home / "alerts.sqlite"


class Recipient(NamedTuple):
    """Whom to tell: a hash of the address, and what to call it to people."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Notice:
    """That a rule began to fire, or is ok again, as it was then.

    Attributes:
        words: The rule as a sentence.
        value: Its figure, as people read it, of ``measured`` sessions or calls.
        of: Whose figure: ``sessions``, or a model, tool or agent as in ``tool search``.
        left_out: How many more models, tools or agents fire than people are told of.
        sessions: The query of the list that shows these sessions, as in ``q=…&from=…&to=…``.
    """

    id: int
    project: str
    rule_id: int
    name: str
    words: str
    standing: str
    value: str
    measured: int
    sessions: str
    time_ns: int
    of: str
    left_out: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far the telling of one recipient is; ``told_ns`` is None while it waits until ``due_ns``."""

    notice_id: int
    destination: str
    label: str
    tries: int
    due_ns: int
    told_ns: int | None
    problem: str


class Book:
    """Keeps the rules of all projects. Safe to share between threads and processes.

    Args:
        path: The file; it is made.

    Raises:
        StoreError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, "agentops_dashboard.alerts")

    def close(self) -> None:
        """Close the file."""
        # It may be closed while the last notice is still on its way.
        with suppress(sqlite3.ProgrammingError):
            self._database.close()

    def rules(self, project: str) -> list[Rule]:
        """Return a project's rules by name."""
        found = self._database.rows("SELECT * FROM rule WHERE project = ? ORDER BY name COLLATE NOCASE, id", project)
        return [self._rule(row) for row in found]

    def get(self, project: str, name: str) -> Rule:
        """Return a project's rule by its number or its name.

        Raises:
            AlertError: There is none.
        """
        number = int(name) if name.isascii() and name.isdigit() and len(name) < 16 else -1
        row = self._database.row(
            "SELECT * FROM rule WHERE project = ? AND (id = ? OR name = ?) ORDER BY id <> ?",
            project, number, name, number,
        )  # fmt: skip
        if row is None:
            raise AlertError(f"there is no alert {name[:80]!r}. To list them, run: agentops alerts list")
        return self._rule(row)

    def firing(self, project: str) -> int:
        """Return how many of a project's rules fire now."""
        row = self._database.row(
            "SELECT count(*) FROM rule WHERE project = ? AND standing = ? AND NOT is_paused", project, FIRING
        )
        return row[0] if row else 0

    def add(self, project: str, draft: Draft, by: str) -> Rule:
        """Watch one more rule.

        Raises:
            AlertError: There is one of this name, or there are 100 already.
        """
        names = ", ".join(_FIELDS)
        try:
            with self._database.transaction() as connection:
                count = connection.execute("SELECT count(*) FROM rule WHERE project = ?", (project,)).fetchone()[0]
                if count >= _MOST_RULES:
                    raise AlertError(f"a project has at most {_MOST_RULES} alerts. Remove one that is of no use.")
                connection.execute(
                    f"INSERT INTO rule (project, created_ns, created_by, {names}) "
                    f"VALUES (?, ?, ?, {', '.join('?' * len(_FIELDS))})",
                    (project, time.time_ns(), by[:_TEXT_LIMIT], *_values(draft, _FIELDS)),
                )
        except sqlite3.IntegrityError as error:
            raise _name_taken(draft) from error
        row = self._database.row("SELECT * FROM rule WHERE project = ? AND name = ?", project, draft.name)
        if row is None:
            raise AlertError(f"the alert {draft.name!r} was removed meanwhile.")
        return self._rule(row)

    def edit(self, project: str, name: str, draft: Draft) -> Rule:
        """Let a rule say something else; it is judged anew, unless its name alone is another.

        What people were told last stays: if it fired and is well by what it says now, they are told that it is over.
        A rule that is of something else from now on is like a new one.

        Raises:
            AlertError: There is no such rule, or another one has the name.
        """
        rule = self.get(project, name)
        is_same = all(getattr(draft, field) == getattr(rule, field) for field in _JUDGED)
        as_new = "" if is_same else f", {_NOT_JUDGED}"
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    f"UPDATE rule SET {', '.join(f'{field} = ?' for field in _FIELDS)}{as_new} WHERE id = ?",
                    (*_values(draft, _FIELDS), rule.id),
                )
                if draft.of != rule.of:
                    connection.execute("UPDATE rule SET said = ? WHERE id = ?", (OK, rule.id))
                    connection.execute("DELETE FROM told WHERE rule_id = ?", (rule.id,))
                elif not is_same:
                    connection.execute("UPDATE told SET standing = '' WHERE rule_id = ?", (rule.id,))
        except sqlite3.IntegrityError as error:
            raise _name_taken(draft) from error
        return self.get(project, str(rule.id))

    def pause(self, project: str, name: str, *, is_paused: bool = True) -> Rule:
        """Leave a rule alone, or watch it again as if it were new.

        Raises:
            AlertError: There is no such rule.
        """
        rule = self.get(project, name)
        if rule.is_paused != is_paused:
            with self._database.transaction() as connection:
                connection.execute(
                    f"UPDATE rule SET is_paused = ?, said = ?, {_NOT_JUDGED} WHERE id = ?",
                    (int(is_paused), OK, rule.id),
                )
                connection.execute("DELETE FROM told WHERE rule_id = ?", (rule.id,))
        return self.get(project, str(rule.id))

    def remove(self, project: str, name: str) -> Rule:
        """Drop a rule, and what nobody has been told of it yet; returns what it was.

        Raises:
            AlertError: There is no such rule.
        """
        rule = self.get(project, name)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM rule WHERE id = ?", (rule.id,))
            connection.execute(
                "DELETE FROM delivery WHERE told_ns IS NULL AND notice_id IN (SELECT id FROM notice WHERE rule_id = ?)",
                (rule.id,),
            )
        return rule

    def record(self, rule: Rule, judged: Judgement, recipients: Iterable[Recipient]) -> list[str]:
        """Keep how a rule stands, and note whom to tell if it began to fire or is ok again.

        Of a rule about each model, tool or agent, each of them is told of by itself, up to 10 that fire at once.

        Of two processes that judge the same rule, one notes it: what people were told last stands in the file. A
        judgement of what the rule said before it was edited is passed over.

        Returns:
            What they are told, as in ``firing``, ``ok`` or ``firing (tool search)``; nothing if nothing is new.
        """
        at = judged.until_ns
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT standing, since_ns, said FROM rule "
                f"WHERE id = ? AND NOT is_paused AND coalesce(judged_ns, 0) < ? AND ({', '.join(_JUDGED)}) IS "
                f"({', '.join('?' * len(_JUDGED))})",
                (rule.id, at, *_values(rule, _JUDGED)),
            ).fetchone()
            if row is None:
                return []
            news = keep(connection, rule, judged) if rule.subject.is_each else _news(rule, judged, row["said"])
            is_news = bool(news.parts) and not rule.subject.is_each
            connection.execute(
                "UPDATE rule SET standing = ?, since_ns = ?, value = ?, measured = ?, judged_ns = ?, said = ?, "
                "problem = '', worst = ?, left_out = ? WHERE id = ?",
                (
                    judged.standing, row["since_ns"] if judged.standing == row["standing"] else at, judged.value,
                    judged.measured, at, judged.standing if is_news else row["said"], judged.worst, news.left_out,
                    rule.id,
                ),
            )  # fmt: skip
            recipients = list(recipients)
            for part in news.parts:
                _note(connection, rule, judged, part, news.left_out, recipients)
        return [_in_short(rule, part) for part in news.parts]

    def say_problem(self, rule: Rule, problem: str) -> None:
        """Keep why a rule could not be judged; how it stood before is left as it was."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE rule SET problem = ? WHERE id = ?", (problem[:_TEXT_LIMIT], rule.id))

    def notices(self, project: str, limit: int = 20) -> list[tuple[Notice, list[Delivery]]]:
        """Return a project's latest notices with who is told of each, the newest first."""
        notices = self._database.rows("SELECT * FROM notice WHERE project = ? ORDER BY id DESC LIMIT ?", project, limit)
        return [(Notice(*row), self._deliveries(row["id"])) for row in notices]

    def _rule(self, row: sqlite3.Row) -> Rule:
        values = dict(row)
        del values["said"]
        fires = self._database.rows(
            "SELECT label, since_ns, value, measured FROM told WHERE rule_id = ? AND standing = ? "
            "ORDER BY CASE ? WHEN 'above' THEN -value ELSE value END, label",
            row["id"], FIRING, row["side"],
        )  # fmt: skip
        return Rule(**values | {"is_paused": bool(values["is_paused"]), "fires": tuple(Fires(*one) for one in fires)})

    def _deliveries(self, notice_id: int) -> list[Delivery]:
        found = self._database.rows("SELECT * FROM delivery WHERE notice_id = ? ORDER BY label", notice_id)
        return [Delivery(*row) for row in found]

    def claim(self, key: str, now_ns: int, oldest_ns: int, lease_ns: int) -> tuple[Notice, int] | None:
        """Take the oldest notice that a recipient is still to be told; nobody else gets it before the lease is over.

        A later one waits for it, so that people do not hear of an end before the beginning.

        Args:
            key: The recipient's.
            now_ns: This moment.
            oldest_ns: Notices from before are given up.
            lease_ns: How long the telling may take.

        Returns:
            The notice, and how often it has been tried before; None if nothing is due.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT n.*, d.due_ns, d.tries FROM delivery d JOIN notice n ON n.id = d.notice_id "
                "WHERE d.destination = ? AND d.told_ns IS NULL AND n.time_ns >= ? ORDER BY n.id LIMIT 1",
                (key, oldest_ns),
            ).fetchone()
            if row is None or row["due_ns"] > now_ns:
                return None
            connection.execute(
                "UPDATE delivery SET due_ns = ?, tries = tries + 1 WHERE notice_id = ? AND destination = ?",
                (now_ns + lease_ns, row["id"], key),
            )
        *values, _due_ns, tries = row
        return Notice(*values), tries

    def told(self, notice: Notice, key: str, now_ns: int) -> None:
        """Note that a recipient has a notice."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE delivery SET told_ns = ?, problem = '' WHERE notice_id = ? AND destination = ?",
                (now_ns, notice.id, key),
            )

    def not_told(self, notice: Notice, key: str, problem: str, due_ns: int) -> None:
        """Note why a recipient does not have a notice, and when it is tried again."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE delivery SET due_ns = ?, problem = ? WHERE notice_id = ? AND destination = ?",
                (due_ns, problem[:_TEXT_LIMIT], notice.id, key),
            )


def _values(draft: Draft, fields: tuple[str, ...]) -> list[object]:
    return [getattr(draft, field) for field in fields]


def _name_taken(draft: Draft) -> AlertError:
    return AlertError(f"there is an alert {draft.name!r} already. Choose another name, or remove it.")


def _news(rule: Rule, judged: Judgement, said: str) -> News:
    """What is new of a rule with one figure, against what people were told last."""
    is_news = judged.standing in (OK, FIRING) and judged.standing != said
    part = Part(rule.subject.label or "", judged.standing, judged.value, judged.measured)
    return News([part] if is_news else [], 0)


def _in_short(rule: Rule, part: Part) -> str:
    return f"{part.standing} ({rule.subject.kind} {part.label})" if rule.subject.kind else part.standing


def _note(  # noqa: PLR0917 - what happened, and to whom it is told
    connection: sqlite3.Connection, rule: Rule, judged: Judgement, part: Part, left_out: int,
    recipients: list[Recipient],
) -> None:  # fmt: skip
    kind = rule.subject.kind
    number = connection.execute(
        "INSERT INTO notice "
        "(project, rule_id, name, words, standing, value, measured, sessions, time_ns, of, left_out) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            rule.project, rule.id, rule.name, rule.words, part.standing, MEASURES[rule.measure].text(part.value),
            part.measured, sessions_of(rule, judged.since_ns, judged.until_ns, part.standing, part.label),
            judged.until_ns, f"{kind} {part.label}" if kind else rule.of, left_out,
        ),
    ).lastrowid  # fmt: skip
    connection.executemany(
        "INSERT OR IGNORE INTO delivery (notice_id, destination, label, due_ns) VALUES (?, ?, ?, 0)",
        [(number, one.key, one.label) for one in recipients],
    )
    connection.execute(
        "DELETE FROM notice WHERE project = ? AND id <= "
        "(SELECT id FROM notice WHERE project = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (rule.project, rule.project, _MOST_NOTICES),
    )
