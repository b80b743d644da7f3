"""How long sessions are kept: by age, by number and by size; payloads go first, sessions then."""

import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict

import orjson

from agentops.errors import ConfigurationError
from agentops_dashboard.store.edits import delete_payloads, delete_sessions, mark_changed
from agentops_dashboard.store.sqlite import SQLiteStore

__all__ = ["Policy", "Removed", "apply_policy", "read_policy"]

_DAY_NS = 86_400_000_000_000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept. None means without end.

    Attributes:
        payload_days: Inputs, outputs and attributes are kept so long; the tree and its figures stay.
        session_days: Sessions are kept so long.
        most_sessions: So many sessions are kept, the newest.
        most_bytes: The store's size; the oldest payloads go first, then the oldest sessions.
        keep_tags: Sessions with one of these tags stay whatever their age.
        tag_days: Sessions with a tag are kept so long, instead of ``session_days``.
    """

    payload_days: float | None = None
    session_days: float | None = None
    most_sessions: int | None = None
    most_bytes: int | None = None
    keep_tags: tuple[str, ...] = ()
    tag_days: dict[str, float] = field(default_factory=dict)


class Removed(TypedDict):
    """How many sessions lost their payloads, and how many are gone."""

    payloads: int
    sessions: int


def read_policy(path: Path) -> Policy:
    """Read ``retention.json``; without the file everything is kept.

    Raises:
        ConfigurationError: The file cannot be understood.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Policy()
    known = {item.name for item in fields(Policy)}
    try:
        values: dict[str, Any] = orjson.loads(text)
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"it has no setting {unknown[0]!r}")
        for name in known - {"keep_tags", "tag_days"}:
            if values.get(name) is not None and not (type(values[name]) in (int, float) and values[name] > 0):
                raise ValueError(f"{name} needs a number above 0, not {values[name]!r}")
        keep_tags, tag_days = values.pop("keep_tags", ()), values.pop("tag_days", {})
        days = {str(tag): float(number) for tag, number in tag_days.items()}
        return Policy(**values, keep_tags=tuple(map(str, keep_tags)), tag_days=days)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"{path} is no retention policy: {error}. The settings are: {', '.join(sorted(known))}."
        ) from error


def apply_policy(store: SQLiteStore, project: str, policy: Policy, now_ns: int | None = None) -> Removed:
    """Remove what the policy does not keep. Running sessions are never touched."""
    now_ns = time.time_ns() if now_ns is None else now_ns
    removed: Removed = {"payloads": 0, "sessions": 0}
    for tag, days in policy.tag_days.items():
        removed["sessions"] += _delete(store, project, policy, _older(now_ns, days) + _with_tag(tag))
    if policy.session_days is not None:
        without = _without_tags(tuple(policy.tag_days))
        removed["sessions"] += _delete(store, project, policy, _older(now_ns, policy.session_days) + without)
    if policy.most_sessions is not None:
        removed["sessions"] += _delete(store, project, policy, _beyond(project, policy.most_sessions))
    if policy.payload_days is not None:
        old = _older(now_ns, policy.payload_days)
        while emptied := _empty(store, project, policy, old):
            removed["payloads"] += emptied
    if policy.most_bytes is not None:
        _shrink(store, project, policy, policy.most_bytes, removed)
    return removed


Condition = list[tuple[str, tuple[Any, ...]]]


def _older(now_ns: int, days: float) -> Condition:
    return [("start_ns < ?", (now_ns - int(days * _DAY_NS),))]


def _with_tag(tag: str) -> Condition:
    return [("sid IN (SELECT sid FROM session_tag WHERE is_removed = 0 AND tag = ?)", (tag,))]


def _without_tags(tags: tuple[str, ...]) -> Condition:
    if not tags:
        return []
    marks = ", ".join("?" * len(tags))
    return [(f"sid NOT IN (SELECT sid FROM session_tag WHERE is_removed = 0 AND tag IN ({marks}))", tags)]


def _beyond(project: str, most: int) -> Condition:
    newest = "SELECT start_ns FROM session WHERE project = ? ORDER BY start_ns DESC LIMIT 1 OFFSET ?"
    return [(f"start_ns <= ({newest})", (project, int(most)))]


def _find(store: SQLiteStore, project: str, policy: Policy, condition: Condition) -> list[str]:
    """The oldest ended sessions that meet a condition, a limited number at once."""
    parts = [("project = ?", (project,)), ("state != 'running'", ()), *condition, *_without_tags(policy.keep_tags)]
    where, values = " AND ".join(text for text, _ in parts), [value for _, given in parts for value in given]
    statement = f"SELECT session_id FROM session WHERE {where} ORDER BY start_ns LIMIT {_AT_ONCE}"
    with store.transaction() as connection:
        return [row[0] for row in connection.execute(statement, values)]


def _delete(store: SQLiteStore, project: str, policy: Policy, condition: Condition) -> int:
    total = 0
    while found := _find(store, project, policy, condition):
        deleted = delete_sessions(store, project, found)
        total += deleted
        if not deleted:
            break
    return total


_PAYLOAD_EXISTS = """
EXISTS (SELECT 1 FROM trace JOIN payload USING (project, trace_id)
  WHERE trace.project = session.project AND trace.session_id = session.session_id)
"""
_HAS_PAYLOAD: Condition = [
    (_PAYLOAD_EXISTS, ()),
]


def _empty(store: SQLiteStore, project: str, policy: Policy, condition: Condition) -> int:
    """Take the payloads of some sessions away; returns of how many."""
    found = _find(store, project, policy, condition + _HAS_PAYLOAD)
    for session_id in found:
        with store.transaction() as connection:
            traces = connection.execute(
                "SELECT trace_id FROM trace WHERE project = ? AND session_id = ?", (project, session_id)
            ).fetchall()
            for (trace_id,) in traces:
                delete_payloads(connection, project, trace_id)
                connection.execute(
                    "UPDATE span SET block_id = NULL WHERE project = ? AND trace_id = ?", (project, trace_id)
                )
                mark_changed(connection, project, trace_id)
    return len(found)


def _shrink(store: SQLiteStore, project: str, policy: Policy, most_bytes: int, removed: Removed) -> None:
    while store.used_bytes() > most_bytes:
        emptied = _empty(store, project, policy, [])
        removed["payloads"] += emptied
        if not emptied:
            found = _find(store, project, policy, [])
            deleted = delete_sessions(store, project, found)
            removed["sessions"] += deleted
            if not deleted:
                return
