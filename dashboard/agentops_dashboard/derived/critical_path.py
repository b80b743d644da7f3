"""The spans that a session's duration hangs on."""

from collections.abc import Iterator

from agentops_dashboard.reader.outline import Outline

__all__ = ["critical_places", "self_times"]

_OPEN = 2**63


def critical_places(outline: Outline) -> list[int]:
    """Places of the critical path, in tree order: from the end backwards, always the child that ended last.

    What ran beside a span that ended later is not on the path: making it faster would change nothing.
    """
    return sorted(_walk(outline))


def _walk(outline: Outline) -> Iterator[int]:
    order = outline.order
    stack = [0] if order else []
    while stack:
        place = stack.pop()
        yield place
        limit = order[place].end_ns or _OPEN
        for child in sorted(_children(outline, place), key=lambda at: order[at].end_ns or _OPEN, reverse=True):
            if (order[child].end_ns or limit) <= limit:
                stack.append(child)
                limit = order[child].start_ns


def _children(outline: Outline, place: int) -> Iterator[int]:
    at = place + 1
    while at < outline.index.end[place]:
        yield at
        at = outline.index.end[at]


def self_times(outline: Outline, places: list[int]) -> dict[int, int]:
    """Nanoseconds that each span on the path took itself, without its children on the path."""
    order = outline.order
    own = {place: (order[place].end_ns or order[place].start_ns) - order[place].start_ns for place in places}
    for place in places:
        above = outline.parents[place]
        if above in own:
            own[above] -= (order[place].end_ns or order[place].start_ns) - order[place].start_ns
    return {place: max(time_ns, 0) for place, time_ns in own.items()}
