"""The order of a session's tree."""

from collections.abc import Sequence
from typing import Any

__all__ = ["TreeIndex"]


class TreeIndex:
    """A session's spans in tree order (depth first, children by start).

    A span whose parent is not in the session hangs at the top level and is marked detached, unless it is a root.

    Args:
        rows: Span rows; need ``trace_id, span_id, parent_id, start_ns, seq, kind, status, input_tokens,
            output_tokens, cost_nano``.
    """

    def __init__(self, rows: Sequence[Any]) -> None:
        ordered = sorted(rows, key=lambda row: (row.start_ns, row.seq or 0, row.span_id))
        known = {row.span_id for row in ordered}
        children: dict[str | None, list[Any]] = {}
        detached: set[str] = set()
        for row in ordered:
            parent = row.parent_id
            if parent is not None and (parent not in known or parent == row.span_id):
                detached.add(row.span_id)
                parent = None
            children.setdefault(parent, []).append(row)
        self.detached = detached
        self.order: list[Any] = []
        self.depth: list[int] = []
        self.place: list[tuple[int, int]] = []
        self._children = children
        self._walk()
        self._adopt_cycles(ordered)
        self.end: list[int] = self._subtree_ends()

    def _walk(self) -> None:
        tops = self._children.get(None, [])
        roots = [row for row in tops if row.span_id not in self.detached]
        self._walk_below(roots + [row for row in tops if row.span_id in self.detached])

    def _walk_below(self, tops: Sequence[Any]) -> None:
        order, depth, place, children_of = self.order.append, self.depth.append, self.place.append, self._children.get
        path = [(enumerate(tops), len(tops))]
        while path:
            siblings, count = path[-1]
            level = len(path) - 1
            for position, row in siblings:
                order(row)
                depth(level)
                place((position, count))
                below = children_of(row.span_id)
                if below:
                    path.append((enumerate(below), len(below)))
                    break
            else:
                path.pop()

    def _adopt_cycles(self, ordered: Sequence[Any]) -> None:
        """Spans that are each other's ancestors are reached from no root: cut the circle at its first span."""
        if len(self.order) == len(ordered):
            return
        seen = {row.span_id for row in self.order}
        for row in ordered:
            if row.span_id not in seen:
                self.detached.add(row.span_id)
                siblings = self._children[row.parent_id]
                siblings.remove(row)
                before = len(self.order)
                self._walk_below([row])
                seen.update(entry.span_id for entry in self.order[before:])

    def _subtree_ends(self) -> list[int]:
        ends = [0] * len(self.order)
        stack: list[int] = []
        for index, depth in enumerate(self.depth):
            while stack and self.depth[stack[-1]] >= depth:
                ends[stack.pop()] = index
            stack.append(index)
        for index in stack:
            ends[index] = len(self.order)
        return ends

    def children_count(self, index: int) -> int:
        """Number of direct children of the span at a place in ``order``."""
        return len(self._children.get(self.order[index].span_id, ()))
