"""What the documentation says works, and what it points to is there."""

import re
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.programs import python_blocks, run_program

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog").glob("README.md")])
FRAMEWORK_PAGES = ROOT / "docs" / "integrations"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _ids(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


@pytest.mark.parametrize("page", _ids([page for page in PAGES if FRAMEWORK_PAGES not in page.parents]))
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    """A reader can paste every block; the pages of frameworks run in those frameworks' own sessions."""
    program = tmp_path / f"{page.stem}.py"
    program.write_text(python_blocks(page))
    run_program(program)


@pytest.mark.parametrize("page", _ids(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of this project names one that exists, and a heading that it has."""
    for target in LINK.findall(page.read_text()):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor and file.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name} links to {target}"
