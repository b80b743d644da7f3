"""What the tests of this directory share: a question, and the assertion of a whole tree."""

from itertools import groupby
from textwrap import dedent
from typing import Any

from agentops.testing import Recording
from agentops.testing.conformance import check_tree

__all__ = ["asking", "expect"]


def asking(text: str = "Go on.") -> dict[str, Any]:
    """Return the input of an agent."""
    return {"messages": [{"role": "user", "content": text}]}


def expect(recorded: Recording, outline: str, *, parallel: tuple[str, ...] = ()) -> None:
    """End what is open as the end of the process would, and assert the whole tree.

    The lines ``parallel``, without their indentation, may follow each other in any order: threads start as they like.
    """
    recorded.runtime.finish()
    check_tree(recorded)
    assert _ordered(recorded.outline(), parallel) == _ordered(dedent(outline).strip(), parallel)


def _ordered(outline: str, parallel: tuple[str, ...]) -> str:
    lines: list[str] = []
    for is_parallel, group in groupby(outline.splitlines(), key=lambda line: line.strip() in parallel):
        found = list(group)
        lines.extend(sorted(found) if is_parallel else found)
    return "\n".join(lines)
