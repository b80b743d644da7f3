"""Where things are on this machine."""

import os
from pathlib import Path
from typing import Final

__all__ = ["DEFAULT_PROJECT", "home_directory", "store_path"]

DEFAULT_PROJECT: Final = "default"
"""What programs on this machine record belongs to it."""


def home_directory() -> Path:
    """Return ``AGENTOPS_HOME``, by default ``~/.agentops``."""
    return Path(os.environ.get("AGENTOPS_HOME") or "~/.agentops").expanduser()


def store_path(home: Path) -> Path:
    """Return the embedded store's file under a home directory."""
    return home / "agentops.sqlite"
