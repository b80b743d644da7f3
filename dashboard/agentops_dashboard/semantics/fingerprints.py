"""What failures of one cause have in common: the type, and the message without what differs from time to time."""

import re
from functools import lru_cache
from typing import Final

__all__ = ["UNTYPED", "fingerprint_of", "parts_of"]

UNTYPED: Final = "error"
"""The type of a failure that said none."""

_READ, _KEPT, _TYPE_KEPT = 500, 200, 120
# In this order: a path may stand in quotes and a number in a path, so what is longer goes first. Repetitions are
# bounded, since messages are what anybody sends.
_VARYING: Final = (
    (re.compile(r"""(?<!\w)(['"`])[^'"`]{0,300}\1(?!\w)"""), r"\1…\1"),
    (re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s'\"<>)\]]{1,400}"), "<url>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?"), "<time>"),
    (re.compile(r"(?<![\w.<>])(?:[A-Za-z]:|~)?(?:[\\/][\w.@+~%-]{1,100}){1,40}[\\/]?"), "<path>"),
    (re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b"), "<id>"),
    (re.compile(r"\b0[xX][0-9A-Fa-f]{1,64}\b|\b(?=\d{0,64}[A-Fa-f])(?=[A-Fa-f]{0,64}\d)[0-9A-Fa-f]{8,128}\b"), "<id>"),
    (re.compile(r"\b(?=\w{0,40}\d[A-Za-z]\w{0,40}\d)\w{10,128}\b"), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "#"),
)


@lru_cache(maxsize=2048)
def fingerprint_of(error_type: str | None, message: str | None) -> str:
    """Return ``Type: pattern``, the same for failures that differ in numbers, ids, quoted values, paths and times only.

    Only the first 500 characters of a message are looked at; of the pattern 200 are kept.
    """
    pattern = " ".join((message or "")[:_READ].split())
    for varying, sign in _VARYING:
        pattern = varying.sub(sign, pattern)
    kind = (error_type or UNTYPED)[:_TYPE_KEPT]
    return f"{kind}: {pattern[:_KEPT]}" if pattern else kind


def parts_of(fingerprint: str) -> tuple[str, str]:
    """The type and the pattern of a fingerprint; the pattern is empty where a failure had no message."""
    kind, _, pattern = fingerprint.partition(": ")
    return kind, pattern
