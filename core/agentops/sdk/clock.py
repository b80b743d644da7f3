"""Time as recorded: nanoseconds since the Unix epoch that never run backwards within a session."""

import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Where time comes from; tests put in a clock that ticks."""

    def anchored(self) -> Callable[[], int]:
        """Return a function that gives the time in nanoseconds since the epoch and never goes back."""


class SystemClock:
    """Wall-clock time at the moment of anchoring, carried on by the monotonic clock.

    So a corrected or switched system clock changes no duration, and each new session starts at the right time again.
    """

    def anchored(self) -> Callable[[], int]:
        """Anchor a clock; each session takes one when it starts."""
        counter = time.perf_counter_ns
        offset = time.time_ns() - counter()
        return lambda: counter() + offset
