"""Who gave work to whom in a session: each run of an agent, and the one that it came from."""

from collections.abc import Iterator
from dataclasses import dataclass

from agentops.semconv import SpanKind
from agentops_dashboard.derived.owners import owners
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
    owner, parents = owners(outline), outline.parents
    starts, ends = outline.column("start_ns"), outline.column("end_ns")
    _, last_ns = outline.extent()
    before: dict[int, int] = {}
    for place in outline.of_kind(SpanKind.AGENT):
        previous = before.get(parents[place], -1)
        before[parents[place]] = place
        is_next = previous >= 0 and (ends[previous] or last_ns) <= starts[place]
        yield Handover(place, previous if is_next else owner[place], is_next)
