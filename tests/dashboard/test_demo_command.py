"""What ``agentops demo`` says when it cannot show anything."""

import sys
from pathlib import Path

import pytest

from agentops.errors import AgentOpsError
from agentops_dashboard.demo import run
from agentops_dashboard.demo.program import PROGRAMS, Program, record
from tests.house import EXTRAS


def test_every_demo_names_an_extra() -> None:
    """The command that a missing framework is answered with installs something."""
    assert {program.extra for program in PROGRAMS.values()} <= set(EXTRAS)


def test_missing_framework_names_the_command(agentops_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that is not installed is answered with the command that installs it, and nothing is run."""
    monkeypatch.setitem(PROGRAMS, "crewai", Program("agentops_crewai.demo", ("no_such_framework",), "crewai"))
    with pytest.raises(AgentOpsError, match=r"needs no_such_framework.*pip install 'agentops\[crewai,dashboard\]'"):
        run(["--framework", "crewai"])
    assert not agentops_home.exists()


def test_unknown_framework_lists_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no framework is answered with those that are."""
    with pytest.raises(SystemExit) as ended:
        run(["--framework", "langchian"])
    assert ended.value.code == 2
    assert "langchain" in capsys.readouterr().err


def test_failing_demo_is_said(agentops_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that fails is reported with its exit code; what it printed has been seen."""
    (tmp_path / "failing_demo.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(PROGRAMS, "crewai", Program("failing_demo", (), "crewai"))
    with pytest.raises(AgentOpsError, match="failed with exit code 3"):
        record("crewai", agentops_home, [])


def test_demo_that_records_nothing_is_said(
    agentops_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run that left nothing in the store is no success; an older demo's session is not shown in its place."""
    (tmp_path / "silent_demo.py").write_text("")
    (tmp_path / "recording_demo.py").write_text("import agentops\nagentops.init(tags=['demo'])\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(PROGRAMS, "crewai", Program("recording_demo", (), "crewai"))
    assert run(["--framework", "crewai", "--no-serve"]) == 0
    monkeypatch.setitem(PROGRAMS, "crewai", Program("silent_demo", (), "crewai"))
    with pytest.raises(AgentOpsError, match="nothing of it arrived"):
        run(["--framework", "crewai", "--no-serve"])
    assert "silent_demo" not in sys.modules
