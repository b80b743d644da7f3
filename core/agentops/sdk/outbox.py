"""The outbox: what waits on the disk for one destination, and how far each segment has been delivered.

Beside a segment that is delivered in part stands ``<segment>.offset``, the number of bytes that are done. It is
written after the server has answered, so a crash can repeat a batch, which a reader recognises, but not lose one.
"""

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from agentops.sdk.address import without_login
from agentops.wire import Segment, is_partial, list_segments, read_lines
from agentops.wire.owner import is_abandoned, open_to_lock, withdraw_note

__all__ = ["Batch", "Outbox", "read_destination", "write_destination"]

LIMIT_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Size of a request's body before compression; a single line may exceed it."""
REJECTED: Final = "rejected"
_DESTINATION: Final = "destination.json"
_OFFSET: Final = ".offset"


@dataclass(slots=True)
class Batch:
    """Some lines of a segment, and the offset behind them. ``lines`` may be empty where none is to be sent."""

    segment: Segment
    lines: list[bytes]
    offset: int


class Outbox:
    """The segments of one destination's directory, as one process delivers them.

    Args:
        directory: The destination's directory.
        sends_partial: Whether open spans and ledgers are sent; a foreign endpoint gets ended spans only.
        live_path: Returns the segment that this process is writing at the moment, which is delivered but not deleted.
    """

    def __init__(
        self, directory: Path, *, sends_partial: bool, live_path: Callable[[], Path | None] = lambda: None
    ) -> None:
        self.directory = directory
        self.sends_partial = sends_partial
        self._live_path = live_path
        self._offsets: dict[str, int] = {}

    def batches(self) -> Iterator[Batch]:
        """Yield what waits, oldest segment first; the caller says ``done`` or stops.

        Segments of processes that are dead are taken over; those of other living ones are left to them.
        """
        for segment in list_segments(self.directory):
            if segment.path == self._live_path():
                yield from self._unsent(segment)
                continue
            is_finished = False
            with contextlib.suppress(FileNotFoundError), open_to_lock(segment.path) as file:
                if is_abandoned(segment, file) and _is_same_file(file, segment.path):
                    yield from self._unsent(segment)
                    is_finished = self._next_batch(segment, self._offset(segment)) is None
            if is_finished:  # after closing it: Windows deletes no file that is open
                self._delete(segment)

    def done(self, batch: Batch) -> None:
        """Note that a batch has been delivered or set aside."""
        self._offsets[batch.segment.name] = batch.offset
        if batch.segment.path.exists():
            _replace(_offset_path(batch.segment), str(batch.offset).encode())

    def reject(self, batch: Batch, lines: list[bytes]) -> None:
        """Set lines aside that the endpoint will never take; ``agentops push --rejected`` offers them again."""
        folder = self.directory / REJECTED
        folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        with open(folder / batch.segment.name, "ab", opener=_private) as file:
            file.write(b"".join(lines))

    def restore_rejected(self) -> int:
        """Put what was set aside back among what waits; returns how many segments that was."""
        rejected = list_segments(self.directory / REJECTED)
        for segment in rejected:
            # The name sorts as before; it must not meet a segment that is still there.
            target = self.directory / segment.name.replace(".", "r.", 1)
            if not target.exists():
                segment.path.rename(target)
        return len(rejected)

    def waiting_bytes(self, process: str | None = None) -> int:
        """Return how much waits, of all processes or of the one with this id."""
        total = 0
        for segment in list_segments(self.directory):
            if process in {None, segment.process}:
                with contextlib.suppress(FileNotFoundError):
                    total += max(0, segment.path.stat().st_size - self._offset(segment))
        return total

    def rejected_bytes(self) -> int:
        """Return how much has been set aside."""
        return sum(item.path.stat().st_size for item in list_segments(self.directory / REJECTED))

    def _unsent(self, segment: Segment) -> Iterator[Batch]:
        while True:
            batch = self._next_batch(segment, self._offset(segment))
            if batch is None:
                return
            if batch.lines:
                yield batch
                if self._offset(segment) != batch.offset:
                    return
            else:
                self.done(batch)

    def _next_batch(self, segment: Segment, offset: int) -> Batch | None:
        lines: list[bytes] = []
        end = offset
        for line, behind in read_lines(segment, offset, LIMIT_BATCH_BYTES):
            end = behind
            if self.sends_partial or not is_partial(line):
                lines.append(line)
        return Batch(segment, lines, end) if end > offset else None

    def _offset(self, segment: Segment) -> int:
        known = self._offsets.get(segment.name)
        if known is None:
            try:
                known = int(_offset_path(segment).read_bytes())
            except (FileNotFoundError, ValueError):
                known = 0
            self._offsets[segment.name] = known
        return known

    def _delete(self, segment: Segment) -> None:
        """Delete a segment of which everything is delivered; a torn last line dies with it."""
        for path in (segment.path, _offset_path(segment)):
            path.unlink(missing_ok=True)
        withdraw_note(segment.path)
        self._offsets.pop(segment.name, None)


def write_destination(directory: Path, endpoint: str | None, exporter_endpoint: str | None) -> None:
    """Leave a note in a destination's directory where its records go; never with what key or login."""
    directory.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    given = {"endpoint": endpoint, "exporter_endpoint": exporter_endpoint}
    note = {name: url and without_login(url) for name, url in given.items()}
    if read_destination(directory) != note:
        _replace(directory / _DESTINATION, json.dumps(note).encode())


def read_destination(directory: Path) -> dict[str, str | None]:
    """Return the note that ``write_destination`` left: ``{"endpoint", "exporter_endpoint"}``; empty without one."""
    try:
        note = json.loads((directory / _DESTINATION).read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _offset_path(segment: Segment) -> Path:
    return segment.path.with_name(segment.name + _OFFSET)


def _is_same_file(file: IO[bytes], path: Path) -> bool:
    """Whether the file that was locked is still the one of that name: another process may have finished with it."""
    ours, theirs = os.fstat(file.fileno()), os.stat(path)
    return (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with open(temporary, "wb", opener=_private) as file:
        file.write(content)
    os.replace(temporary, path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
