"""A session's whole tree kept in memory, so that windows of it, sums and searches cost next to nothing."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, chain
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.reader import rows as shape
from agentops_dashboard.reader.remembered import remembered
from agentops_dashboard.reader.shapes import Heading, Span, TreeRow
from agentops_dashboard.reader.span_rows import FRAME, SpanRows, columns_of, to_row
from agentops_dashboard.reader.tree import TreeIndex
from agentops_dashboard.reader.visible import Visible
from agentops_dashboard.store import tables as t

if TYPE_CHECKING:
    from agentops_dashboard.reader.reader import Reader

__all__ = ["DETACHED", "WRAPPER_KINDS", "Outline", "Outlines", "TreeView"]

DETACHED: Final = "detached"
"""What a view calls the heading above the detached spans, as it calls a span by its id: no span has this one."""

WRAPPER_KINDS: Final = frozenset({SpanKind.CHAIN, SpanKind.OPERATION, SpanKind.WORKFLOW})
"""What frameworks wrap around the work: can be folded away, their children move up."""
_ORDERED_BY: Final = ("span_id", "parent_id", "start_ns", "seq")
_SEARCHED: Final = ("name", "preview", "agent", "model", "error_type", "error_message", "swallowed")
_AT_ONCE: Final = 500
_MOST_WHOLE: Final = 2_000
"""Of a session of so many spans all rows are read at once: in two steps it would take longer."""


@dataclass(frozen=True, slots=True)
class TreeView:
    """Which rows of a tree are wanted.

    Attributes:
        collapsed: Ids of spans whose subtrees are folded away.
        depth: Fold away what lies deeper than this many levels,
        opened: except below these spans.
        kinds: Only these kinds and their ancestors; empty for all.
        errors_only: Only failed spans and their ancestors.
        is_unwrapped: Leave out wrapper spans that have children and did not fail.
        find: Text to look for in names, previews, agents, models and errors.
        hits_only: Only what ``find`` hits, and its ancestors.
        most_children: Show so many children of a span, unless something is looked for or filtered by;
        more: so many of these spans instead.
        is_by_start: In the order of time, without levels.
        has_heading: Detached spans stand below a heading, which is a row and folds as a span does; not in the order of
        time.
    """

    collapsed: frozenset[str] = frozenset()
    depth: int | None = None
    opened: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    errors_only: bool = False
    is_unwrapped: bool = False
    find: str = ""
    hits_only: bool = False
    most_children: int | None = None
    more: frozenset[tuple[str, int]] = frozenset()
    is_by_start: bool = False
    has_heading: bool = False

    @property
    def is_filtered(self) -> bool:
        """Whether some spans are left out for what they are."""
        return bool(self.kinds or self.errors_only or (self.hits_only and self.find))

    def is_closed(self, span_id: str, depth: int) -> bool:
        """Whether the subtree of a span shown at a depth is folded away."""
        is_deep = self.depth is not None and depth + 1 >= self.depth and span_id not in self.opened
        return is_deep or span_id in self.collapsed


@dataclass(slots=True)
class Outline:
    """One session's tree in order, with sums over subtrees; ``order`` holds the span rows.

    ``errors`` are the places where errors began: of failed spans those that did not get it from one below.
    What is computed from a whole outline is kept in ``derived`` by ``remembered``.
    """

    session_id: str
    index: TreeIndex
    order: SpanRows
    places: dict[str, int] = field(init=False)
    derived: dict[Any, Any] = field(init=False, default_factory=dict)
    errors: list[int] = field(init=False)
    _errors: "_Sums" = field(init=False)
    _tokens: "tuple[_Sums, _Sums]" = field(init=False)
    _cost: "_Sums" = field(init=False)
    _seen: OrderedDict[TreeView, Visible] = field(init=False, default_factory=OrderedDict)

    @classmethod
    def of(cls, session_id: str, rows: list[Any]) -> "Outline":
        """The outline of whole span rows, which come in any order."""
        index = TreeIndex(*(list(map(attrgetter(name), rows)) for name in _ORDERED_BY))
        return cls(session_id, index, SpanRows({}, index.numbers, _nothing, [rows[number] for number in index.numbers]))

    def __post_init__(self) -> None:
        """Prepare the sums."""
        span_ids, parent_ids = self.column("span_id"), self.column("parent_id")
        self.places = dict(zip(span_ids, range(len(span_ids)), strict=True))
        failed = [place for place, status in enumerate(self.column("status")) if status == SpanStatus.ERROR]
        passed_on = {parent_ids[place] for place in failed}
        self.errors = [place for place in failed if span_ids[place] not in passed_on]
        self._errors = _Sums(dict.fromkeys(self.errors, 1))
        self._tokens = (_Sums.of(self.column("input_tokens")), _Sums.of(self.column("output_tokens")))
        self._cost = _Sums.of(self.column("cost_nano"))

    @property
    def parents(self) -> list[int]:
        """The place of each span's parent; -1 at the top level."""
        return self.index.parents

    def column(self, name: str) -> list[Any]:
        """One column of all spans, in their order: going over it is several times as fast as over the rows."""
        return self.order.column(name)

    @remembered
    def of_kind(self, kind: str) -> list[int]:
        """The places of the spans of a kind."""
        return [place for place, own in enumerate(self.column("kind")) if own == kind]

    @remembered
    def extent(self) -> tuple[int, int]:
        """The first beginning, and the last beginning or end, in nanoseconds; twice 0 of nothing."""
        starts, ends = self.column("start_ns"), self.column("end_ns")
        return min(starts, default=0), max(chain(starts, filter(None, ends)), default=0)

    def __len__(self) -> int:
        """Number of spans."""
        return len(self.index.numbers)

    def tokens_below(self, place: int) -> int | None:
        """Tokens of a span and all below it; None if none of them says."""
        return self._tokens_within(place, self.index.end[place])

    def _tokens_within(self, start: int, end: int) -> int | None:
        asked, said = (sums.within(start, end) for sums in self._tokens)
        return (asked or 0) + (said or 0) if asked is not None or said is not None else None

    def cost_below(self, place: int) -> int | None:
        """Nano-USD of a span and all below it; None if none of them has a price."""
        return self._cost.within(place, self.index.end[place])

    def errors_below(self, place: int) -> int:
        """Errors among a span and all below it, each counted where it began, as the session's summary does."""
        return self._errors.within(place, self.index.end[place]) or 0

    def visible(self, view: TreeView) -> Visible:
        """The rows that a view shows; the last few views are remembered."""
        found = self._seen.get(view)
        if found is None:
            found = self._seen[view] = self._find_visible(view)
            while len(self._seen) > 6:
                self._seen.popitem(last=False)
        return found

    def _find_visible(self, view: TreeView) -> Visible:
        hits = self._hits(view.find.casefold()) if view.find else frozenset()
        keep = self._kept(view, hits)
        shown = self.index.depth[:]
        places: list[int] = []
        detached_from = self._detached_from(view)
        if detached_from is not None and keep is not None and keep.find(1, detached_from) < 0:
            detached_from = None
        below = len(self) if detached_from is None else detached_from
        place, count, unwrapped = 0, below if view.is_closed(DETACHED, 0) else len(self), 0
        limits, most_children = self._limits(view), view.most_children or 0
        cut: dict[int, int] = {}
        parents, end, span_ids = self.parents, self.index.end, self.column("span_id")
        positions, children = self.index.position, self.index.children
        while place < count:
            parent = parents[place]
            if parent >= 0:
                shown[place] = shown[parent] + 1
            elif place >= below:
                shown[place] = 1
            if keep is not None and not keep[place]:
                place = place + 1
                continue
            if limits is not None and parent >= 0:
                most, position = limits.get(parent, most_children), positions[place]
                if position >= most:
                    place = end[place]
                    continue
                if position == most - 1 and children[parent] > most:
                    cut[place] = children[parent] - most
            if view.is_unwrapped and self._is_wrapper(place):
                shown[place] -= 1
                unwrapped += 1
                place += 1
                continue
            places.append(place)
            is_closed = view.is_closed(span_ids[place], shown[place])
            place = end[place] if is_closed else place + 1
        depths = [max(0, shown[place]) for place in places]
        if view.is_by_start:
            starts = self.column("start_ns")
            places.sort(key=lambda place: (starts[place], place))
            depths = [0] * len(places)
        hit_rows = [at + (place >= below) for at, place in enumerate(places) if place in hits]
        return Visible(places, depths, hit_rows, unwrapped, cut, detached_from)

    def _detached_from(self, view: TreeView) -> int | None:
        """The first place that stands below the heading in a view; None where none does."""
        has_heading = view.has_heading and not view.is_by_start and self.index.detached_from < len(self)
        return self.index.detached_from if has_heading else None

    def _limits(self, view: TreeView) -> dict[int, int] | None:
        """How many children of single spans are shown; None where all are."""
        if view.most_children is None or view.is_filtered or view.find:
            return None
        return {self.places[span_id]: most for span_id, most in view.more if span_id in self.places}

    def is_parallel(self, place: int) -> bool:
        """Whether a span ran at the same time as one of its siblings."""
        parent = self.parents[place]
        return parent >= 0 and place in self._parallel_below(parent)

    @remembered
    def _parallel_below(self, parent: int) -> frozenset[int]:
        return frozenset(self._find_parallel(parent))

    def _find_parallel(self, parent: int) -> Iterator[int]:
        # Siblings come by start, so each needs to be compared with the one that reached furthest before it only.
        starts, ends, end_of = self.column("start_ns"), self.column("end_ns"), self.index.end
        reached, before = 0, -1
        place = parent + 1
        while place < end_of[parent]:
            start, end = starts[place], ends[place] or 2**63
            if start < reached and end > start:
                yield before
                yield place
            if end > reached:
                reached, before = end, place
            place = end_of[place]

    def _is_wrapper(self, place: int) -> bool:
        kind, status = self.column("kind")[place], self.column("status")[place]
        has_children = self.index.end[place] > place + 1
        return kind in WRAPPER_KINDS and has_children and status != SpanStatus.ERROR and self.parents[place] >= 0

    def _hits(self, text: str) -> frozenset[int]:
        hits: set[int] = set()
        for values in self.order.columns(*_SEARCHED):
            hits.update(place for place, value in enumerate(values) if value is not None and text in value.casefold())
        return frozenset(hits)

    def _kept(self, view: TreeView, hits: frozenset[int]) -> bytearray | None:
        """Marks of what a filter keeps, ancestors included; None when nothing is filtered."""
        if not view.is_filtered:
            return None
        keep = bytearray(len(self))
        kinds, statuses, swallowed = map(self.column, ("kind", "status", "swallowed"))
        for place in range(len(self) - 1, -1, -1):
            is_wanted = (
                (not view.kinds or kinds[place] in view.kinds)
                and (not view.errors_only or statuses[place] == SpanStatus.ERROR or swallowed[place] is not None)
                and (not (view.hits_only and view.find) or place in hits)
            )
            if is_wanted or keep[place]:
                keep[place] = 1
                if self.parents[place] >= 0:
                    keep[self.parents[place]] = 1
        return keep

    def rows(self, view: TreeView, offset: int, limit: int) -> list[TreeRow | Heading]:
        """A window of the visible rows."""
        visible = self.visible(view)
        window = range(offset, min(offset + limit, len(visible)))
        places = [visible.place_at(row) for row in window]
        self.order.fetch([place for place in places if place is not None])
        return [
            self._heading(view) if place is None else self._row(place, visible.depth_at(row), view, visible)
            for row, place in zip(window, places, strict=True)
        ]

    def _row(self, place: int, depth: int, view: TreeView, visible: Visible) -> TreeRow:
        row = self.order[place]
        position, siblings = self._among(place, view)
        return {
            "span": shape.span_of(row, self.session_id),
            "depth": depth,
            "children": self.index.children[place],
            "descendants": self.index.end[place] - place - 1,
            "is_collapsed": view.is_closed(row.span_id, depth),
            "is_detached": row.span_id in self.index.detached,
            "is_parallel": self.is_parallel(place),
            "cut_after": visible.cut.get(place, 0),
            "position": position,
            "siblings": siblings,
            "subtree_errors": self.errors_below(place),
            "subtree_tokens": self.tokens_below(place),
            "subtree_cost": shape.cost_of(self.cost_below(place), None),
        }

    def _among(self, place: int, view: TreeView) -> tuple[int, int]:
        """A row's position, and how many stand beside it, itself included."""
        position, siblings = self.index.position[place], self.index.siblings(place)
        detached_from = self._detached_from(view)
        if detached_from is None or self.parents[place] >= 0:
            return position, siblings
        roots = self.index.roots
        return (position, roots + 1) if place < detached_from else (position - roots, siblings - roots)

    def _heading(self, view: TreeView) -> Heading:
        first, end = self.index.detached_from, len(self)
        return {
            "detached": len(self.index.detached),
            "descendants": end - first,
            "is_collapsed": view.is_closed(DETACHED, 0),
            "position": self.index.roots,
            "siblings": self.index.roots + 1,
            "subtree_errors": self._errors.within(first, end) or 0,
            "subtree_tokens": self._tokens_within(first, end),
            "subtree_cost": shape.cost_of(self._cost.within(first, end), None),
        }

    def ancestors(self, place: int) -> list[int]:
        """The places from the top down to the parent of a place."""
        path: list[int] = []
        while (place := self.parents[place]) >= 0:
            path.append(place)
        return path[::-1]


