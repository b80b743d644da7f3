"""Who gave work to whom in a session: each run of an agent, and the one that it came from."""

from collections.abc import Iterator
from dataclasses import dataclass

from agentops.semconv import SpanKind
from agentops_dashboard.derived.facts import owners
from agentops_dashboard.reader.outline import Outline

__all__ = ["Handover", "handovers"]


@dataclass(frozen=True, slots=True)
class Handover:
    """A run of an agent, by its place in the outline.

    ``giver`` is the place of the run that it came from, -1 for the session itself: the agent around it, or, if
    ``is_next``, the one that ended before it within the same parent.
    """

    place: int
    giver: int
    is_next: bool


def handovers(outline: Outline) -> Iterator[Handover]:
    """Yield each run of an agent in tree order."""
    order, owner = outline.order, owners(outline)
    last_ns = max((row.end_ns or row.start_ns for row in order), default=0)
    before: dict[int, int] = {}
    for place, row in enumerate(order):
        if row.kind != SpanKind.AGENT:
            continue
        parent = outline.parents[place]
        previous = before.get(parent, -1)
        before[parent] = place
        is_next = previous >= 0 and (order[previous].end_ns or last_ns) <= row.start_ns
        yield Handover(place, previous if is_next else owner[place], is_next)
