"""From one failed span, or hit, to the next."""

from types import SimpleNamespace

import pytest

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.tree_view import CHILDREN, next_marked
from agentops_dashboard.reader.outline import Outline
from tests.dashboard.test_derived import span


@pytest.fixture
def outline() -> Outline:
    """An agent with one failed tool, then more children than are shown at first, the last of them failed."""
    more = {"preview": None, "error_type": None, "error_message": None}
    rows = [
        span("root", None, "session", 0, 9000),
        span("agent", "root", "agent", 1, 9),
        span("inner", "agent", "tool", 2, 3, status="error"),
        *(span(f"t{at}", "root", "tool", 10 + at, 11 + at) for at in range(CHILDREN + 5)),
        span("last", "root", "tool", 8000, 8001, status="error"),
    ]
    return Outline.of("s", [SimpleNamespace(**(more | vars(row))) for row in rows])


def _next(outline: Outline, **params: str) -> tuple[int | None, str | None]:
    found = next_marked(Address("/sessions/s/next", params), outline)
    return found["row"], found["span"]


def test_the_next_failure_is_found_wherever_it_is(outline: Outline) -> None:
    """One that is shown is a row; one that is folded away, or beyond the children shown at first, is named."""
    assert _next(outline, after="0") == (2, None)
    assert _next(outline, after="2") == (None, "last")
    assert _next(outline, after="2", step="-1") == (None, "last")
    assert _next(outline, after="0", collapsed="agent") == (None, "inner")
    assert _next(outline, after="0", depth="2") == (None, "inner")
    assert _next(outline, after="4", more=f"root.{2 * CHILDREN}") == (CHILDREN + 8, None)


def test_what_is_filtered_out_is_not_the_next(outline: Outline) -> None:
    """A filter is the reader's own word; hits of a search are walked in the same way."""
    assert _next(outline, after="0", kinds="agent") == (None, None)
    assert _next(outline, after="0", what="hit", find="inner", collapsed="agent") == (None, "inner")
    assert _next(outline, after="0", what="hit", find="nothing") == (None, None)
