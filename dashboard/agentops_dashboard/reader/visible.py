"""The rows of a tree that a view shows, and what stands in each."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property

__all__ = ["Visible"]


@dataclass(frozen=True)
class Visible:
    """The visible rows: a span each, and one more for the heading above the detached spans, where a view has it.

    Attributes:
        places: The places in the outline of the spans that are shown.
        depths: The depth at which each of them is shown.
        hits: The rows in which something was found.
        unwrapped: How many wrappers were left out.
        cut: Where children are left out: the last place shown of them, and how many come after it.
        detached_from: The first place below the heading, folded away or not; None where there is no heading.
    """

    places: list[int]
    depths: list[int]
    hits: list[int]
    unwrapped: int
    cut: dict[int, int] = field(default_factory=dict)
    detached_from: int | None = None

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.places) + (self.heading is not None)

    @cached_property
    def heading(self) -> int | None:
        """The row of the heading; None where there is none."""
        return None if self.detached_from is None else bisect_left(self.places, self.detached_from)

    def place_at(self, row: int) -> int | None:
        """The place of the span that a row shows; None for the heading."""
        return None if row == self.heading else self.places[self._span_at(row)]

    def depth_at(self, row: int) -> int:
        """How many levels below the top a row is shown."""
        return 0 if row == self.heading else self.depths[self._span_at(row)]

    def row_of(self, place: int | None) -> int:
        """The row at which a place, or with None the heading, is shown, or the nearest one above it in the tree."""
        if place is None:
            return self.heading or 0
        at = self._numbers.get(place)
        if at is None:
            at = bisect_right(self.places, place) - 1
        is_below = self.detached_from is not None and place >= self.detached_from
        return max(0, at + is_below)

    def _span_at(self, row: int) -> int:
        """The number among the spans shown of the one in a row."""
        return row if self.heading is None or row < self.heading else row - 1

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {place: number for number, place in enumerate(self.places)}
