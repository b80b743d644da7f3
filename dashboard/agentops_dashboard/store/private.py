"""Files with what people said in them are their owner's alone."""

import contextlib
import os
from pathlib import Path

__all__ = ["make_private", "private"]


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read, where there is none yet; what SQLite puts beside it is alike.

    A file that is there is not opened: closing it would take back the locks that SQLite holds on it in this process,
    and another process would then delete the log that this one still writes.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def private(path: str, flags: int) -> int:
    """An ``opener`` for ``open``: a file that is made by it is its owner's alone."""
    return os.open(path, flags, 0o600)
