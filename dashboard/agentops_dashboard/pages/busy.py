"""When the calls of each kind were open: what a timeline's overview and its strip of what ran at once are made of."""

from typing import Final, NamedTuple

from agentops.semconv import SpanKind
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered_last

__all__ = ["BUSY_KINDS", "Stretches", "busy"]

BUSY_KINDS: Final = (SpanKind.LLM, SpanKind.TOOL, SpanKind.RETRIEVER, SpanKind.EMBEDDING)


class Stretches(NamedTuple):
    """When some spans began and when they ended, in nanoseconds, each in order: not by span."""

    begun: list[int]
    ended: list[int]


@remembered_last
def busy(outline: Outline, until_ns: int) -> dict[str, Stretches]:
    """The stretches of each kind of call; what has not ended is open until ``until_ns``, and none is without length."""
    return {kind: _stretches(outline, kind, until_ns) for kind in BUSY_KINDS}


def _stretches(outline: Outline, kind: str, until_ns: int) -> Stretches:
    starts, ends = outline.column("start_ns"), outline.column("end_ns")
    places = outline.of_kind(kind)
    begun = [starts[place] for place in places]
    ended = [ends[place] or until_ns for place in places]
    return Stretches(sorted(begun), sorted(map(max, ended, [start + 1 for start in begun])))
