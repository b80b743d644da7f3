"""How long sessions are kept: by age, by number and by size; payloads go first, sessions then."""

import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict

import orjson
from sqlalchemy import ColumnElement, Engine, and_, not_, or_, select

from agentops.errors import ConfigurationError
from agentops.semconv import State
from agentops_dashboard.store import tables as t
from agentops_dashboard.store.store import Store

__all__ = ["Policy", "Removed", "apply_policy", "read_policy"]

_DAY_NS = 86_400_000_000_000
_AT_ONCE = 200
_SILENT_NS = _DAY_NS
"""A session without an end that was not heard of for so long goes like one that ended. Programs that run say so every
few seconds; one that was killed on another machine never says anything again."""


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
        audit_days: The record of who did what on a server with a login is kept so long.
    """

    payload_days: float | None = None
    session_days: float | None = None
    most_sessions: int | None = None
    most_bytes: int | None = None
    keep_tags: tuple[str, ...] = ()
    tag_days: dict[str, float] = field(default_factory=dict)
    audit_days: float | None = 365


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
        if type(values) is not dict:
            raise ValueError(f'it needs settings such as {{"session_days": 180}}, not {values!r:.40}')
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"it has no setting {unknown[0]!r}")
        for name in known - {"keep_tags", "tag_days"}:
            if values.get(name) is not None:
                _check_number(name, values[name], is_whole=name.startswith("most_"))
        return Policy(**values | {"keep_tags": _keep_tags(values), "tag_days": _tag_days(values)})
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is no retention policy: {error}. The settings are: {', '.join(sorted(known))}."
        ) from error


def _check_number(name: str, value: Any, *, is_whole: bool = False) -> None:
    if type(value) not in (int, float) or value <= 0 or (is_whole and value % 1):
        raise ValueError(f"{name} needs a {'whole ' if is_whole else ''}number above 0, not {value!r}")


def _keep_tags(values: dict[str, Any]) -> tuple[str, ...]:
    tags = values.get("keep_tags") or []
    # The letters of one text are tags that nothing has, and nothing would be kept.
    if type(tags) is not list or any(type(tag) is not str for tag in tags):
        raise ValueError(f'keep_tags needs a list of tags such as ["golden"], not {tags!r}')
    return tuple(tags)


def _tag_days(values: dict[str, Any]) -> dict[str, float]:
    days = values.get("tag_days") or {}
    if type(days) is not dict:
        raise ValueError(f'tag_days needs days by tag such as {{"ci": 7}}, not {days!r}')
    for tag, number in days.items():
        _check_number(f"tag_days of {tag!r}", number)
    return {tag: float(number) for tag, number in days.items()}


def apply_policy(store: Store, project: str, policy: Policy, now_ns: int | None = None) -> Removed:
    """Remove what the policy does not keep. Sessions that run are never touched."""
    now_ns = time.time_ns() if now_ns is None else now_ns
    engine = store.engine()
    try:
        return _Retention(store, engine, project, policy, now_ns).apply()
    finally:
        engine.dispose()


class _Retention:
    """Finds the oldest sessions that are over and that a policy does not keep, and removes some of them at once."""

    def __init__(self, store: Store, engine: Engine, project: str, policy: Policy, now_ns: int) -> None:
        self._store = store
        self._engine = engine
        self._project = project
        self._policy = policy
        self._now_ns = now_ns
        self._removed: Removed = {"payloads": 0, "sessions": 0}

    def apply(self) -> Removed:
        policy = self._policy
        for tag, days in policy.tag_days.items():
            self._delete_all(self._older(days), self._has_tag([tag]))
        if policy.session_days is not None:
            self._delete_all(self._older(policy.session_days), not_(self._has_tag(list(policy.tag_days))))
        if policy.most_sessions is not None:
            self._delete_all(*self._beyond(int(policy.most_sessions)))
        if policy.payload_days is not None:
            while self._empty(self._older(policy.payload_days)):
                pass
        if policy.most_bytes is not None:
            self._shrink(policy.most_bytes)
        return self._removed

    def _has_tag(self, tags: list[str]) -> ColumnElement[bool]:
        c = t.session_tag.c
        found = select(c.sid).where(c.project == self._project, c.is_removed == 0, c.tag.in_(tags))
        return t.session.c.sid.in_(found)

    def _beyond(self, most: int) -> list[ColumnElement[bool]]:
        """The sessions behind the newest ones; no condition would mean all, so one that nothing meets."""
        c = t.session.c
        statement = select(c.start_ns).where(c.project == self._project).order_by(c.start_ns.desc()).limit(1)
        with self._engine.connect() as connection:
            newest = connection.execute(statement.offset(most)).scalar()
        return [c.start_ns <= (-1 if newest is None else newest)]

    def _find(self, *conditions: ColumnElement[bool]) -> list[str]:
        c = t.session.c
        kept = not_(self._has_tag(list(self._policy.keep_tags)))
        is_over = or_(c.state != State.RUNNING, c.alive_ns < self._now_ns - _SILENT_NS)
        statement = (
            select(c.session_id)
            .where(c.project == self._project, is_over, *conditions, kept)
            .order_by(c.start_ns)
            .limit(_AT_ONCE)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def _delete_all(self, *conditions: ColumnElement[bool]) -> None:
        while self._delete(*conditions):
            pass

    def _delete(self, *conditions: ColumnElement[bool]) -> int:
        deleted = len(self._store.delete_sessions(self._project, self._find(*conditions)))
        self._removed["sessions"] += deleted
        return deleted

    def _empty(self, *conditions: ColumnElement[bool]) -> int:
        """Take the payloads of some sessions away; returns of how many."""
        joined = and_(t.payload.c.project == t.trace.c.project, t.payload.c.trace_id == t.trace.c.trace_id)
        has_payload = select(t.trace.c.session_id).join(t.payload, joined).where(t.trace.c.project == self._project)
        found = self._find(*conditions, t.session.c.session_id.in_(has_payload))
        self._store.drop_payloads(self._project, found)
        self._removed["payloads"] += len(found)
        return len(found)

    def _shrink(self, most_bytes: int) -> None:
        while self._store.used_bytes() > most_bytes:
            if not self._empty() and not self._delete():
                return

    def _older(self, days: float) -> ColumnElement[bool]:
        return t.session.c.start_ns < self._now_ns - int(min(days * _DAY_NS, self._now_ns))
