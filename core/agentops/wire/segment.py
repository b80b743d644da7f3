"""Segment files: where a process leaves its records, and how a reader takes them up.

A segment is append-only, has one writer, and is marked as that one's for as long as it lives (see ``owner``). Lines are
whole OTLP/JSON requests; a writer that was killed leaves at most one torn line, the last. Layout under the home
directory: ``spool/<destination>/<segment>.jsonl``, where the destination ``local`` means "for this machine's own
store" and any other name is a digest of an endpoint and its key.
"""

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LOCAL", "Segment", "list_segments", "new_segment_name", "read_lines"]

LOCAL: Final = "local"
_SUFFIX: Final = ".jsonl"
_BUFFER_BYTES: Final = 1024 * 1024
"""Lines of large payloads are this long; with Python's own 8 kB, reading one costs five times as much."""


class Segment(NamedTuple):
    """A segment file on disk."""

    path: "Path"

    @property
    def name(self) -> str:
        """File name: unique on this machine, sorts by creation time."""
        return self.path.name

    @property
    def process(self) -> str:
        """Id of the process that wrote it (the resource's ``service.instance.id``)."""
        return self.path.name.split(".")[1]


def new_segment_name(process: str) -> str:
    """Return a fresh file name for a segment of the process with this id."""
    return f"{time.time_ns():020d}-{os.urandom(4).hex()}.{process}{_SUFFIX}"


def list_segments(directory: "Path") -> list[Segment]:
    """Return the segments in a destination's directory, oldest first; none if it does not exist."""
    try:
        names = sorted(entry.name for entry in os.scandir(directory) if entry.name.endswith(_SUFFIX))
    except FileNotFoundError:
        return []
    return [Segment(directory / name) for name in names if name.count(".") == 2]


def read_lines(segment: Segment, offset: int = 0, limit_bytes: int = 8 * 1024 * 1024) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines from ``offset`` on, each with the offset behind it.

    A last line without its newline is not yielded: its writer is still busy with it, or died in it. Reads stop
    after ``limit_bytes`` at the next line's end; call again with the last offset to go on.
    """
    with open(segment.path, "rb", buffering=_BUFFER_BYTES) as file:
        file.seek(offset)
        end = offset + limit_bytes
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield line, offset
            if offset >= end:
                return
