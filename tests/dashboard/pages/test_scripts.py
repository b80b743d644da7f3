"""The pages' own scripts."""

import re

import pytest

from agentops_dashboard.pages.environment import STATIC_DIRECTORY

PAGES = {
    "list": ["page.js", "palette.js", "list.js"],
    "timeline": ["page.js", "palette.js", "session.js", "timeline.js"],
    "analytics": ["page.js", "palette.js", "analytics-before.js", "analytics.js"],
}
MOST_BYTES = 60_000
AT_ONCE = r'^import [^;]*?"\./([\w-]+\.js)";'
WHEN_NEEDED = r'\bimport\("\./([\w-]+\.js)"\)'


def with_imports(names: list[str], *forms: str) -> set[str]:
    """Scripts with all that they import in one of these forms."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            text = (STATIC_DIRECTORY / name).read_text("utf-8")
            names += [imported for form in forms for imported in re.findall(form, text, re.MULTILINE)]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_little_script(page: str) -> None:
    """Less than 60 kB as it stands in the file, without the charting library and what waits for a reader to want it."""
    names = with_imports(list(PAGES[page]), AT_ONCE)
    assert "page.js" in names
    assert sum((STATIC_DIRECTORY / name).stat().st_size for name in names) < MOST_BYTES


def test_every_script_belongs_to_a_page() -> None:
    """Nothing is served that no page uses."""
    used = {name for names in PAGES.values() for name in with_imports(list(names), AT_ONCE, WHEN_NEEDED)}
    assert {path.name for path in STATIC_DIRECTORY.glob("*.js")} == used
