"""Rate limits: a bucket of tokens per name, refilled evenly."""

import threading
import time
from collections import OrderedDict

__all__ = ["Buckets"]

_MOST_NAMES = 20_000


class Buckets:
    """Limits how often something may happen per name. Safe to share between threads.

    Names that were not seen for longest are forgotten first, which only ever lets more through.

    Args:
        rate: Tokens per second.
        burst: Tokens of a full bucket.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take a token; returns 0, or the seconds until there is one."""
        now = time.monotonic()
        with self._lock:
            level, since = self._levels.pop(name, (self._burst, now))
            level = min(self._burst, level + (now - since) * self._rate)
            is_granted = level >= 1
            self._levels[name] = (level - 1 if is_granted else level, now)
            if len(self._levels) > _MOST_NAMES:
                self._levels.popitem(last=False)
        return 0.0 if is_granted else (1 - level) / self._rate
