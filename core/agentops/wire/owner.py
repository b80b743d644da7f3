"""Whether the process that writes a segment still lives; what a dead one left may be taken over and deleted.

Its advisory lock says so, which the kernel gives up with the process. Some network and container file systems have no
locks; there a note beside the segment, ``<segment>.owner``, says who writes it: the machine, the process, and when that
began. Where a reader cannot look for the process, the note's age counts: its writer renews it every few seconds.
"""

import contextlib
import json
import os
import time
from pathlib import Path
from typing import IO, Any, Final

from agentops.wire.segment import Segment

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:
    msvcrt = None  # type: ignore[assignment]

__all__ = ["is_abandoned", "leave_note", "lock", "open_to_lock", "owner_is_alive", "renew_note", "withdraw_note"]

_HELD: Final = frozenset({11, 13, 35, 36})
"""Error numbers that say "another process has it", on Linux, macOS and Windows."""
_SILENT_S: Final = 600.0
"""Age of a note after which its writer counts as gone: so long that clocks of two machines may differ by minutes."""


def lock(file: IO[bytes]) -> bool | None:
    """Take the advisory lock of an open segment; False when another process holds it, None where there are no locks."""
    try:
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            # A byte far past the end: Windows locks are mandatory, and readers must not be shut out.
            file.seek(2**40)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0, os.SEEK_END)
        else:
            return None
    except BlockingIOError:
        return False
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def open_to_lock(path: Path) -> IO[bytes]:
    """Open a segment so that it can be read and locked: NFS gives an exclusive lock only to who may write.

    Raises:
        FileNotFoundError: It has been taken up and deleted meanwhile.
    """
    try:
        return open(path, "r+b")
    except PermissionError:
        return open(path, "rb")


def is_abandoned(segment: Segment, file: IO[bytes]) -> bool:
    """Say whether nobody writes a segment any more, which is open as ``file``; if so, its lock is ours from here on."""
    return lock(file) is not False and not _is_noted(segment.path)


def owner_is_alive(segment: Segment) -> bool:
    """Say whether the process that writes this segment still runs."""
    try:
        with open_to_lock(segment.path) as file:
            return not is_abandoned(segment, file)
    except FileNotFoundError:
        return False


def leave_note(path: Path) -> None:
    """Say beside a segment that this process writes it, for a file system without locks."""
    note = {"machine": _machine(), "pid": os.getpid(), "began": _began(os.getpid())}
    with open(_note_path(path), "wb", opener=_private) as file:
        file.write(json.dumps(note).encode())


def renew_note(path: Path) -> None:
    """Say that the writer of a segment is still there."""
    with contextlib.suppress(OSError):
        os.utime(_note_path(path))


def withdraw_note(path: Path) -> None:
    """Say that a segment has no writer any more."""
    with contextlib.suppress(OSError):
        _note_path(path).unlink()


def _is_noted(path: Path) -> bool:
    """Whether a note says that the segment is being written, and its writer is there as far as can be told."""
    try:
        age_s = time.time() - _note_path(path).stat().st_mtime
        note: Any = json.loads(_note_path(path).read_bytes())
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True  # it is being written, or cannot be read: nothing is taken from somebody who may live
    if isinstance(note, dict) and note.get("began") and note.get("machine") == _machine():
        return bool(_began(note.get("pid")) == note["began"])
    return age_s < _SILENT_S


def _machine() -> str | None:
    """Name the set of processes that ``/proc`` shows here: this boot of this machine, and this container of it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return None


def _began(pid: object) -> str | None:
    """Return when a process began, in ticks since the boot: a number that comes again is another process."""
    if not isinstance(pid, int):
        return None
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.owner")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
