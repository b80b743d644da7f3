"""Ids of sessions and spans."""

import os
import random
import time
from typing import Protocol

__all__ = ["Ids", "SystemIds"]


class Ids(Protocol):
    """Where ids come from; tests put in a source that counts."""

    def session_id(self) -> str:
        """Return 32 hex digits, unique, later ones sorting after earlier ones."""

    def span_id(self) -> str:
        """Return 16 hex digits, unique within a session and not all zero."""

    def process_id(self) -> str:
        """Return an id for this process: lower-case hex, unique across machines and forks."""


class SystemIds:
    """Random ids from a generator of our own: the program's ``random.seed()`` neither sees nor steers it."""

    def __init__(self) -> None:
        self._bits = random.Random(os.urandom(32)).getrandbits  # uniqueness, not secrecy

    def session_id(self) -> str:
        """Return a UUIDv7 (RFC 9562) without dashes; also a valid OpenTelemetry trace id.

        The 12 bits behind the version hold the fraction of the millisecond (its section 6.2, method 3), so that
        sessions of one millisecond sort as they were started.
        """
        milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
        fraction = (rest_ns << 12) // 1_000_000
        value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | self._bits(62)
        return f"{value:032x}"

    def span_id(self) -> str:
        """Return a random OpenTelemetry span id."""
        return "%016x" % (self._bits(64) or 1)

    def process_id(self) -> str:
        """Return a random id."""
        return os.urandom(16).hex()
