"""Retries and loops: the same work again."""

from collections.abc import Iterator

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.derived.names import called_of
from agentops_dashboard.derived.owners import owners
from agentops_dashboard.reader.outline import Outline

__all__ = ["LOOP_LENGTH", "loops_in", "retries_in", "wasted_in"]

LOOP_LENGTH = 3
"""The same tool with the same arguments so many times within one agent's run is called a loop."""

_RETRIED = frozenset(
    {SpanKind.TOOL, SpanKind.LLM, SpanKind.AGENT, SpanKind.RETRIEVER, SpanKind.EMBEDDING, SpanKind.TASK}
)


def retries_in(outline: Outline) -> Iterator[list[int]]:
    """Yield groups of attempts at the same thing: places of siblings of one kind and name, each but the last failed."""
    kinds, statuses, starts, ends = map(outline.column, ("kind", "status", "start_ns", "end_ns"))
    called, parents = called_of(outline), outline.parents
    # Where nothing failed nothing was made again.
    above_failures = {parents[place] for place, status in enumerate(statuses) if status == SpanStatus.ERROR}
    chains: dict[tuple[int, str, str], list[int]] = {}
    for place, parent in enumerate(parents):
        if parent not in above_failures or kinds[place] not in _RETRIED:
            continue
        key = (parent, kinds[place], called[place])
        chain = chains.get(key)
        last = -1 if chain is None else chain[-1]
        # Parallel calls of one tool are no retries of each other.
        if chain and statuses[last] == SpanStatus.ERROR and ends[last] is not None and starts[place] >= ends[last]:
            chain.append(place)
        else:
            if chain is not None and len(chain) > 1:
                yield chain
            chains[key] = [place]
    yield from (chain for chain in chains.values() if len(chain) > 1)


def loops_in(outline: Outline) -> Iterator[list[int]]:
    """Yield groups of places: one tool with the same arguments again and again within one agent's run."""
    owner, called, hashes = owners(outline), called_of(outline), outline.column("call_hash")
    calls: dict[tuple[int, str, int], list[int]] = {}
    for place in outline.of_kind(SpanKind.TOOL):
        if hashes[place] is not None:
            calls.setdefault((owner[place], called[place], hashes[place]), []).append(place)
    yield from (places for places in calls.values() if len(places) >= LOOP_LENGTH)


def wasted_in(outline: Outline, retries: list[list[int]], loops: list[list[int]]) -> Iterator[tuple[int, bool]]:
    """Yield the places whose subtrees were in vain, and whether each repeats a call; one inside another counts once.

    In vain are attempts that failed and were made again, and all but the first call of a loop.
    """
    statuses = outline.column("status")
    found = {place: False for group in retries for place in group[:-1] if statuses[place] == SpanStatus.ERROR}
    found = {place: True for group in loops for place in group[1:]} | found
    reached = 0
    for place in sorted(found):
        if place >= reached:
            reached = outline.index.end[place]
            yield place, found[place]
