"""Failures of one cause have one fingerprint, whatever differs from time to time."""

import pytest

from agentops_dashboard.semantics.fingerprints import fingerprint_of, parts_of

PATTERNS = {
    "number '…' is not a number, # of #": (
        "number '47-11' is not a number, 1 of 3", "number 'x' is not a number, 2 of 30",
    ),
    "GET <url> gave #": ("GET https://a.example/x?y=1 gave 500", "GET http://b.example:80/z gave 502"),
    "no file <path>": ("no file /tmp/a/b.txt", "no file ~/notes.md", "no file C:\\data\\x.csv"),
    "late since <time>": ("late since 2026-01-31T09:00:12.5Z", "late since 2026-01-31", "late since 09:00:12"),
    "call <id> failed": (
        "call call_9aBc3dEf7g failed", "call 123e4567-e89b-12d3-a456-426614174000 failed", "call 0x7f3a failed",
        "call deadbee1f00d failed",
    ),
    "user# has no order#": ("user17 has no order12345", "user9  has\n no order7"),
    "it didn't work and can't": ("it didn't work and can't",),
}  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_varies_is_taken_out(pattern: str) -> None:
    """Numbers, ids, quoted values, paths, addresses and times; what is left is the pattern."""
    assert {fingerprint_of("E", message) for message in PATTERNS[pattern]} == {f"E: {pattern}"}


def test_the_type_is_part_of_it() -> None:
    """Two types with one message are two; who said no type or no message is known by what there is."""
    assert fingerprint_of("A", "x") != fingerprint_of("B", "x")
    assert fingerprint_of(None, "no") == "error: no"
    assert fingerprint_of("A", None) == fingerprint_of("A", " ") == "A"
    assert parts_of("A: b: c") == ("A", "b: c")
    assert parts_of("A") == ("A", "")


def test_it_is_bounded() -> None:
    """However long what a program sent was."""
    assert len(fingerprint_of("T" * 10_000, "word " * 10_000)) <= 330
