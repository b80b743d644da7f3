"""Running programs of the documentation as their readers would: in a process of their own, with no key."""

import os
import subprocess
import sys
from pathlib import Path

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, SkipParser

from tests.house import ROOT


def python_blocks(page: Path) -> str:
    """Return the Python blocks of a page as one program whose line numbers are the page's.

    A block after ``<!--- skip: next -->`` is left out.
    """
    lines: list[str] = []

    def keep(example: Example) -> None:
        lines.extend([""] * (example.line - len(lines)))
        lines.extend(str(example.parsed).splitlines())

    for example in Sybil(parsers=[CodeBlockParser("python", keep), SkipParser()]).parse(page).examples():
        example.evaluate()
    return "\n".join(lines)


def run_program(program: Path) -> str:
    """Run a program that stays on this machine, in its own directory, and return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.isolation", str(program)],
        cwd=program.parent,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
