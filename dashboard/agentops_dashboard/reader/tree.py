"""The order of a session's tree."""

from collections.abc import Sequence
from itertools import chain, repeat
from operator import eq, lt
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
        position: Each place's position among its siblings.
        end: The place after each place's subtree.
        children: How many direct children each place has.
        detached: Ids of the spans whose parents are not there.
        detached_from: The place of the first of them, after which come none but these and what is below them; the
            number of all spans without any.
        roots: How many spans at the top level are not detached.
    """

    __slots__ = (
        "_tops", "children", "depth", "detached", "detached_from", "end", "numbers", "parents", "position", "roots",
    )  # fmt: skip

    def __init__(
        self,
        span_ids: Sequence[str],
        parent_ids: Sequence[str | None],
        starts_ns: Sequence[int],
        seqs: Sequence[int | None],
    ) -> None:
        # What goes over all spans is left to loops inside of the interpreter where it can be: of a large session that
        # halves the time until its first row is seen.
        numbers = _by_start(span_ids, starts_ns, seqs)
        # From here on a span is its rank by start. The top above all roots is -1: the last entry of lists by rank.
        ids = [span_ids[number] for number in numbers]
        parent_of = [parent_ids[number] for number in numbers]
        ranks = range(len(ids))
        rank_of: dict[str | None, int] = dict(zip(ids, ranks, strict=True))
        above = list(map(rank_of.get, parent_of, repeat(_TOP)))
        tops = _tops(above, parent_of)
        self.detached = {ids[rank] for rank in tops if parent_of[rank] is not None}
        downwards: Sequence[int] = ranks
        if not all(map(lt, above, ranks)):
            downwards, tops = self._find_downwards(ids, above, parent_of)
        self.roots = parent_of.count(None)
        self._lay_out(numbers, above, tops, downwards)

    def siblings(self, place: int) -> int:
        """How many spans have the same parent as the one at a place, itself included."""
        parent = self.parents[place]
        return self._tops if parent == _TOP else self.children[parent]

    def _find_downwards(
        self, ids: list[str], above: list[int], parent_of: list[str | None]
    ) -> tuple[list[int], list[int]]:
        """All spans, each after its parent, and those at the top: where some began before their parents."""
        for rank in [rank for rank, parent in enumerate(above) if parent == rank]:
            above[rank] = _TOP
            self.detached.add(ids[rank])
        tops = _tops(above, parent_of)
        below = _children_of(above)
        reached = _by_level(tops, below)
        seen = set(reached)
        # Spans that are each other's ancestors are reached from no root: the circle is cut at its first span.
        for rank in [rank for rank in range(len(ids)) if rank not in seen]:
            if rank not in seen:
                self.detached.add(ids[rank])
                below[above[rank]].remove(rank)
                above[rank] = _TOP
                tops.append(rank)
                found = _by_level([rank], below)
                seen.update(found)
                reached += found
        return reached, tops

    def _lay_out(self, numbers: list[int], above: list[int], tops: list[int], downwards: Sequence[int]) -> None:
        """Give each span the place that follows from the sizes of the subtrees before it."""
        count = len(numbers)
        sizes = [1] * (count + 1)
        for rank in reversed(downwards):
            sizes[above[rank]] += sizes[rank]
        place_of, free = [_TOP] * (count + 1), [0] * (count + 1)
        for rank in chain(tops, [rank for rank in downwards if above[rank] != _TOP]):
            parent = above[rank]
            place_of[rank] = place = free[parent]
            free[parent] = place + sizes[rank]
            free[rank] = place + 1
        self.detached_from = place_of[tops[self.roots]] if self.roots < len(tops) else count
        ranks = [0] * count
        for rank, place in enumerate(place_of[:count]):
            ranks[place] = rank
        self.numbers = [numbers[rank] for rank in ranks]
        self.parents = [place_of[above[rank]] for rank in ranks]
        self.end = [place + sizes[rank] for place, rank in enumerate(ranks)]
        self._count_children()

    def _count_children(self) -> None:
        self.depth: list[int] = []
        self.position: list[int] = []
        children = [0] * (len(self.parents) + 1)
        for parent in self.parents:
            self.depth.append(self.depth[parent] + 1 if parent != _TOP else 0)
            self.position.append(children[parent])
            children[parent] += 1
        self._tops = children.pop()
        self.children = children


def _by_start(span_ids: Sequence[str], starts_ns: Sequence[int], seqs: Sequence[int | None]) -> list[int]:
    """The numbers of the spans by start; of those that began at once by ``seq``, then by id."""
    numbers = sorted(range(len(starts_ns)), key=starts_ns.__getitem__)
    starts = [starts_ns[number] for number in numbers]
    if any(map(eq, starts, starts[1:])):
        keys = list(zip(starts_ns, [seq or 0 for seq in seqs], span_ids, strict=True))
        numbers.sort(key=keys.__getitem__)
    return numbers


def _tops(above: list[int], parent_of: list[str | None]) -> list[int]:
    """What is at the top: the roots before what is detached."""
    tops = [rank for rank, parent in enumerate(above) if parent == _TOP]
    return sorted(tops, key=lambda rank: parent_of[rank] is not None)


def _children_of(above: list[int]) -> dict[int, list[int]]:
    """The children of each span by start."""
    below: dict[int, list[int]] = {}
    for rank, parent in enumerate(above):
        below.setdefault(parent, []).append(rank)
    return below


def _by_level(tops: list[int], below: dict[int, list[int]]) -> list[int]:
    """Some spans and all below them, each parent before its children."""
    found = tops[:]
    for rank in found:
        if rank in below:
            found += below[rank]
    return found
