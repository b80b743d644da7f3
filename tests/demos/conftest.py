"""The demo of every framework, recorded into one home, behind a server and in front of a browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentops_dashboard.demo.program import PROGRAMS
from tests.e2e.conftest import browser, open_page, serve, watch

__all__ = ["browser", "open_page", "watch"]

_DEMO = "import sys; from agentops.cli import main; sys.exit(main())"


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with one session of each framework."""
    home = tmp_path_factory.mktemp("demos")
    for framework in sorted(PROGRAMS):
        _record(framework, home)
    yield from serve(home)


def _record(framework: str, home: Path) -> None:
    command = [sys.executable, "-c", _DEMO, "demo", "--framework", framework, "--no-serve"]
    environment = {**os.environ, "AGENTOPS_HOME": str(home), "COLUMNS": "80"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{framework}: {done.stdout}{done.stderr}"
