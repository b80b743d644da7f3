"""Environments of others' packages, each alone in ``.nox/bench-<name>``, where they reach nothing but this machine."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["OFFLINE", "environment", "version"]

OFFLINE = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    "DO_NOT_TRACK": "true",
}
"""Sends what would leave the machine to a port that nobody listens on, and asks not to be counted."""


def environment(name: str, packages: Sequence[str]) -> str:
    """Make the environment of a peer where there is none yet; returns its interpreter."""
    directory = Path(__file__).parent.parent / ".nox" / f"bench-{name}"
    python = directory / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (directory / "complete").exists():
        uv = shutil.which("uv")
        make = [uv, "venv", "--clear", "--python", sys.executable] if uv else [sys.executable, "-m", "venv", "--clear"]
        install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
        subprocess.run([*make, str(directory)], check=True)
        subprocess.run([*install, *packages], check=True)
        (directory / "complete").touch()
    return str(python)


def version(python: str, package: str) -> str:
    """The version of a package that an environment has; ``package`` may say which it should have."""
    distribution = package.partition("=")[0]
    code = f"from importlib import metadata; print(metadata.version({distribution!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
