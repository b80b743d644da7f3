"""What type checkers tell the users of agentops: mypy in strict mode, and pyright, as editors run it.

Each program is checked in a directory of its own, as a stranger's would be: against what is installed, with none of
this project's settings.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.name for path in PROGRAMS.glob("*.py"))


def _run(directory: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=directory)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


def _mypy(program: Path) -> dict[int, str]:
    output = _run(program.parent, "mypy", "--strict", "--output=json", program.name)
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {item["line"]: item["message"] for item in found if item["severity"] == "error"}


def _pyright(program: Path) -> dict[int, str]:
    (program.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    output = _run(program.parent, "basedpyright", "--outputjson", "--level=error", "--pythonpath", sys.executable)
    found = json.loads(output)["generalDiagnostics"]
    return {item["range"]["start"]["line"] + 1: item["message"] for item in found}


@pytest.mark.parametrize("check", [_mypy, _pyright], ids=["mypy", "pyright"])
@pytest.mark.parametrize("name", NAMES)
def test_checkers_refuse_the_mistakes_and_nothing_else(
    name: str, check: Callable[[Path], dict[int, str]], tmp_path: Path
) -> None:
    """Right programs pass; in the others each line marked ``# error`` is refused, and no other line is."""
    program = Path(shutil.copy(PROGRAMS / name, tmp_path))
    lines = program.read_text().splitlines()
    mistakes = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    found = check(program)
    assert set(found) == mistakes, found
