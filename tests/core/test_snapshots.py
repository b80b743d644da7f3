"""Values that are captured once and recorded by several spans."""

from typing import Any

import agentops
from agentops.messages import Snapshot, message
from agentops.sdk.values import LIMIT_CHARS, LIMIT_ITEMS, capture
from agentops.testing import recording


def test_a_snapshot_stands_for_its_value() -> None:
    """A snapshot may be recorded wherever a value may, also inside of other values, and is not copied again."""
    said = message("user", "Hello")
    snapshot = Snapshot(said)
    with recording() as recorded, agentops.start_session("s"):
        recorder = agentops.Recorder("test")
        for _ in range(2):
            span = recorder.start("llm", "gpt-4o", input=[snapshot])
            recorder.end(span, output={"last": snapshot})
    first, second = recorded.find("llm")
    assert (first.input, second.output) == ([said], {"last": said})
    assert first.input[0] is second.input[0]  # type: ignore[index]


def test_a_snapshot_does_not_change() -> None:
    """What happens to the value later does not happen to its snapshot."""
    arguments: dict[str, Any] = {"items": [1]}
    snapshot = Snapshot(arguments)
    arguments["items"].append(2)
    assert capture(snapshot) == {"items": [1]}


def test_snapshots_count_against_the_limits() -> None:
    """Many snapshots in one value are cut where so much plain text would be."""
    long = Snapshot({"text": "x" * (LIMIT_CHARS // 2 + 10)})
    kept: Any = capture([long, long])
    assert len(kept[0]["text"]) == LIMIT_CHARS // 2 + 10
    assert "[truncated" in kept[1]["text"]
    many = Snapshot(list(range(LIMIT_ITEMS // 2 + 10)))
    kept = capture([many, many])
    assert len(kept[0]) + len(kept[1]) <= LIMIT_ITEMS + 2
