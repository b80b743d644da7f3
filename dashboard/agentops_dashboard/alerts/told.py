"""Of a rule about each model, tool or agent: which of them people were told of, and what is new of each."""

import sqlite3
from typing import Final, NamedTuple

from agentops_dashboard.alerts.judging import Judgement, Part
from agentops_dashboard.alerts.rule import FIRING, NO_DATA, OK, Rule

__all__ = ["MOST_AT_ONCE", "News", "keep"]

MOST_AT_ONCE: Final = 10
"""Of so many models, tools or agents people are told at once; what more fire are counted."""

_MOST_WITHOUT_DATA: Final = 100
"""So many are remembered of which people were told, and that are not called any more: names may be made up."""


class News(NamedTuple):
    """Who began to fire or is ok again, and how many more fire than people are told of."""

    parts: list[Part]
    left_out: int


def keep(connection: sqlite3.Connection, rule: Rule, judged: Judgement) -> News:
    """Keep who fires, within the transaction that keeps how the rule stands; those that fired before go first."""
    found = connection.execute("SELECT label FROM told WHERE rule_id = ?", (rule.id,)).fetchall()
    told = {row["label"] for row in found}
    firing = [part for part in judged.parts if part.standing == FIRING]
    lasting = [part for part in firing if part.label in told]
    others = [part for part in firing if part.label not in told]
    begun = others[: max(0, MOST_AT_ONCE - len(lasting))]
    over = [part for part in judged.parts if part.standing == OK and part.label in told]
    connection.execute("UPDATE told SET standing = ? WHERE rule_id = ?", (NO_DATA, rule.id))
    connection.executemany(
        "INSERT INTO told (rule_id, label, standing, since_ns, value, measured) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (rule_id, label) DO UPDATE SET standing = excluded.standing, value = excluded.value, "
        "measured = excluded.measured",
        [(rule.id, part.label, FIRING, judged.until_ns, part.value, part.measured) for part in [*lasting, *begun]],
    )
    connection.executemany("DELETE FROM told WHERE rule_id = ? AND label = ?", [(rule.id, one.label) for one in over])
    connection.execute(
        "DELETE FROM told WHERE rule_id = ? AND standing = ? AND label NOT IN (SELECT label FROM told "
        "WHERE rule_id = ? AND standing = ? ORDER BY since_ns DESC, label LIMIT ?)",
        (rule.id, NO_DATA, rule.id, NO_DATA, _MOST_WITHOUT_DATA),
    )
    return News([*begun, *over], len(others) - len(begun))
