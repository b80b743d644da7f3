"""How inputs and outputs are drawn."""

from typing import Any

import pytest

from agentops_dashboard.pages.environment import environment
from agentops_dashboard.store.texts import preview

SAID = [
    {"role": "user", "parts": [{"type": "text", "content": "My lamp broke."}]},
    {"role": "assistant", "parts": [{"type": "text", "content": "Here is your money."}]},
]


def _drawn(value: Any) -> str:
    template = environment().from_string(
        '{% from "content.html" import value_view with context %}{{ value_view(value) }}'
    )
    return template.render(value=value, icons="")


def test_messages_among_other_things_are_messages() -> None:
    """A graph's state is shown key by key, its messages by who said them, and its preview is what was said last."""
    state = {"messages": SAID, "customer": {"id": 1042}}
    drawn = _drawn(state)
    assert drawn.count('class="msg role-') == 2
    assert "1042" in drawn
    assert preview(state) == preview(SAID) == "Here is your money."
    assert preview({"messages": ["a", "b"]}) == "a b"


@pytest.mark.parametrize("is_call", [True, False])
def test_nothing_nests_without_end(is_call: bool) -> None:
    """Messages in messages, as deep as values are stored, are drawn."""
    value: Any = "end"
    for _ in range(50):
        part = {"type": "tool_call", "arguments": {"m": value}} if is_call else {"type": "odd", "z": value}
        value = [{"role": "user", "parts": [part]}]
    assert "Recursion" not in _drawn({"messages": value})
