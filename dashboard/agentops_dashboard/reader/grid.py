"""The intervals that courses over time are counted in."""

from dataclasses import dataclass

__all__ = ["MOST_INTERVALS", "Grid"]

MOST_INTERVALS = 400


@dataclass(frozen=True, slots=True)
class Grid:
    """``count`` intervals of ``width_ns`` from ``origin_ns``; only what starts in ``[since_ns, until_ns)`` counts.

    The first interval may begin before ``since_ns`` and the last may end after ``until_ns``, so that intervals of an
    hour are those of the clock.
    """

    since_ns: int
    until_ns: int
    origin_ns: int
    width_ns: int
    count: int

    @classmethod
    def into(cls, since_ns: int, until_ns: int, count: int) -> "Grid":
        """So many intervals, the first of which begins at ``since_ns``."""
        width_ns = max(-(-(until_ns - since_ns) // count), 1)
        return cls(since_ns, until_ns, since_ns, width_ns, count)

    @classmethod
    def of_width(cls, since_ns: int, until_ns: int, width_ns: int) -> "Grid | None":
        """Intervals of this width by the clock (UTC); None if there would be more than ``MOST_INTERVALS``."""
        origin_ns = since_ns - since_ns % width_ns
        count = -(-(until_ns - origin_ns) // width_ns)
        return cls(since_ns, until_ns, origin_ns, width_ns, count) if 0 < count <= MOST_INTERVALS else None

    def number(self, moment_ns: int) -> int:
        """The interval that a moment lies in, from 0."""
        return (moment_ns - self.origin_ns) // self.width_ns

    def start_ns(self, number: int) -> int:
        """When an interval begins."""
        return self.origin_ns + number * self.width_ns
