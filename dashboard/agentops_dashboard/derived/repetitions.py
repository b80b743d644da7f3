"""Retries and loops: the same work again."""

from collections.abc import Iterator
from typing import Any

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.reader.outline import Outline

__all__ = ["LOOP_LENGTH", "loops_in", "retries_in", "wasted_in"]

LOOP_LENGTH = 3
"""The same tool with the same arguments so many times within one agent's run is called a loop."""

_RETRIED = frozenset(
    {SpanKind.TOOL, SpanKind.LLM, SpanKind.AGENT, SpanKind.RETRIEVER, SpanKind.EMBEDDING, SpanKind.TASK}
)


def retries_in(outline: Outline) -> Iterator[list[int]]:
    """Yield groups of attempts at the same thing: places of siblings of one kind and name, each but the last failed."""
    order = outline.order
    chains: dict[tuple[int, str, str], list[int]] = {}
    for place, row in enumerate(order):
        if row.kind not in _RETRIED:
            continue
        key = (outline.parents[place], row.kind, _what(row))
        chain = chains.get(key)
        if chain is not None and order[chain[-1]].status == SpanStatus.ERROR and _follows(order[chain[-1]], row):
            chain.append(place)
        else:
            if chain is not None and len(chain) > 1:
                yield chain
            chains[key] = [place]
    yield from (chain for chain in chains.values() if len(chain) > 1)


def _follows(before: Any, after: Any) -> bool:
    """Parallel calls of one tool are no retries of each other."""
    return before.end_ns is not None and after.start_ns >= before.end_ns


def loops_in(outline: Outline, owner: list[int]) -> Iterator[list[int]]:
    """Yield groups of places: one tool with the same arguments again and again within one agent's run."""
    calls: dict[tuple[int, str, int], list[int]] = {}
    for place, row in enumerate(outline.order):
        if row.kind == SpanKind.TOOL and row.call_hash is not None:
            calls.setdefault((owner[place], _what(row), row.call_hash), []).append(place)
    yield from (places for places in calls.values() if len(places) >= LOOP_LENGTH)


def wasted_in(outline: Outline, retries: list[list[int]], loops: list[list[int]]) -> Iterator[tuple[int, bool]]:
    """Yield the places whose subtrees were in vain, and whether each repeats a call; one inside another counts once.

    In vain are attempts that failed and were made again, and all but the first call of a loop.
    """
    order = outline.order
    found = {place: False for group in retries for place in group[:-1] if order[place].status == SpanStatus.ERROR}
    found = {place: True for group in loops for place in group[1:]} | found
    reached = 0
    for place in sorted(found):
        if place >= reached:
            reached = outline.index.end[place]
            yield place, found[place]


def _what(row: Any) -> str:
    return str(row.tool or row.model or row.agent or row.name)
