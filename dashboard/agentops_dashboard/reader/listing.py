"""Order and paging of the list of sessions."""

import base64
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, select

from agentops_dashboard.query import QueryError
from agentops_dashboard.query.fields import nearest
from agentops_dashboard.store import tables as t

__all__ = ["SORT_KEYS", "ordered", "page_after", "sort_key"]

_SORT_COLUMNS: dict[str, Any] = {
    "start_time": t.session.c.start_ns, "end_time": t.session.c.end_ns, "last_time": t.session.c.last_ns,
    "duration": t.session.c.duration_ns,
    "cost": t.session.c.cost_nano, "tokens": t.session.c.total_tokens, "spans": t.session.c.spans,
    "agents": t.session.c.agents, "llm": t.session.c.llm_calls, "tools": t.session.c.tool_calls,
    "errors": t.session.c.errors, "turns": t.session.c.traces,
    "name": t.session.c.name, "state": t.session.c.state, "user": t.session.c.user,
}  # fmt: skip
SORT_KEYS = tuple(_SORT_COLUMNS)


def sort_key(sort: str) -> tuple[ColumnElement[Any], bool]:
    """Read ``-cost`` as its column and whether it falls.

    Raises:
        QueryError: There is no such key.
    """
    name = sort.removeprefix("-")
    if name not in _SORT_COLUMNS:
        near = nearest(name, SORT_KEYS)
        hint = f"Did you mean {near!r}?" if near else f"It is one of: {', '.join(SORT_KEYS)}."
        raise QueryError(f"Sessions cannot be sorted by {name!r}. {hint}", 0, len(sort), near)
    return _SORT_COLUMNS[name], sort.startswith("-")


def ordered(condition: ColumnElement[bool], sort: str, cursor: str | None, limit: int) -> Select[Any]:
    """Select number and sort value, sorted, behind the cursor, one more than the page holds. Unknown comes last.

    Raises:
        QueryError: The sort key or the cursor cannot be understood.
    """
    column, falls = sort_key(sort)
    sid = t.session.c.sid
    statement = select(sid, column.label("value")).where(condition)
    if cursor:
        statement = statement.where(_behind(column, *_decode(cursor), falls=falls))
    nulls_last: list[ColumnElement[Any]] = [] if falls else [column.is_(None)]
    direction = (column.desc(), sid.desc()) if falls else (column.asc(), sid.asc())
    return statement.order_by(*nulls_last, *direction).limit(limit + 1)


def page_after(row: Any) -> str:
    """The cursor that continues behind this row."""
    return base64.urlsafe_b64encode(orjson.dumps([row.value, row.sid])).decode().rstrip("=")


def _behind(column: ColumnElement[Any], value: Any, after: int, *, falls: bool) -> ColumnElement[bool]:
    sid = t.session.c.sid
    later = sid < after if falls else sid > after
    if value is None:
        return and_(column.is_(None), later)
    further = column < value if falls else column > value
    return or_(further, and_(column == value, later), column.is_(None))


def _decode(cursor: str) -> tuple[Any, int]:
    try:
        value, sid = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if (value is None or type(value) in (int, str)) and type(sid) is int:
            return value, sid
    except (ValueError, TypeError):
        pass
    raise QueryError(f"{cursor[:40]!r} is no cursor. Take next_cursor of the page before.", 0, len(cursor))
