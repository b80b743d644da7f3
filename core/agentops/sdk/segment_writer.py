"""The file end of the spool: an open segment, its lock, rotation, and what to do when the disk refuses."""

import contextlib
import os
import stat
from pathlib import Path
from typing import IO, Final

from agentops.sdk.guard import say_once
from agentops.wire import new_segment_name
from agentops.wire.owner import leave_note, lock, renew_note, withdraw_note

__all__ = ["SegmentWriter", "writable_home"]

IS_WINDOWS = os.name == "nt"
ROTATE_BYTES: Final = 16 * 1024 * 1024
"""Size at which a new segment is begun, so that what was taken up can be deleted while the process lives."""


def writable_home(home: Path) -> Path:
    """Return the directory itself, or a directory of this user's under the system's temporary one if it refuses.

    Says once where the records go when it is not where they were meant to.
    """
    import tempfile

    try:
        _make_private(home / "spool")
        probe = tempfile.TemporaryFile(dir=home / "spool")  # noqa: SIM115 - only whether it can be made matters
        probe.close()
        return home
    except OSError as error:
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        other = Path(tempfile.gettempdir()) / f"agentops-{user}"
        _make_private(other / "spool")
        if hasattr(os, "getuid") and other.stat().st_uid != os.getuid():
            raise
        say_once(
            f"home {home}",
            "agentops cannot write to its home directory %s (%s); recording to %s instead. "
            "To read it: AGENTOPS_HOME=%s agentops sessions",
            home,
            error.strerror or error,
            other,
            other,
        )
        return other


def _make_private(directory: Path) -> None:
    """Create a directory that only its owner may read: it will hold what users and models said."""
    directory.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)


class SegmentWriter:
    """Appends lines to segments of one process in one directory. Used by one thread.

    Args:
        directory: The destination's directory; created when the first line is written.
        process: Id of this process.
        budget_bytes: How large all segments in the directory may grow together.
    """

    def __init__(self, directory: Path, process: str, budget_bytes: int) -> None:
        self.directory = directory
        self.process = process
        self.budget_bytes = budget_bytes
        self.path: Path | None = None
        self._file: IO[bytes] | None = None
        self._size = 0
        self._others_bytes = 0
        self._noted_by: int | None = None

    @property
    def needs_heartbeat(self) -> bool:
        """Whether ``renew`` has to be called every few seconds, because the file system has no locks."""
        return self._noted_by is not None

    @property
    def is_over_budget(self) -> bool:
        """Whether the disk budget is used up, as far as known since the last rotation."""
        return self._others_bytes + self._size >= self.budget_bytes

    def write(self, line: bytes, *, is_vital: bool = False) -> bool:
        """Append one line; False when the disk refused it, in which case nothing of it stays in the file.

        Beyond an eighth over the budget only vital lines are written.
        """
        if not is_vital and self._others_bytes + self._size >= self.budget_bytes * 9 // 8:
            say_once(
                "full",
                "agentops: %s holds more than its disk budget of %d MB; spans wait in memory, and are lost if it stays "
                "so. To make room: agentops push, or set AGENTOPS_DISK_BUDGET_BYTES",
                self.directory,
                self.budget_bytes // 1_000_000,
            )
            return False
        try:
            if self._file is None or self._size >= ROTATE_BYTES:
                self._rotate()
            return self._append(line)
        except OSError as error:
            say_once(
                f"write {error.errno}",
                "agentops cannot write to %s (%s); what cannot be written is counted as missing.",
                self.directory,
                error.strerror or error,
            )
            return False

    def measure(self) -> None:
        """Look again how much lies in the directory, from which others may have taken something."""
        with contextlib.suppress(OSError):
            self._others_bytes = _total_bytes(self.directory) - self._size

    def renew(self) -> None:
        """Say that this process is still there, where no lock says it."""
        if self.path is not None and self.needs_heartbeat:
            renew_note(self.path)

    def close(self) -> None:
        """Close the segment, which gives up its lock; a forked child's copy leaves it to the parent."""
        if self._file is not None:
            self._file.close()
            if self.path is not None and self._noted_by == os.getpid():
                withdraw_note(self.path)
            self._file = self.path = self._noted_by = None

    def _append(self, line: bytes) -> bool:
        assert self._file is not None  # the caller rotated
        done = 0
        try:
            while done < len(line):
                done += self._file.write(line[done:] if done else line)
        except OSError:
            if done:
                self._take_out_torn_line()
            raise
        self._size += done
        return True

    def _take_out_torn_line(self) -> None:
        """Cut the file where its last whole line ends; where even that is refused, go on in another one."""
        assert self._file is not None  # something was written to it
        try:
            self._file.truncate(self._size)
        except OSError:
            self.close()

    def _rotate(self) -> None:
        """Begin a new segment before leaving the old one, so that the process is never seen without a lock."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
        path = self.directory / new_segment_name(self.process)
        file, is_locked = _open_locked(path)
        self.close()
        self._file, self._size, self.path = file, 0, path
        self._noted_by = None if is_locked else os.getpid()
        self._others_bytes = _total_bytes(self.directory)


def _total_bytes(directory: Path) -> int:
    """Add up the files of a directory, from which others delete while we look."""
    total = 0
    for entry in os.scandir(directory):
        with contextlib.suppress(FileNotFoundError):
            total += entry.stat().st_size if entry.is_file() else 0
    return total


def _open_locked(path: Path) -> tuple[IO[bytes], bool]:
    """Create a segment that no reader ever sees without its owner, or it would take it for a dead process's.

    Unbuffered: a line is with the kernel when ``write()`` returns, and so survives the death of this process. Also
    returns whether a lock says who owns it; else a note does.
    """
    if IS_WINDOWS:  # an open file takes no other name there
        file = open(path, "xb", buffering=0, opener=_private_append)  # noqa: SIM115 - open for as long as it is written
        return file, _claim(file, path)
    hidden = path.with_suffix(".new")
    file = open(hidden, "xb", buffering=0, opener=_private_append)  # noqa: SIM115 - the same
    try:
        is_locked = _claim(file, path)
        hidden.rename(path)
    except OSError:
        file.close()
        withdraw_note(path)
        raise
    return file, is_locked


def _claim(file: IO[bytes], path: Path) -> bool:
    """Mark a new segment as this process's; returns whether by its lock."""
    is_locked = lock(file) is True
    if not is_locked:
        leave_note(path)
    return is_locked


def _private_append(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_APPEND, 0o600)
