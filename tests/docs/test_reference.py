"""Whatever the code offers is in the reference, as the code says it."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from agentops import hookspecs, semconv
from agentops.sdk.config import Config
from tests.house import ENTRY_POINTS, EXTRAS, ROOT

REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"`([^`\n]+)`")


def _named_in(page: Path) -> set[str]:
    """Return everything that a page sets in code type."""
    return set(CODE.findall(page.read_text()))


@pytest.mark.parametrize("page", [*sorted(path.name for path in REFERENCE.glob("*.md")), "../compatibility.md"])
def test_reference_pages_are_as_the_code_is(page: str) -> None:
    """A table that is made from code is made anew when the code changes: ``nox -s reference``."""
    command = [sys.executable, "-m", "cogapp", "-I", str(REFERENCE), "--check", "--diff", page]
    done = subprocess.run(command, cwd=REFERENCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run nox -s reference\n{done.stdout}"


def test_every_setting_is_documented() -> None:
    """Each argument of ``init()`` and each environment variable has its row, and each says what it does."""
    variables = {item.metadata["variable"] for item in fields(Config)} - {None}
    assert {item.name for item in fields(Config)} | variables <= _named_in(REFERENCE / "settings.md")
    assert [item.name for item in fields(Config) if not item.metadata["doc"]] == []


def test_every_hook_is_documented() -> None:
    """A hook says when it runs, and the page has it."""
    names = {name for name in vars(hookspecs) if name.startswith("agentops_")}
    assert names
    assert names <= _named_in(REFERENCE / "hooks.md")
    assert [name for name in names if not getattr(hookspecs, name).__doc__] == []


@pytest.mark.parametrize("group", ["GenAI", "Span", "Session", "Resource"])
def test_every_attribute_is_documented(group: str) -> None:
    """What may be on a span can be looked up."""
    names = {value for key, value in vars(getattr(semconv, group)).items() if key.isupper()}
    assert names <= _named_in(REFERENCE / "attributes.md")


def test_every_extra_is_documented() -> None:
    """Each extra has the command that installs it."""
    assert {f"pip install 'agentops[{name}]'" for name in EXTRAS} <= _named_in(REFERENCE / "extras.md")


@pytest.mark.parametrize(
    "name", sorted(name for name, m in ENTRY_POINTS["agentops"].items() if m.startswith("agentops_"))
)
def test_every_integration_has_a_page_and_an_example(name: str) -> None:
    """Someone who uses the framework finds how to begin, what it will look like, and a program that runs."""
    page = (ROOT / "docs" / "integrations" / f"{name}.md").read_text()
    assert f"(../images/integrations/{name}.png)" in page
    assert (ROOT / "examples" / f"{name.replace('-', '_')}_session.py").exists()
