"""Capturing: whatever a value is, what is kept of it is plain, bounded and does not change."""

import datetime
import random
from typing import Any

import pytest

from agentops.sdk import values
from agentops.sdk.values import LIMIT_CHARS, LIMIT_DEPTH, LIMIT_ITEMS, capture


def _random_value(chance: random.Random, depth: int) -> Any:
    leaves = [
        "text",
        "",
        1,
        10**400,
        None,
        True,
        2.5,
        float("nan"),
        b"bytes",
        {1, 2},
        datetime.date(2026, 1, 2),
        object,
    ]
    kind = chance.random()
    if depth == 0 or kind < 0.4:
        return chance.choice(leaves)
    size = range(chance.randint(0, 5))
    if kind < 0.7:
        return {chance.choice(["a", "b", "c", 1, None]): _random_value(chance, depth - 1) for _ in size}
    return chance.choice([list, tuple])(_random_value(chance, depth - 1) for _ in size)


def _nested(levels: int) -> Any:
    value: Any = "inside"
    for level in range(levels):
        value = [value] if level % 2 else {"in": value}
    return value


def test_the_short_way_and_the_careful_way_agree() -> None:
    """Plain values are copied by a shorter way, which gives what the careful one gives, for 3,000 random values."""
    chance = random.Random(4)
    for _ in range(3_000):
        value = _random_value(chance, 5)
        assert repr(capture(value)) == repr(values._Capture().take(value, 0)), value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(_nested(LIMIT_DEPTH - 1), id="nearly too deep"),
        pytest.param(_nested(LIMIT_DEPTH), id="as deep as may be"),
        pytest.param(_nested(LIMIT_DEPTH + 1), id="too deep"),
        pytest.param(["x"] * (LIMIT_ITEMS + 1), id="too many"),
        pytest.param([["x"] * 101] * 100, id="too many in sum"),
        pytest.param({"a": "x" * (LIMIT_CHARS + 1)}, id="too long"),
        pytest.param(["x" * 1000] * (LIMIT_CHARS // 1000 + 1), id="too long in sum"),
    ],
)
def test_the_two_ways_agree_at_the_limits(value: Any) -> None:
    """What is cut is cut in the same place, whichever way it was begun."""
    assert capture(value) == values._Capture().take(value, 0)


def test_what_contains_itself_ends() -> None:
    """A structure that contains itself is kept as far as it is new."""
    inner: dict[str, Any] = {"name": "loop"}
    inner["self"] = inner
    assert capture([inner]) == [{"name": "loop", "self": "[circular reference]"}]


def test_what_changes_later_does_not_change_what_was_kept() -> None:
    """Containers are copied, down to the innermost."""
    value: dict[str, Any] = {"list": [{"a": 1}]}
    kept = capture(value)
    value["list"][0]["a"] = 2
    value["list"].append(3)
    assert kept == {"list": [{"a": 1}]}
