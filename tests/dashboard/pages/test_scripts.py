"""The pages' own scripts."""

import re

import pytest

from agentops_dashboard.pages.environment import STATIC_DIRECTORY

PAGES = {
    "list": ["page.js", "list.js"],
    "timeline": ["page.js", "session.js", "timeline.js"],
    "analytics": ["page.js", "analytics-before.js", "analytics.js"],
}
MOST_BYTES = 60_000


def with_imports(names: list[str]) -> set[str]:
    """Scripts with all that they import."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names += re.findall(
                r'^import [^;]*?"\./([\w-]+\.js)";', (STATIC_DIRECTORY / name).read_text("utf-8"), re.MULTILINE
            )
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_little_script(page: str) -> None:
    """Less than 60 kB as it stands in the file, the charting library apart."""
    names = with_imports(list(PAGES[page]))
    assert "page.js" in names
    assert sum((STATIC_DIRECTORY / name).stat().st_size for name in names) < MOST_BYTES


def test_every_script_belongs_to_a_page() -> None:
    """Nothing is served that no page uses."""
    used = {name for names in PAGES.values() for name in with_imports(list(names))}
    assert {path.name for path in STATIC_DIRECTORY.glob("*.js")} == used
