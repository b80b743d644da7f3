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
    starts, ends = outline.column("start_ns"), outline.column("end_ns")
    ended = [end or _OPEN for end in ends]
    stack = [0] if ends else []
    while stack:
        place = stack.pop()
        yield place
        limit = ended[place]
        for child in sorted(_children(outline, place), key=ended.__getitem__, reverse=True):
            if (ends[child] or limit) <= limit:
                stack.append(child)
                limit = starts[child]


def _children(outline: Outline, place: int) -> Iterator[int]:
    at = place + 1
    while at < outline.index.end[place]:
        yield at
        at = outline.index.end[at]


def self_times(outline: Outline, places: list[int]) -> dict[int, int]:
    """Nanoseconds that each span on the path took itself, without its children on the path."""
    starts, ends, parents = outline.column("start_ns"), outline.column("end_ns"), outline.parents
    own = {place: (ends[place] or starts[place]) - starts[place] for place in places}
    for place in places:
        if parents[place] in own:
            own[parents[place]] -= (ends[place] or starts[place]) - starts[place]
    return {place: max(time_ns, 0) for place, time_ns in own.items()}
