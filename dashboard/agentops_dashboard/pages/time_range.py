"""The time range that list and analytics share, as the address names it."""

from dataclasses import dataclass
from typing import Final

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.zone import Zone
from agentops_dashboard.query.fields import read_time
from agentops_dashboard.semantics.record import FARTHEST_NS

__all__ = ["RANGES", "RANGE_PARAMETERS", "TimeRange", "chosen_range"]

RANGES: Final = (("15m", "15m"), ("1h", "1h"), ("24h", "24h"), ("7d", "7d"), ("30d", "30d"), ("all", "All"))
RANGE_PARAMETERS: Final = ("range", "from", "to")
_UNIT_S: Final = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class TimeRange:
    """``key`` is one of ``RANGES`` or ``custom``; the bounds are nanoseconds since the epoch, None for open."""

    key: str
    since_ns: int | None
    until_ns: int | None

    @property
    def is_until_now(self) -> bool:
        """Whether it is the last so long, and goes on while time does."""
        return self.key not in ("all", "custom")

    def label(self, zone: Zone) -> str:
        """The bounds of a custom range, by the clock of a zone."""
        if self.key != "custom":
            return ""
        since, until = (
            "" if moment is None else zone.clock(moment, "%d %b %H:%M") for moment in (self.since_ns, self.until_ns)
        )
        return f"{since or '…'} – {until or 'now'}"


def chosen_range(address: Address, now_ns: int) -> TimeRange:
    """Read ``from``/``to`` (RFC 3339 or nanoseconds), else ``range``, else everything."""
    now_ns -= now_ns % 1000  # links from what is shown then name the same moment: they have whole microseconds
    since, until = _moment(address.get("from"), now_ns), _moment(address.get("to"), now_ns)
    if since is not None or until is not None:
        return TimeRange("custom", since, until)
    key = address.get("range", "all")
    if key == "all" or key not in dict(RANGES):
        return TimeRange("all", None, None)
    return TimeRange(key, now_ns - int(key[:-1]) * _UNIT_S[key[-1]] * 1_000_000_000, None)


def _moment(text: str, now_ns: int) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return min(int(text), FARTHEST_NS)
    return read_time(text, now_ns) if text else None
