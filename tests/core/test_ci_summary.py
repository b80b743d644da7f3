"""The summary of a check run cannot call a broken run whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

SUITE = (
    '<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"/></testsuites>'
)


def _summary(reports: Path, sessions: dict[str, str], tests: dict[str, dict[str, int]]) -> tuple[int, list[str]]:
    """Write the reports of these sessions, and return the exit code and the lines of their summary."""
    found = [{"signatures": [n], "result": r, "duration": 2.0, "reason": None} for n, r in sessions.items()]
    (reports / "nox.json").write_text(json.dumps({"sessions": found}))
    for name, counts in tests.items():
        whole = {"failures": 0, "errors": 0, "skipped": 0} | counts
        (reports / f"{name}.xml").write_text(SUITE.format(**whole))
    command = [sys.executable, str(ROOT / ".ci" / "summary.py"), str(reports)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_counts_are_summed_and_pass(tmp_path: Path) -> None:
    """Three sessions that went well end in one line of counts and in 0."""
    sessions = {"lint": "success", "core-3.12": "success", "dashboard": "success"}
    code, lines = _summary(tmp_path, sessions, {"core-3.12": {"tests": 3}, "dashboard": {"tests": 2, "skipped": 1}})
    assert code == 0
    assert lines[-1] == "4 passed, 0 failed, 1 skipped"


@pytest.mark.parametrize("counts", [{"tests": 4, "failures": 1}, {"tests": 4, "errors": 1}])
def test_failures_and_errors_fail(tmp_path: Path, counts: dict[str, int]) -> None:
    """A test that broke before it began has failed too."""
    code, lines = _summary(tmp_path, {"dashboard": "failed"}, {"dashboard": counts})
    assert (code, lines[-1]) == (1, "3 passed, 1 failed, 0 skipped")


def test_a_session_that_broke_before_its_tests_is_a_failure(tmp_path: Path) -> None:
    """An install that went wrong has no failing test, and is counted all the same."""
    code, lines = _summary(tmp_path, {"dashboard": "success", "e2e": "failed"}, {"dashboard": {"tests": 5}})
    assert (code, lines[-1]) == (1, "5 passed, 1 failed, 0 skipped")


def test_a_python_that_is_missing_is_not_passed_on(tmp_path: Path) -> None:
    """A version counts as tested when its session went well, not when it was skipped."""
    code, lines = _summary(tmp_path, {"core-3.12": "success", "core-3.14": "skipped"}, {"core-3.12": {"tests": 1}})
    assert code == 1
    assert "The core passed on Python 3.12." in lines


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    """A run that tested nothing has shown nothing."""
    code, _ = _summary(tmp_path, {"lint": "success"}, {})
    assert code == 1
