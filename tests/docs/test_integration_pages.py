"""An integration's page and example, in the environment that its extra makes: ``nox -s 'integration(x)'`` runs this."""

import shutil
from pathlib import Path

import pytest

from tests.house import INTEGRATIONS, ROOT
from tests.programs import python_blocks, run_program

NAMES = [name.removeprefix("agentops_") for name in INTEGRATIONS]


@pytest.mark.parametrize("name", NAMES)
def test_its_page_runs(name: str, tmp_path: Path) -> None:
    """Every Python block of the page runs, in order, with no key and no network; and there is one."""
    program = tmp_path / "page.py"
    program.write_text(python_blocks(ROOT / "docs" / "integrations" / f"{name.replace('_', '-')}.md"))
    assert "import agentops" in program.read_text()
    run_program(program)


@pytest.mark.parametrize("name", NAMES)
def test_its_example_runs(name: str, tmp_path: Path, agentops_home: Path) -> None:
    """The example ends well, with no key and no network, and leaves a session behind."""
    run_program(Path(shutil.copy(ROOT / "examples" / f"{name}_session.py", tmp_path)))
    assert list((agentops_home / "spool" / "local").glob("*.jsonl"))
