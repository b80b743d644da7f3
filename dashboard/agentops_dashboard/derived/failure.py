"""Where the failure of a session began."""

from agentops.semconv import SpanStatus, State
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["last_at_work", "root_failure", "where_it_ended"]


def where_it_ended(state: str, outline: Outline) -> int | None:
    """The place of the span that says why a session failed or what it was at when it was left; None for any other."""
    if state == State.ERROR:
        return root_failure(outline)
    return last_at_work(outline) if state == State.ABANDONED else None


@remembered
def root_failure(outline: Outline) -> int | None:
    """The place of the span whose error ended the session; None if none failed.

    It is the deepest one on the way down from the session by the last failed child of each: an earlier one was got
    over. Where the errors did not reach the top, the way starts at the first of them.
    """
    failed = [place for place, status in enumerate(outline.column("status")) if status == SpanStatus.ERROR]
    return _descend(outline, failed)


def last_at_work(outline: Outline) -> int | None:
    """The place of the span that a session was at when it was left: the deepest open one, the last of several."""
    return _descend(outline, [place for place, end_ns in enumerate(outline.column("end_ns")) if end_ns is None])


def _descend(outline: Outline, marked: list[int]) -> int | None:
    """The way down from the top by the last child of each among some places; None without any."""
    if not marked:
        return None
    # Places come by start, so the last child of each is the one that stays.
    below = {outline.parents[place]: place for place in marked}
    place = 0 if marked[0] == 0 else below.get(0, marked[0])
    while place in below:
        place = below[place]
    return place