def _nothing(names: Sequence[str], span_ids: Sequence[str] | None) -> Sequence[Sequence[Any]]:
    """There is nothing more to read."""
    return []


class _Sums:
    """What some places say, added up over any stretch of places; most places say nothing."""

    __slots__ = ("_places", "_until")

    def __init__(self, said: dict[int, int]) -> None:
        self._places = list(said)
        self._until = list(accumulate(said.values(), initial=0))

    @classmethod
    def of(cls, values: list[int | None]) -> "_Sums":
        """The sums of a column, in which None is what says nothing."""
        return cls({place: value for place, value in enumerate(values) if value is not None})

    def within(self, start: int, end: int) -> int | None:
        """What the places of a stretch say together; None if none of them says anything."""
        first, last = bisect_left(self._places, start), bisect_left(self._places, end)
        return self._until[last] - self._until[first] if last > first else None


class Outlines:
    """The outlines of the sessions looked at last; one is read again when its session has changed."""

    def __init__(self, reader: "Reader", most: int = 4) -> None:
        self._reader = reader
        self._most = most
        self._kept: OrderedDict[str, tuple[int, Outline]] = OrderedDict()
        self._lock = Lock()

    def of(self, session_id: str) -> Outline:
        """The outline of a session; empty if there is no such session."""
        revision, spans = self._state(session_id)
        with self._lock:
            kept = self._kept.get(session_id)
            if kept is not None and kept[0] == revision:
                self._kept.move_to_end(session_id)
                return kept[1]
        outline = self.read(session_id) if spans <= _MOST_WHOLE else self._read_frame(session_id)
        with self._lock:
            self._kept[session_id] = (revision, outline)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return outline

    def read(self, session_id: str) -> Outline:
        """The outline of a session, read now and not kept: for going over many."""
        return Outline.of(session_id, list(map(to_row, chain.from_iterable(self._read(session_id, t.span.c.keys())))))

    def _read_frame(self, session_id: str) -> Outline:
        """The outline of a large session: rows are read when they are looked at."""
        reading = partial(self._read, session_id)
        frame = columns_of(FRAME, reading)
        span_ids = frame["span_id"]
        if len(set(span_ids)) < len(span_ids):  # two traces use the same ids: rows cannot be told apart by them
            return self.read(session_id)
        index = TreeIndex(*(frame[name] for name in _ORDERED_BY))
        return Outline(session_id, index, SpanRows(frame, index.numbers, reading))

    def with_payloads(self, outline: Outline, places: list[int]) -> list[Span]:
        """Some spans of an outline with their inputs, outputs and attributes."""
        outline.order.fetch(places)
        found = [outline.order[place] for place in places]
        spans = [shape.span_of(row, outline.session_id) for row in found]
        with self._reader.connect() as connection:
            self._reader.fill(connection, found, spans)
        return spans

    def revision(self, session_id: str) -> int:
        """A number that is another one whenever the session has changed."""
        return self._state(session_id)[0]

    def _state(self, session_id: str) -> tuple[int, int]:
        """The revision of a session, and how many spans it has; 0 and 0 if there is no such session."""
        c = t.session.c
        statement = select(c.revision, c.spans).where(c.project == self._reader.project, c.session_id == session_id)
        with self._reader.connect() as connection:
            found = connection.execute(statement).first()
        return (found.revision, found.spans) if found else (0, 0)

    def _read(
        self, session_id: str, names: Sequence[str], span_ids: Sequence[str] | None = None
    ) -> Iterator[Sequence[Any]]:
        """Columns of the spans, some hundred rows at a time."""
        join = and_(t.trace.c.project == t.span.c.project, t.trace.c.trace_id == t.span.c.trace_id)
        statement = (
            select(*(t.span.c[name] for name in names))
            .join(t.trace, join)
            .where(t.trace.c.project == self._reader.project, t.trace.c.session_id == session_id)
        )
        if span_ids is not None:
            statement = statement.where(t.span.c.span_id.in_(span_ids))
        with self._reader.connect() as connection:
            # As the driver gives them: the toolkit's own rows would cost a third as much again.
            cursor = connection.execute(statement).cursor
            while rows := cursor.fetchmany(_AT_ONCE):
                yield rows
