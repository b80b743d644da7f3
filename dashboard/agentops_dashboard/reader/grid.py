"""The intervals that courses over time are counted in."""

from dataclasses import dataclass
from typing import Final

__all__ = ["MOST_INTERVALS", "Grid", "around"]

MOST_INTERVALS: Final = 400
_MICROSECOND_NS: Final = 1_000
_MINUTE_NS: Final = 60_000_000_000


def around(first_ns: int, last_ns: int) -> tuple[int, int]:
    """The time that holds two moments, ``[since_ns, until_ns)``, in whole microseconds as addresses have them."""
    return first_ns - first_ns % _MICROSECOND_NS, _rounded_up(last_ns + 1, _MICROSECOND_NS)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step


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
        """So many intervals of whole microseconds, the first of which begins at ``since_ns``."""
        width_ns = max(_rounded_up(-(-(until_ns - since_ns) // count), _MICROSECOND_NS), _MICROSECOND_NS)
        return cls(since_ns, until_ns, since_ns, width_ns, count)

    @classmethod
    def over(cls, since_ns: int, until_ns: int, count: int) -> "Grid":
        """So many intervals for all that there is: of a minute at least, the last of which holds the end.

        The first sessions of a store lie within seconds, and an axis of milliseconds says nothing to anybody.
        """
        if until_ns - since_ns >= (count - 1) * _MINUTE_NS:
            return cls.into(since_ns, until_ns, count)
        return cls(since_ns, until_ns, _rounded_up(until_ns, _MINUTE_NS) - count * _MINUTE_NS, _MINUTE_NS, count)

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
