"""Colours and icons."""

import re

import pytest

from agentops.semconv import SPAN_KINDS, SPAN_STATUSES, State
from agentops_dashboard.pages.environment import STATIC_DIRECTORY
from agentops_dashboard.pages.kinds import KINDS, STATES, STATUSES

TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", (STATIC_DIRECTORY / "tokens.css").read_text()
    )
}
TEXTS = sorted(
    TOKENS.keys() - {"canvas", "surface", "sunken", "hover", "line", "line-strong", "accent-soft", "on-accent", "mark"}
)


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", ["canvas", "surface", "sunken", "hover"])
@pytest.mark.parametrize("theme", [0, 1])
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    """Every colour of text has a contrast of 4.5 to 1 on every surface, in light and dark (WCAG AA)."""
    assert _contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


def test_every_kind_status_and_state_has_a_look() -> None:
    """Nothing that can be recorded is drawn without a word, an icon and a colour."""
    icons = set(re.findall(r'symbol id="([\w-]+)"', (STATIC_DIRECTORY / "icons.svg").read_text()))
    tones = set(re.findall(r"\.tone-(\w+)", (STATIC_DIRECTORY / "tokens.css").read_text()))
    assert KINDS.keys() == SPAN_KINDS
    assert STATUSES.keys() == SPAN_STATUSES
    assert STATES.keys() == {value for name, value in vars(State).items() if name.isupper()}
    for look in (*KINDS.values(), *STATUSES.values(), *STATES.values()):
        assert look.icon in icons
        assert look.tone in tones


def test_templates_use_only_icons_that_exist() -> None:
    """A mistyped icon would be an empty square."""
    icons = set(re.findall(r'symbol id="([\w-]+)"', (STATIC_DIRECTORY / "icons.svg").read_text()))
    templates = STATIC_DIRECTORY.parent / "templates"
    used = {name for path in templates.glob("*.html") for name in re.findall(r'icon\("([\w-]+)"', path.read_text())}
    assert used <= icons


@pytest.mark.parametrize(
    "page", [("page", "list"), ("page", "session", "timeline"), ("page", "analytics", "analytics-before")]
)
def test_a_page_needs_little_script(page: tuple[str, ...]) -> None:
    """At most 60 kB of our own script on any page, uncompressed."""
    assert sum((STATIC_DIRECTORY / f"{name}.js").stat().st_size for name in page) < 60_000
