"""Each way to install agentops, by a person with plain pip and an empty environment, ends in something that works."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import PACKAGES, ROOT

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".nox", ".venv", "cache", "*_cache", "__pycache__", "node_modules", "*.egg-info"
)

PROGRAM = """
import agentops, sys
agentops.init(api_key="YOUR_API_KEY", tags=["production"])
with agentops.start_session(tags=["customer-query"]):
    pass
print(sorted({name.split(".")[0] for name in sys.modules} & {"requests", "opentelemetry", "langchain_core", "crewai"}))
"""


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Environment:
    """A virtual environment with nothing but pip in it."""

    def __init__(self, directory: Path) -> None:
        """Make it with what the standard library has."""
        venv.create(directory, with_pip=True)
        self.bin = directory / "bin"
        self.elsewhere = directory.parent  # not the clone: what is found there needs no install

    def pip(self, *arguments: str | Path) -> None:
        """Run pip."""
        _run(self.bin / "python", "-m", "pip", "install", "--quiet", *arguments, cwd=self.elsewhere)

    def run(self, command: str, *arguments: str | Path, home: Path) -> str:
        """Run a command of this environment and return what it printed."""
        return _run(self.bin / command, *arguments, cwd=self.elsewhere, AGENTOPS_HOME=str(home))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree, so that building leaves nothing behind in it."""
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "agentops", ignore=LEFT_OUT))


@pytest.fixture(scope="module")
def built(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from the sdist, as they are published."""
    target = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", target, clone, cwd=target)
    return target


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Make an empty environment."""
    return Environment(tmp_path / "environment")


WAYS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "clone": lambda clone, built: [clone],
    "in-place": lambda clone, built: ["-e", clone],
    "sdist": lambda clone, built: [next(built.glob("*.tar.gz"))],
    "wheel": lambda clone, built: [next(built.glob("*.whl"))],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_bare_install_records(way: str, environment: Environment, clone: Path, built: Path, tmp_path: Path) -> None:
    """Four ways to install, one result: a program records, and loads no HTTP client and no framework for it."""
    environment.pip(*WAYS[way](clone, built))
    home = tmp_path / "home"
    assert environment.run("python", "-c", PROGRAM, home=home).strip() == "[]"
    assert list((home / "spool" / "local").glob("*.jsonl"))
    assert "langchain" in environment.run("agentops", "plugins", home=home)


@pytest.mark.parametrize("way", ["in-place", "wheel"])
def test_a_type_checker_sees_an_install(way: str, environment: Environment, clone: Path, built: Path) -> None:
    """Every import package is found, with its types, by a checker that looks into the environment."""
    environment.pip(*WAYS[way](clone, built))
    program = environment.elsewhere / "program.py"
    program.write_text("".join(f"import {package.name}\n" for package in PACKAGES))
    mypy = [sys.executable, "-m", "mypy", "--python-executable", environment.bin / "python", "--follow-imports=silent"]
    _run(*mypy, program, cwd=environment.elsewhere)


@pytest.mark.parametrize("way", [[], ["-e"]], ids=["clone", "in-place"])
def test_the_demo_runs_where_its_extra_is_installed(
    way: list[str], environment: Environment, clone: Path, tmp_path: Path
) -> None:
    """``pip install '.[demo]' && agentops demo --no-serve`` shows a tree, and it is kept."""
    environment.pip(*way, f"{clone}[demo]")
    home = tmp_path / "home"
    assert "support_desk" in environment.run("agentops", "demo", "--no-serve", home=home)
    shown = json.loads(environment.run("agentops", "show", "last", "--json", home=home))
    assert shown["session"]["complete"] is True
    assert sum(span["parent_id"] is None for span in shown["spans"]) == 1


def test_a_strangers_plugin_is_found_and_conforms(environment: Environment, clone: Path, tmp_path: Path) -> None:
    """A package of its own, installed beside ours, is listed and passes the cases of ``agentops.testing``."""
    plugin = clone / "examples" / "third_party_plugin"
    environment.pip(clone, f"{plugin}[test]")
    home = tmp_path / "home"
    listed = json.loads(environment.run("agentops", "plugins", "--json", home=home))["plugins"]
    assert [item["state"] for item in listed if item["name"] == "tiny-agents"] == ["ready"]
    tests = shutil.copytree(plugin / "tests", tmp_path / "tests")
    assert "12 passed" in environment.run("python", "-m", "pytest", "-q", tests, home=home)
