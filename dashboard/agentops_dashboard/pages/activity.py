"""The strip in a row of the list that shows what a session did over its time."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agentops_dashboard import format as write
from agentops_dashboard.reader.activity import SLICES, Activity

__all__ = ["Strip", "strip_of"]

_HEIGHT: Final = 12
# As in the timeline's overview: models above, tools below, and people between them.
_LANES: Final = (("llm", "models", 0, 5.5), ("tool", "tools", 6.5, 5.5), ("human", "people", 5, 2))


class Strip(NamedTuple):
    """What is drawn, in the units of ``size``: paths with the tone of each; and the same in words."""

    paths: list[tuple[str, str]]
    words: str
    size: str = f"0 0 {SLICES} {_HEIGHT}"


def strip_of(activity: Activity) -> Strip:
    """Draw one session's activity: lanes side by side, an error as a line through them."""
    paths = [(tone, _path(activity.busy[tone], top, height)) for tone, _, top, height in _LANES]
    paths.append(("error", _path(activity.errors, 0, _HEIGHT)))
    return Strip([(tone, path) for tone, path in paths if path], _words(activity))


def _path(slices: Iterable[int], top: float, height: float) -> str:
    return "".join(f"M{first} {top}h{number}v{height}h-{number}z" for first, number in _runs(slices))


def _runs(slices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Slices side by side as one: the first of them, and how many."""
    first, number = -1, 0
    for at in sorted(set(slices)):
        if number and at == first + number:
            number += 1
        else:
            if number:
                yield first, number
            first, number = at, 1
    if number:
        yield first, number


def _words(activity: Activity) -> str:
    busy = [f"{name} {write.percent(len(activity.busy[lane]) / SLICES)}" for lane, name, _, _ in _LANES]
    shares = [text for text, (lane, *_) in zip(busy, _LANES, strict=True) if activity.busy[lane]]
    parts = [f"Of its time, in {SLICES} slices: {', '.join(shares)}"] if shares else ["No calls"]
    if activity.errors:
        parts.append(f"{len(activity.errors)} failed")
    return "; ".join(parts)
