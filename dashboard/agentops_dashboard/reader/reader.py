"""The read side: everything that pages, API and command line show comes through here."""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, or_, select

from agentops.wire import Ledger, SessionLedger
from agentops_dashboard.beside import Annotation, Beside, Log
from agentops_dashboard.query import parse
from agentops_dashboard.reader import rows as shape
from agentops_dashboard.reader.activity import Activity, activities
from agentops_dashboard.reader.conditions import Conditions
from agentops_dashboard.reader.dialect import Matches
from agentops_dashboard.reader.facets import facets, histogram, shown_state
from agentops_dashboard.reader.grid import Grid, around
from agentops_dashboard.reader.label_sums import LabelSums
from agentops_dashboard.reader.listing import ordered, page_after
from agentops_dashboard.reader.outline import Outlines, TreeView
from agentops_dashboard.reader.shapes import Bucket, Facet, Session, SessionPage, Span, TreeWindow
from agentops_dashboard.store import tables as t
from agentops_dashboard.store.payload import unpack, unpack_text

__all__ = ["Reader"]

_FACETS_HOLD_NS = 5_000_000_000
_MOST_FACETS = 8
_ENVIRONMENTS_HOLD_NS = 300_000_000_000
_BLOCKS_AT_ONCE = 64


class Reader:
    """Reads one project of a store. Safe to share between threads.

    Args:
        engine: What ``Store.engine`` returned.
        project: Only this project's data is ever seen.
    """

    def __init__(self, engine: Engine, project: str = "default") -> None:
        self._engine = engine
        self._project = project
        self.outlines = Outlines(self)
        self.labels = LabelSums(self)
        self._facets: OrderedDict[object, list[Facet]] = OrderedDict()
        self._environments: tuple[int, int, frozenset[str]] = (-1, 0, frozenset())

    @property
    def project(self) -> str:
        """The project that this reader sees."""
        return self._project

    def connect(self) -> Connection:
        """Open a connection for a question of one's own; ask with ``project`` only."""
        return self._engine.connect()

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

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
            sort: One of ``SORT_KEYS``, ``-`` in front for descending. Unknown values come last.
            cursor: ``next_cursor`` of the page before, for the same query and sort.
            limit: Most sessions to return.

        Raises:
            QueryError: The query, the sort key or the cursor cannot be understood.
        """
        now_ns = time.time_ns()
        condition = self.condition(query, since_ns, until_ns, now_ns)
        # Numbers first, rows then: sorting must not carry whole rows along.
        keys = ordered(condition, sort, cursor, limit)
        # Without a query, an index counts and another one has the first rows; with one, both would look for the same.
        is_counted_along = bool(query.strip()) and not cursor and limit > 0
        if is_counted_along:
            keys = keys.add_columns(func.count().over().label("total"))
        with self._engine.connect() as connection:
            found = connection.execute(keys).all()
            if is_counted_along:
                total = found[0].total if found else 0
            else:
                total = connection.execute(select(func.count()).select_from(t.session).where(condition)).scalar_one()
            numbers = [row.sid for row in found[:limit]]
            rows = connection.execute(
                select(t.session, shown_state(now_ns).label("shown_state")).where(t.session.c.sid.in_(numbers))
            )
            by_number = {row.sid: row for row in rows}
            # What was deleted since its number was read is left out.
            sessions = self._shape(connection, [by_number[sid] for sid in numbers if sid in by_number])
        return {
            "sessions": sessions,
            "next_cursor": page_after(found[limit - 1]) if len(found) > limit > 0 else None,
            "total": total,
        }

    def facets(
        self, query: str = "", *, since_ns: int | None = None, until_ns: int | None = None, only: str | None = None
    ) -> list[Facet]:
        """Return the facets of the sessions that fit the query, values by falling count; ``only`` names a single one.

        Raises:
            QueryError: The query cannot be understood.
        """
        now_ns = time.time_ns()
        condition = self.condition(query, since_ns, until_ns, now_ns)
        everything = not query.strip() and since_ns is None and until_ns is None
        # States change with the clock, so what was counted is good for a moment only, even if nothing is written.
        key = (self.version(), now_ns // _FACETS_HOLD_NS, query, since_ns, until_ns, only)
        kept = self._facets.get(key)
        if kept is not None:
            return kept
        with self._engine.connect() as connection:
            found = facets(connection, self._project, condition, now_ns, is_everything=everything, only=only)
        self._facets[key] = found
        while len(self._facets) > _MOST_FACETS:
            self._facets.popitem(last=False)
        return found

    def histogram(
        self, query: str = "", *, since_ns: int | None = None, until_ns: int | None = None, buckets: int = 60
    ) -> list[Bucket]:
        """Count the sessions that fit the query by start time and state.

        Without a range, the bars reach from the first session to the last; they are of a minute at least then.

        Raises:
            QueryError: The query cannot be understood.
        """
        now_ns = time.time_ns()
        condition = self.condition(query, since_ns, until_ns, now_ns)
        divide = Grid.over if since_ns is None and until_ns is None else Grid.into
        with self._engine.connect() as connection:
            if since_ns is None or until_ns is None:
                first, last = connection.execute(
                    select(func.min(t.session.c.start_ns), func.max(t.session.c.start_ns)).where(condition)
                ).one()
                if first is None:
                    return []
                since, until = around(first, last)
                since_ns = since if since_ns is None else since_ns
                until_ns = until if until_ns is None else until_ns
            return histogram(connection, condition, divide(since_ns, until_ns, max(buckets, 1)), now_ns)

    def session(self, session_id: str) -> Session | None:
        """Return one session; ``last`` is the one that started last."""
        statement = select(t.session, shown_state(time.time_ns()).label("shown_state"))
        statement = statement.where(t.session.c.project == self._project)
        if session_id == "last":
            statement = statement.order_by(t.session.c.start_ns.desc(), t.session.c.session_id.desc()).limit(1)
        else:
            statement = statement.where(t.session.c.session_id == session_id)
        with self._engine.connect() as connection:
            found = self._shape(connection, connection.execute(statement).all())
        return found[0] if found else None

    def ids_like(self, part: str, limit: int = 10) -> list[str]:
        """Return ids of sessions that begin or end so, the newest first: for ids that a person shortened."""
        c = t.session.c
        statement = select(c.session_id).where(
            c.project == self._project,
            or_(Matches(c.session_id, part, ""), Matches(c.session_id, "", part)),
        )
        with self._engine.connect() as connection:
            return list(connection.execute(statement.order_by(c.start_ns.desc()).limit(limit)).scalars())

    def activities(self, sessions: list[Session]) -> dict[str, Activity]:
        """Return what these sessions did over their time, by id; large ones are left out."""
        with self._engine.connect() as connection:
            return activities(connection, self._project, sessions, time.time_ns())

    def revision(self) -> int:
        """Return the newest revision of any session; 0 when there is none."""
        c = t.session.c
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(c.revision)).where(c.project == self._project)).scalar() or 0

    def version(self) -> tuple[int, int]:
        """Return the newest revision and the number of sessions.

        They are others whenever one was recorded, changed or deleted: what was counted before is not true any more.
        """
        c = t.session.c
        newest, count = (
            select(figure).where(c.project == self._project).scalar_subquery()
            for figure in (func.max(c.revision), func.count(c.sid))
        )
        with self._engine.connect() as connection:
            found = connection.execute(select(newest, count)).one()
        return found[0] or 0, found[1] or 0

    def changes(self, revision: int, limit: int = 500) -> list[dict[str, Any]]:
        """Return sessions that were written after a revision: id, state, revision, start_ns, spans.

        The first ``limit`` of them, and all that were written together with the last one of these.
        """
        c = t.session.c
        later = (c.project == self._project, c.revision > revision)
        last = select(c.revision).where(*later).order_by(c.revision).limit(1).offset(limit - 1)
        statement = select(c.session_id, shown_state(time.time_ns()), c.revision, c.start_ns, c.spans).where(*later)
        names = ("id", "state", "revision", "start_ns", "spans")
        with self._engine.connect() as connection:
            newest = connection.execute(last).scalar()
            if newest is not None:
                statement = statement.where(c.revision <= newest)
            found = connection.execute(statement.order_by(c.revision)).all()
        return [dict(zip(names, row, strict=True)) for row in found]

    def environments(self) -> list[str]:
        """Return the names of the environments that sessions ran in, sorted.

        Every page asks. All sessions are looked through only every five minutes, which is how long a name is kept whose
        last session was deleted; in between only those that were written since the last time.
        """
        revision, read_ns, names = self._environments
        now_ns = time.time_ns()
        if now_ns - read_ns > _ENVIRONMENTS_HOLD_NS:
            revision, read_ns, names = -1, now_ns, frozenset()
        newest = self.revision()
        if newest > revision:
            c = t.session.c
            written = [c.revision > revision] if revision >= 0 else []
            statement = select(c.environment).distinct().where(c.project == self._project, *written)
            with self._engine.connect() as connection:
                names |= {name for name in connection.execute(statement).scalars() if name}
            self._environments = (newest, read_ns, names)
        return sorted(names)

    def children(self, session_id: str) -> list[Session]:
        """Return the sessions that were started inside this one, in order."""
        statement = (
            select(t.session, shown_state(time.time_ns()).label("shown_state"))
            .where(t.session.c.project == self._project, t.session.c.parent_session_id == session_id)
            .order_by(t.session.c.start_ns)
        )
        with self._engine.connect() as connection:
            return self._shape(connection, connection.execute(statement).all())

    def spans(self, session_id: str, *, with_payloads: bool = True) -> list[Span]:
        """Return all spans of a session in tree order."""
        order = self.outlines.of(session_id).order
        spans = [shape.span_of(row, session_id) for row in order]
        if with_payloads:
            with self._engine.connect() as connection:
                self.fill(connection, order, spans)
        return spans

    def span(self, span_id: str, session_id: str | None = None) -> Span | None:
        """Return one span with its payload; the session's id makes it quicker to find."""
        join = and_(t.trace.c.project == t.span.c.project, t.trace.c.trace_id == t.span.c.trace_id)
        statement = (
            select(t.span, t.trace.c.session_id)
            .join(t.trace, join)
            .where(t.trace.c.project == self._project, t.span.c.span_id == span_id)
            .limit(1)
        )
        if session_id is not None:
            statement = statement.where(t.trace.c.session_id == session_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            if row is None:
                return None
            found = shape.span_of(row, row.session_id)
            self.fill(connection, [row], [found])
        return found

    def sessions_by_trace(self, trace_ids: Collection[str]) -> dict[str, str]:
        """Return to which session each of these traces belongs, of those that there are."""
        c = t.trace.c
        statement = select(c.trace_id, c.session_id).where(c.project == self._project, c.trace_id.in_(trace_ids))
        with self._engine.connect() as connection:
            return {row.trace_id: row.session_id for row in connection.execute(statement)}

    def rows(self, session_id: str, view: TreeView | None = None, *, offset: int = 0, limit: int = 100) -> TreeWindow:
        """Return a window of the visible rows of a session's tree.

        Args:
            session_id: The session.
            view: What is folded, filtered and looked for; everything is shown by default.
            offset: Place of the first row among the visible ones, from 0.
            limit: Most rows to return.
        """
        view = view or TreeView()
        outline = self.outlines.of(session_id)
        visible = outline.visible(view)
        return {
            "rows": outline.rows(view, offset, limit),
            "offset": offset,
            "total": len(visible),
            "spans": len(outline),
            "detached": len(outline.index.detached),
            "hits": len(visible.hits),
        }

    def logs(self, session_id: str) -> str:
        """Return what the session's programs printed, as far as clients uploaded it; empty without."""
        c = t.log.c
        join = and_(t.trace.c.project == c.project, t.trace.c.trace_id == c.trace_id)
        statement = (
            select(c.body)
            .join(t.trace, join)
            .where(t.trace.c.project == self._project, t.trace.c.session_id == session_id)
            .order_by(c.time_ns)
        )
        with self._engine.connect() as connection:
            return "\n".join(unpack_text(body) for body in connection.execute(statement).scalars())

    def beside(self, session_id: str) -> Beside:
        """Return what was said of a session and its spans, and what each of its traces printed."""
        a, g = t.annotation.c, t.log.c
        said = select(a.span_id, a.name, a.value, a.time_ns).where(
            a.project == self._project, a.session_id == session_id, a.value.is_not(None)
        )
        printed = select(g.trace_id, g.body, g.time_ns).where(
            g.project == self._project, g.trace_id.in_(self._traces(session_id))
        )
        with self._engine.connect() as connection:
            annotations = [Annotation(*row) for row in connection.execute(said.order_by(a.span_id, a.name))]
            rows = connection.execute(printed.order_by(g.time_ns, g.trace_id)).all()
        return Beside(session_id, annotations, [Log(row.trace_id, unpack_text(row.body), row.time_ns) for row in rows])

    def ledgers(self, session_id: str) -> list[Ledger]:
        """Return what the recording processes said of a session's traces: by it one knows what is missing."""
        c = t.ledger.c
        statement = select(t.ledger).where(c.project == self._project, c.trace_id.in_(self._traces(session_id)))
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(c.process, c.trace_id)).all()
        return [
            Ledger(
                row.process,
                row.time_ns,
                sessions={
                    row.trace_id: SessionLedger(
                        spans=row.spans,
                        dropped_spans=row.dropped_spans,
                        dropped_payloads=row.dropped_payloads,
                        redactions=row.redactions,
                        has_ended=bool(row.has_ended),
                    )
                },
            )
            for row in rows
        ]

    def _traces(self, session_id: str) -> Select[tuple[str]]:
        c = t.trace.c
        return select(c.trace_id).where(c.project == self._project, c.session_id == session_id)

    def check(self, query: str) -> None:
        """Raise what asking a query would raise, without asking it.

        Raises:
            QueryError: The query cannot be understood.
        """
        self.condition(query, None, None, time.time_ns())

    def condition(self, query: str, since_ns: int | None, until_ns: int | None, now_ns: int) -> ColumnElement[bool]:
        """The condition on the session table that a query and a range make, for questions of one's own.

        Raises:
            QueryError: The query cannot be understood.
        """
        parts = [t.session.c.project == self._project]
        if since_ns is not None:
            parts.append(t.session.c.start_ns >= since_ns)
        if until_ns is not None:
            parts.append(t.session.c.start_ns < until_ns)
        tree = parse(query, now_ns)
        return and_(*parts, *(Conditions(self._project, now_ns).of(part) for part in tree.parts))

    def _shape(self, connection: Connection, found: Any) -> list[Session]:
        numbers = [row.sid for row in found]
        tags: dict[int, list[str]] = {}
        c = t.session_tag.c
        statement = select(c.sid, c.tag).where(c.project == self._project, c.is_removed == 0, c.sid.in_(numbers))
        for sid, tag in connection.execute(statement.order_by(c.tag)):
            tags.setdefault(sid, []).append(tag)
        said = self._said(connection, [row.session_id for row in found])
        return [
            shape.session_of(row, tags.get(row.sid, []), said.get(row.session_id, {}), row.shown_state) for row in found
        ]

    def _said(self, connection: Connection, session_ids: list[str]) -> dict[str, dict[str, str]]:
        c = t.annotation.c
        statement = select(c.session_id, c.name, c.value).where(
            c.project == self._project, c.span_id == "", c.value.is_not(None), c.session_id.in_(session_ids)
        )
        said: dict[str, dict[str, str]] = {}
        for session_id, name, value in connection.execute(statement):
            said.setdefault(session_id, {})[name] = value
        return said

    def fill(self, connection: Connection, found: Iterable[Any], spans: list[Span]) -> None:
        """Fill in the payloads of spans, in place; ``found`` holds their rows."""
        blocks = {row.span_id: row.block_id for row in found}
        contents: dict[int, Any] = {}
        wanted = sorted({block for block in blocks.values() if block is not None})
        for start in range(0, len(wanted), 500):
            c = t.payload.c
            statement = select(c.block_id, c.body).where(
                c.project == self._project, c.block_id.in_(wanted[start : start + 500])
            )
            contents.update((block_id, unpack(body)) for block_id, body in connection.execute(statement))
        for span in spans:
            shape.with_payload(span, contents.get(blocks[span["id"]], {}).get(span["id"], {}))

    def block_texts(self, block_ids: list[int]) -> Iterator[tuple[int, str]]:
        """Yield payload blocks as the JSON text that they are stored as, in any order; some are in memory at a time.

        Those that were deleted meanwhile are left out.
        """
        c = t.payload.c
        for start in range(0, len(block_ids), _BLOCKS_AT_ONCE):
            wanted = block_ids[start : start + _BLOCKS_AT_ONCE]
            statement = select(c.block_id, c.body).where(c.project == self._project, c.block_id.in_(wanted))
            with self._engine.connect() as connection:
                found = connection.execute(statement).all()
            for block_id, body in found:
                yield block_id, unpack_text(body)
