"""The order of a session's tree."""

from collections.abc import Sequence
from typing import Final

__all__ = ["TreeIndex"]

_TOP: Final = -1


class TreeIndex:
    """The places of a session's spans in tree order (depth first, children by start).

    A span whose parent is not in the session hangs at the top level and is marked detached, unless it is a root; such
    spans come after the roots.

    Args:
        span_ids: Of each span, in any order; the other arguments are in the same one.
        parent_ids: None for a root.
        starts_ns: When each began.
        seqs: Which of two that began at once came first; None counts as 0.

    Attributes:
        numbers: Which of the spans given stands at each place.
        parents: The place of each place's parent; -1 at the top level.
        depth: How many levels each place lies below the top.
        place: Each place's position among its siblings, and how many these are.
        end: The place after each place's subtree.
        children: How many direct children each place has.
        detached: Ids of the spans whose parents are not there.
    """

    __slots__ = ("children", "depth", "detached", "end", "numbers", "parents", "place")

    def __init__(
        self,
        span_ids: Sequence[str],
        parent_ids: Sequence[str | None],
        starts_ns: Sequence[int],
        seqs: Sequence[int | None],
    ) -> None:
        keys = list(zip(starts_ns, [seq or 0 for seq in seqs], span_ids, strict=True))
        numbers = sorted(range(len(keys)), key=keys.__getitem__)
        # From here on a span is its rank by start. The top above all roots is -1: the last entry of lists by rank.
        ids = [span_ids[number] for number in numbers]
        parent_of = [parent_ids[number] for number in numbers]
        above = self._find_parents(ids, parent_of)
        self.detached = {
            span_id
            for span_id, parent_id, rank in zip(ids, parent_of, above, strict=True)
            if rank == _TOP and parent_id is not None
        }
        below = _children_of(above, [parent_id is not None for parent_id in parent_of])
        reached = _by_level(_TOP, below)
        if len(reached) <= len(ids):
            self._cut_circles(ids, above, below, reached)
        self._lay_out(numbers, above, below, reached)

    @staticmethod
    def _find_parents(ids: list[str], parent_of: list[str | None]) -> list[int]:
        rank_of: dict[str | None, int] = {span_id: rank for rank, span_id in enumerate(ids)}
        above = [rank_of.get(parent_id, _TOP) for parent_id in parent_of]
        return [_TOP if parent == rank else parent for rank, parent in enumerate(above)]

    def _cut_circles(self, ids: list[str], above: list[int], below: dict[int, list[int]], reached: list[int]) -> None:
        """Spans that are each other's ancestors are reached from no root: cut the circle at its first span."""
        seen = set(reached)
        for rank, span_id in enumerate(ids):
            if rank not in seen:
                self.detached.add(span_id)
                below[above[rank]].remove(rank)
                below.setdefault(_TOP, []).append(rank)
                above[rank] = _TOP
                found = _by_level(rank, below)
                seen.update(found)
                reached += found

    def _lay_out(self, numbers: list[int], above: list[int], below: dict[int, list[int]], reached: list[int]) -> None:
        """Give each span the place that follows from the sizes of the subtrees before it; ``reached`` from the top."""
        count = len(numbers)
        sizes = [1] * (count + 1)
        for rank in reversed(reached):
            if rank != _TOP:
                sizes[above[rank]] += sizes[rank]
        self.numbers, self.parents, self.depth = [0] * count, [_TOP] * count, [0] * count
        self.place, self.end, self.children = [(0, 0)] * count, [0] * count, [0] * count
        place_of = [_TOP] * (count + 1)
        for rank in reached:
            children = below.get(rank)
            if children:
                self._place_children(children, place_of[rank], numbers, sizes, place_of)

    def _place_children(
        self, ranks: list[int], parent: int, numbers: list[int], sizes: list[int], place_of: list[int]
    ) -> None:
        siblings = len(ranks)
        depth = 0
        if parent != _TOP:
            self.children[parent] = siblings
            depth = self.depth[parent] + 1
        place = parent + 1
        for position, rank in enumerate(ranks):
            place_of[rank] = place
            self.numbers[place] = numbers[rank]
            self.parents[place] = parent
            self.depth[place] = depth
            self.place[place] = (position, siblings)
            place += sizes[rank]
            self.end[place_of[rank]] = place


def _children_of(above: list[int], is_child: list[bool]) -> dict[int, list[int]]:
    """The children of each span by start; at the top the roots before what is detached."""
    below: dict[int, list[int]] = {}
    for rank, parent in enumerate(above):
        if parent in below:
            below[parent].append(rank)
        else:
            below[parent] = [rank]
    if _TOP in below:
        below[_TOP].sort(key=is_child.__getitem__)
    return below


def _by_level(first: int, below: dict[int, list[int]]) -> list[int]:
    """A span and all below it, each parent before its children."""
    found = [first]
    for rank in found:
        if rank in below:
            found += below[rank]
    return found
