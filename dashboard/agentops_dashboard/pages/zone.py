"""The time zone that a page writes times in: UTC, or the one that the reader's browser named in a cookie."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["UTC", "Zone", "zone_named"]

_NAME: Final = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,2}")


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone and the name it goes by."""

    name: str
    info: tzinfo

    def clock(self, moment_ns: int, pattern: str) -> str:
        """Nanoseconds since the epoch by this zone's clock, as ``strftime`` writes it."""
        return datetime.fromtimestamp(moment_ns / 1e9, self.info).strftime(pattern)


UTC: Final = Zone("UTC", timezone.utc)


def zone_named(name: str) -> Zone:
    """The zone of an IANA name; UTC for a name that this machine does not know."""
    if not _NAME.fullmatch(name) or name == "UTC":
        return UTC
    try:
        return Zone(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
