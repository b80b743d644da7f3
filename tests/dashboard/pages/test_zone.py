"""The zone that times are written in."""

import pytest

from agentops_dashboard.format import absolute_time, moment_of
from agentops_dashboard.pages.zone import UTC, zone_named

MOMENT_NS = 1_760_000_000_123_000_000


def test_times_follow_the_zone() -> None:
    """One moment by two clocks, each with its zone's name."""
    berlin = zone_named("Europe/Berlin")
    assert absolute_time(moment_of(MOMENT_NS)) == "2025-10-09 08:53:20.123 UTC"
    assert absolute_time(moment_of(MOMENT_NS), berlin.info) == "2025-10-09 10:53:20.123 CEST"
    assert berlin.clock(MOMENT_NS, "%H:%M %Z") == "10:53 CEST"


@pytest.mark.parametrize(
    "name", ["", "UTC", "../../etc/passwd", "/etc/passwd", "No/Where", "a" * 500, "Europe", "\x00"]
)
def test_a_zone_that_nobody_knows_is_utc(name: str) -> None:
    """Whatever stands in the cookie, the page has a clock."""
    assert zone_named(name) is UTC
