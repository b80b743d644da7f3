"""How numbers, times and text are written."""

from datetime import datetime, timedelta, timezone

import pytest

from agentops_dashboard import format as write


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "–"), (0, "0 ms"), (0.0004, "0 µs"), (0.42, "420 µs"), (1, "1.0 ms"), (12.4, "12 ms"), (999.4, "999 ms"),
        (999.6, "1.00 s"), (1234, "1.23 s"), (9996, "10.0 s"), (59_949, "59.9 s"), (59_951, "1m 00s"),
        (252_000, "4m 12s"), (3_599_600, "1h 00m"), (7_384_000, "2h 03m"), (273_600_000, "3d 4h"),
    ],
)  # fmt: skip
def test_durations_have_the_unit_that_suits_them(milliseconds: float | None, text: str) -> None:
    """Rounding never gives 1000 ms or 60 s."""
    assert write.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "–"), (0, "0"), (999, "999"), (1000, "1.0k"), (12_412, "12.4k"), (999_949, "999.9k"), (999_960, "1.0M"),
     (3_100_000, "3.1M"), (2_000_000_000, "2.0B")],
)  # fmt: skip
def test_counts_are_short(number: float | None, text: str) -> None:
    """Rounding never gives 1000.0k."""
    assert write.count(number) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [(None, "–"), (0, "$0"), (0.00001, "<$0.0001"), (0.01234, "$0.0123"), (1.239, "$1.24"), (12.4, "$12.40"),
     (1234.5, "$1.2k"), (-0.5, "-$0.5000")],
)  # fmt: skip
def test_unknown_money_is_no_zero(dollars: float | None, text: str) -> None:
    """No known price, no cost and a tiny cost are three different things."""
    assert write.money(dollars) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0%"), (1, "100%"), (0.9999, "99.9%"), (0.0001, "0.1%"), (0.5, "50.0%"), (1.5, "150%")],
)
def test_almost_all_is_not_all(share: float | None, text: str) -> None:
    """One failure in 10,000 does not read as 100 % success."""
    assert write.percent(share) == text


def test_sizes_are_in_steps_of_1024() -> None:
    """As disks and payloads are counted."""
    assert [write.byte_size(size) for size in (0, 812, 65_536, 2_202_009, 5 * 2**30)] == [
        "0 B", "812 B", "64 KB", "2.1 MB", "5.0 GB",
    ]  # fmt: skip


def test_what_hides_or_reorders_text_is_shown() -> None:
    """Bidi marks, control characters and lone surrogates become visible; line breaks and tabs stay."""
    assert write.visible("a\u202eb\x00\ud800\n\tc") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+D800⟩\n\tc"


def test_one_line_is_cut_with_an_ellipsis() -> None:
    """White space folds, and a cut can be seen."""
    assert write.one_line("  a\n\n b  ") == "a b"
    assert write.one_line("x" * 500, 10) == "x" * 9 + "…"
    assert write.one_line(None) == ""


def test_times_ago() -> None:
    """Seconds, minutes, hours, days, then the date; the future is a date too."""
    now = datetime(2025, 3, 20, 12, tzinfo=timezone.utc)
    ago = [timedelta(seconds=1), timedelta(seconds=42), timedelta(minutes=5), timedelta(hours=3), timedelta(days=2)]
    assert [write.relative_time(now - delta, now) for delta in ago] == [
        "just now", "42 s ago", "5 min ago", "3 h ago", "2 d ago",
    ]  # fmt: skip
    assert write.relative_time(now - timedelta(days=40), now) == "2025-02-08"
    assert write.relative_time(now + timedelta(days=1), now) == "2025-03-21 12:00"
