"""The read side: everything that pages, API and command line show comes through here."""

import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, Select, and_, case, create_engine, event, func, select, tuple_
from sqlalchemy.engine import URL

from agentops_dashboard.reader import rows as shape
from agentops_dashboard.reader import tables as t
from agentops_dashboard.reader.shapes import Facet, Session, SessionPage, Span, TreeRow, TreeWindow
from agentops_dashboard.reader.tree import TreeIndex
from agentops_dashboard.store.payload import unpack

__all__ = ["Reader", "open_engine"]

ABANDONED_AFTER_NS = 15_000_000_000


def open_engine(path: str) -> Engine:
    """Open an SQLite store for reading only."""
    engine = create_engine(URL.create("sqlite", database=path))

    @event.listens_for(engine, "connect")
    def _read_only(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only = 1")

    return engine


class Reader:
    """Reads one project of a store.

    Args:
        engine: What ``open_engine`` returned.
        project: Only this project's data is ever seen.
    """

    def __init__(self, engine: Engine, project: str = "default") -> None:
        self._engine = engine
        self._project = project

    def sessions(
        self,
        query: str = "",
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        sort: str = "-start_time",
        cursor: str | None = None,
        limit: int = 50,
    ) -> SessionPage:
        """Return a page of sessions that fit the query.

        Args:
            query: Text of the query language; empty means all.
            since_ns: Only sessions that started at or after this moment.
            until_ns: Only sessions that started before it.
            sort: A column's name, ``-`` in front for descending.
            cursor: ``next_cursor`` of the page before.
            limit: Most sessions to return.
        """
        where = [t.session.c.project == self._project]
        if since_ns is not None:
            where.append(t.session.c.start_ns >= since_ns)
        if until_ns is not None:
            where.append(t.session.c.start_ns < until_ns)
        with self._engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(t.session).where(*where)).scalar_one()
            statement = self._select_sessions().where(*where)
            if cursor:
                start, _, session_id = cursor.partition("~")
                statement = statement.where(
                    tuple_(t.session.c.start_ns, t.session.c.session_id) < tuple_(int(start), session_id)
                )
            statement = statement.order_by(t.session.c.start_ns.desc(), t.session.c.session_id.desc()).limit(limit + 1)
            found = connection.execute(statement).all()
            sessions = self._shape(connection, found[:limit])
        more = found[limit - 1] if len(found) > limit else None
        return {
            "sessions": sessions,
            "next_cursor": f"{more.start_ns}~{more.session_id}" if more else None,
            "total": total,
        }

    def session(self, session_id: str) -> Session | None:
        """Return one session; ``last`` is the one that started last."""
        statement = self._select_sessions().where(t.session.c.project == self._project)
        if session_id == "last":
            statement = statement.order_by(t.session.c.start_ns.desc(), t.session.c.session_id.desc()).limit(1)
        else:
            statement = statement.where(t.session.c.session_id == session_id)
        with self._engine.connect() as connection:
            found = self._shape(connection, connection.execute(statement).all())
        return found[0] if found else None

    def spans(self, session_id: str, *, with_payloads: bool = True) -> list[Span]:
        """Return all spans of a session in tree order."""
        with self._engine.connect() as connection:
            index = self._index(connection, session_id)
            spans = [shape.span_of(row, session_id) for row in index.order]
            if with_payloads:
                self._fill(connection, index.order, spans)
        return spans

    def span(self, span_id: str, session_id: str | None = None) -> Span | None:
        """Return one span with its payload; the session's id makes it quicker to find."""
        join = and_(t.trace.c.project == t.span.c.project, t.trace.c.trace_id == t.span.c.trace_id)
        statement = (
            select(t.span, t.trace.c.session_id)
            .join(t.trace, join)
            .where(t.span.c.project == self._project, t.span.c.span_id == span_id)
            .limit(1)
        )
        if session_id is not None:
            statement = statement.where(t.trace.c.session_id == session_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            if row is None:
                return None
            found = shape.span_of(row, row.session_id)
            self._fill(connection, [row], [found])
        return found

    def rows(
        self,
        session_id: str,
        *,
        collapsed: Iterable[str] = (),
        offset: int = 0,
        limit: int = 100,
        max_depth: int | None = None,
        kinds: Iterable[str] | None = None,
        errors_only: bool = False,
    ) -> TreeWindow:
        """Return a window of the visible rows of a session's tree.

        Args:
            session_id: The session.
            collapsed: Ids of spans whose subtrees are folded away.
            offset: Place of the first row among the visible ones, from 0.
            limit: Most rows to return.
            max_depth: Fold away what lies deeper than this many levels.
            kinds: Only spans of these kinds, and their ancestors.
            errors_only: Only failed spans, and their ancestors.
        """
        closed = frozenset(collapsed)
        wanted_kinds = frozenset(kinds) if kinds is not None else None
        wanted = None
        if wanted_kinds is not None or errors_only:

            def wanted(row: Any) -> bool:
                return (wanted_kinds is None or row.kind in wanted_kinds) and (not errors_only or row.status == "error")

        with self._engine.connect() as connection:
            index = self._index(connection, session_id)
        visible = index.visible(closed, wanted, max_depth)
        shown = [self._tree_row(index, place, closed, session_id) for place in visible[offset : offset + limit]]
        return {
            "rows": shown,
            "offset": offset,
            "total": len(visible),
            "spans": len(index.order),
            "detached": len(index.detached),
        }

    def facets(self, query: str = "") -> list[Facet]:
        """Return the facets of the sessions that fit the query, values by falling count."""
        state = self._state()
        with self._engine.connect() as connection:
            states = connection.execute(
                select(state, func.count()).where(t.session.c.project == self._project).group_by(state)
            ).all()
            tags = connection.execute(
                select(t.session_tag.c.tag, func.count())
                .where(t.session_tag.c.project == self._project)
                .group_by(t.session_tag.c.tag)
                .order_by(func.count().desc())
                .limit(50)
            ).all()
        return [
            {"key": "status", "label": "Status", "values": [{"value": v, "count": n} for v, n in states]},
            {"key": "tag", "label": "Tags", "values": [{"value": v, "count": n} for v, n in tags]},
        ]

    def _tree_row(self, index: TreeIndex, place: int, closed: frozenset[str], session_id: str) -> TreeRow:
        row = index.order[place]
        below = index.order[place : index.end[place]]
        tokens = [(r.input_tokens or 0) + (r.output_tokens or 0) for r in below if r.input_tokens is not None]
        costs = [r.cost_nano for r in below if r.cost_nano is not None]
        return {
            "span": shape.span_of(row, session_id),
            "depth": index.depth[place],
            "children": index.children_count(place),
            "descendants": index.end[place] - place - 1,
            "is_collapsed": row.span_id in closed,
            "is_detached": row.span_id in index.detached,
            "position": index.place[place][0],
            "siblings": index.place[place][1],
            "subtree_errors": sum(r.status == "error" for r in below),
            "subtree_tokens": sum(tokens) if tokens else None,
            "subtree_cost": shape.cost_of(sum(costs) if costs else None, None),
        }

    def _state(self) -> Any:
        old = time.time_ns() - ABANDONED_AFTER_NS
        running = t.session.c.state == "running"
        return case(
            (and_(running, t.session.c.alive_ns < old), "abandoned"),
            (and_(running, t.session.c.open_waits > 0), "paused"),
            else_=t.session.c.state,
        )

    def _select_sessions(self) -> Select[Any]:
        return select(t.session, self._state().label("shown_state"))

    def _shape(self, connection: Any, found: Any) -> list[Session]:
        ids = [row.session_id for row in found]
        tags: dict[str, list[str]] = {}
        statement = (
            select(t.session_tag.c.session_id, t.session_tag.c.tag)
            .where(t.session_tag.c.project == self._project, t.session_tag.c.session_id.in_(ids))
            .order_by(t.session_tag.c.tag)
        )
        for session_id, tag in connection.execute(statement):
            tags.setdefault(session_id, []).append(tag)
        return [shape.session_of(row, tags.get(row.session_id, []), row.shown_state) for row in found]

    def _index(self, connection: Any, session_id: str) -> TreeIndex:
        join = and_(t.trace.c.project == t.span.c.project, t.trace.c.trace_id == t.span.c.trace_id)
        statement = (
            select(t.span)
            .join(t.trace, join)
            .where(t.trace.c.project == self._project, t.trace.c.session_id == session_id)
        )
        return TreeIndex(connection.execute(statement).all())

    def _fill(self, connection: Any, found: Iterable[Any], spans: list[Span]) -> None:
        blocks = {row.span_id: row.block_id for row in found}
        contents: dict[int, Any] = {}
        wanted = sorted({block for block in blocks.values() if block is not None})
        for start in range(0, len(wanted), 500):
            statement = select(t.payload.c.block_id, t.payload.c.body).where(
                t.payload.c.block_id.in_(wanted[start : start + 500])
            )
            contents.update((block_id, unpack(body)) for block_id, body in connection.execute(statement))
        for span in spans:
            shape.with_payload(span, contents.get(blocks[span["id"]], {}).get(span["id"], {}))
