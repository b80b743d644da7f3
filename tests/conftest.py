"""What holds for every test: nothing leaves this machine, and nothing is recorded outside the test's own directory."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import isolation

isolation.stay_on_this_machine()
for _name in [name for name in os.environ if name.startswith("AGENTOPS_") and not name.startswith("AGENTOPS_TEST_")]:
    del os.environ[_name]


@pytest.fixture(autouse=True)
def stays_on_this_machine() -> Iterator[None]:
    """Fail a test during which something tried to reach another machine, even if the refusal was swallowed."""
    isolation.remote_calls.clear()
    yield
    assert not isolation.remote_calls, f"something tried to reach another machine: {isolation.remote_calls}"


@pytest.fixture(autouse=True)
def agentops_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test, and the processes that it starts, a home of their own for what is recorded."""
    home = tmp_path / "agentops-home"
    monkeypatch.setenv("AGENTOPS_HOME", str(home))
    monkeypatch.setenv("CREWAI_STORAGE_DIR", str(tmp_path / "crewai"))
    return home
