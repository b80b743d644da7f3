"""How numbers, times and text are written, in the pages and in the terminal alike.

Unknown is written as an en dash, never as 0: a session without prices did not cost nothing.
"""

import re
from datetime import datetime, timezone, tzinfo
from typing import Final

__all__ = [
    "UNKNOWN",
    "absolute_time",
    "byte_size",
    "count",
    "duration",
    "full_count",
    "full_money",
    "lost_parents",
    "moment_of",
    "money",
    "one_line",
    "parse_time",
    "percent",
    "relative_time",
    "visible",
]

UNKNOWN: Final = "–"
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86400.0

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, lone surrogates, and the marks that turn the reading direction of what follows."""


def visible(text: str) -> str:
    """Make characters that hide or reorder text visible as ``⟨U+202E⟩``, so that a page shows what is really there.

    Line feed, carriage return and tab stay.
    """
    if _INVISIBLE.search(text) is None:
        return text
    return _INVISIBLE.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", text)


def one_line(text: str | None, limit: int = 160) -> str:
    """The text on one line, at most ``limit`` characters, an ellipsis where something was cut."""
    if not text:
        return ""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit and len(text) <= limit * 4 else line[: limit - 1].rstrip() + "…"


def duration(milliseconds: float | None) -> str:
    """``850 µs``, ``12 ms``, ``1.2 s``, ``4m 12s``, ``2h 03m``, ``3d 4h``."""
    if milliseconds is None:
        return UNKNOWN
    if milliseconds <= 0:
        return "0 ms"
    if milliseconds < 0.9995:
        return f"{milliseconds * 1000:.0f} µs"
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return _long_duration(round(seconds))


def _long_duration(seconds: int) -> str:
    if seconds < _HOUR:
        return f"{seconds // 60}m {seconds % 60:02d}s"
    if seconds < _DAY:
        return f"{seconds // 3600}h {seconds % 3600 // 60:02d}m"
    return f"{seconds // 86400}d {seconds % 86400 // 3600}h"


def count(number: float | None) -> str:
    """``7``, ``999``, ``12.4k``, ``3.1M``, ``2.0B``."""
    if number is None:
        return UNKNOWN
    for limit, unit in ((999.5, ""), (999_950, "k"), (999_950_000, "M"), (float("inf"), "B")):
        if abs(number) < limit:
            divisor = {"": 1, "k": 1e3, "M": 1e6, "B": 1e9}[unit]
            return f"{number:.0f}" if unit == "" else f"{number / divisor:.1f}{unit}"
    return f"{number:.0f}"


def full_count(number: float | None) -> str:
    """Every digit, in groups of three: ``12,412``."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def money(dollars: float | None) -> str:
    """``$0``, ``$0.0123``, ``$1.24``, ``$12.40``, ``$1.2k``; below a hundredth of a cent ``<$0.0001``."""
    if dollars is None:
        return UNKNOWN
    if dollars == 0:
        return "$0"
    size = abs(dollars)
    sign = "-" if dollars < 0 else ""
    if size < 0.0001:
        return f"{sign}<$0.0001"
    if size < 0.99995:
        return f"{sign}${size:.4f}"
    if size < 999.995:
        return f"{sign}${size:.2f}"
    return f"{sign}${count(size)}"


def full_money(dollars: float | None) -> str:
    """To the nano-dollar, trailing zeros left out: ``$0.0123456``."""
    return UNKNOWN if dollars is None else "$" + f"{dollars:,.9f}".rstrip("0").rstrip(".")


def lost_parents(spans: int) -> str:
    """Say of how many spans the parents did not arrive."""
    return (
        "1 span whose parent did not arrive"
        if spans == 1
        else f"{full_count(spans)} spans whose parents did not arrive"
    )


def percent(share: float | None) -> str:
    """A share of 1 as ``0%``, ``0.4%``, ``97.3%``, ``100%``; never rounds up to 100 or down to 0."""
    if share is None:
        return UNKNOWN
    if share in (0, 1):
        return f"{share * 100:.0f}%"
    return f"{min(max(share * 100, 0.1), 99.9):.1f}%" if 0 < share < 1 else f"{share * 100:.0f}%"


def byte_size(size: float | None) -> str:
    """``812 B``, ``64 KB``, ``2.1 MB``; a KB is 1,024 bytes."""
    if size is None:
        return UNKNOWN
    for unit in ("B", "KB", "MB", "GB"):
        if abs(size) < 1023.5 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 9.95 else f"{size:.1f} {unit}"
        size /= 1024
    return UNKNOWN


def parse_time(text: str | None) -> datetime | None:
    """Read an RFC 3339 time; None for None."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def moment_of(time_ns: int | None) -> datetime | None:
    """Nanoseconds since the epoch as a moment in UTC."""
    return None if time_ns is None else datetime.fromtimestamp(time_ns / 1e9, timezone.utc)


def relative_time(moment: datetime | None, now: datetime | None = None) -> str:
    """``just now``, ``42 s ago``, ``5 min ago``, ``3 h ago``, ``2 d ago``, then the date."""
    if moment is None:
        return UNKNOWN
    seconds = ((now or datetime.now(timezone.utc)) - moment).total_seconds()
    if seconds < -_MINUTE:
        return moment.strftime("%Y-%m-%d %H:%M")
    if seconds < 2:
        return "just now"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s ago"
    if seconds < _HOUR:
        return f"{seconds // 60:.0f} min ago"
    if seconds < _DAY:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86400:.0f} d ago" if seconds < 14 * _DAY else moment.strftime("%Y-%m-%d")


def absolute_time(moment: datetime | None, zone: tzinfo = timezone.utc) -> str:
    """``2025-03-01 14:03:07.123 UTC``, by the clock of a zone."""
    if moment is None:
        return UNKNOWN
    moment = moment.astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} {moment.tzname()}"
