"""All derived facts of one session."""

from collections.abc import Iterable
from typing import Any, TypedDict

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.derived.critical_path import critical_places, self_times
from agentops_dashboard.derived.names import agents_of, called_of
from agentops_dashboard.derived.owners import owners
from agentops_dashboard.derived.repetitions import loops_in, retries_in, wasted_in
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = [
    "MOST_SPANS", "AgentFacts", "Delegation", "Facts", "Loop", "Retry", "Waste", "add_waste", "facts_of", "looped",
]  # fmt: skip

_MOST_IDS = 50
MOST_SPANS = 20_000
"""The pages tell of a larger session only what is known without going over all of its spans."""


class AgentFacts(TypedDict):
    """What all runs of one agent come to. ``self`` leaves out what other agents did below it. Unknown is None."""

    name: str
    runs: int
    failed: int
    llm: int
    tools: int
    self_tokens: int | None
    subtree_tokens: int | None
    self_cost: float | None
    subtree_cost: float | None
    subtree_ms: float


class Delegation(TypedDict):
    """One agent ran inside another: how often, how often in vain, and what it came to."""

    source: str
    target: str
    count: int
    failed: int
    tokens: int | None
    cost: float | None


class Retry(TypedDict):
    """Attempts at one thing; ``succeeded`` says whether the last one did."""

    name: str
    kind: str
    attempts: int
    succeeded: bool
    span_ids: list[str]


class Loop(TypedDict):
    """One tool with the same arguments again and again within one agent's run."""

    tool: str
    agent: str | None
    count: int
    span_ids: list[str]


class Waste(TypedDict):
    """What went into attempts that failed and were made again, and into repetitions of a loop."""

    spans: int
    ms: float
    tokens: int | None
    cost: float | None


class Facts(TypedDict):
    """Everything that follows from a session's tree. Times in milliseconds, money in US dollars."""

    duration_ms: float
    active_ms: float
    waiting_ms: float
    critical_path: list[str]
    critical_ms: dict[str, float]
    agents: list[AgentFacts]
    delegations: list[Delegation]
    retries: list[Retry]
    swallowed: list[str]
    loops: list[Loop]
    waste: Waste


@remembered
def facts_of(outline: Outline) -> Facts:
    """Compute the facts of a session's outline; asking again costs nothing."""
    starts, ends, span_ids = map(outline.column, ("start_ns", "end_ns", "span_id"))
    first, last = outline.extent()
    waiting = _union((starts[place], ends[place] or last) for place in outline.of_kind(SpanKind.HUMAN))
    path = critical_places(outline)
    retries, loops = list(retries_in(outline)), list(loops_in(outline))
    return {
        "duration_ms": (last - first) / 1e6,
        "active_ms": (last - first - waiting) / 1e6,
        "waiting_ms": waiting / 1e6,
        "critical_path": [span_ids[place] for place in path],
        "critical_ms": _by_kind(outline, path),
        "agents": _agents(outline),
        "delegations": _delegations(outline),
        "retries": [_retry(outline, places) for places in retries],
        "swallowed": [span_ids[at] for at, said in enumerate(outline.column("swallowed")) if said is not None],
        "loops": [_loop(outline, places) for places in loops],
        "waste": _waste(outline, retries, loops),
    }


@remembered
def looped(outline: Outline) -> dict[str, int]:
    """How often each call of a loop was made, by the ids of its spans."""
    span_ids = outline.column("span_id")
    return {span_ids[at]: len(places) for places in loops_in(outline) for at in places}


def _union(stretches: Iterable[tuple[int, int]]) -> int:
    """Length of the union of stretches: two people who are waited for at once are waited for once."""
    total, reached = 0, 0
    for start, end in sorted(stretches):
        total += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return total


def _by_kind(outline: Outline, path: list[int]) -> dict[str, float]:
    kinds = outline.column("kind")
    shares: dict[str, float] = {}
    for place, time_ns in self_times(outline, path).items():
        shares[kinds[place]] = shares.get(kinds[place], 0.0) + time_ns / 1e6
    return shares


def _agents(outline: Outline) -> list[AgentFacts]:
    owner, names, statuses = owners(outline), agents_of(outline), outline.column("status")
    found: dict[str, AgentFacts] = {}
    for place in outline.of_kind(SpanKind.AGENT):
        name = names[place]
        facts = found.setdefault(name, _no_agent(name))
        facts["runs"] += 1
        facts["failed"] += statuses[place] == SpanStatus.ERROR
        if all(names[above] != name for above in _agents_above(owner, place)):
            facts["subtree_ms"] += _length_ms(outline, place)
            facts["subtree_tokens"] = _plus(facts["subtree_tokens"], outline.tokens_below(place))
            facts["subtree_cost"] = _plus(facts["subtree_cost"], _dollars(outline.cost_below(place)))
    _add_own(outline, {place: found[names[place]] for place in outline.of_kind(SpanKind.AGENT)})
    return list(found.values())


def _add_own(outline: Outline, facts_of_run: dict[int, AgentFacts]) -> None:
    """Add what agents did themselves to the facts of the agents whose runs these are."""
    own = [(place, above) for place, above in enumerate(owners(outline)) if above >= 0 and place not in facts_of_run]
    kinds, asked, said, costs = map(outline.column, ("kind", "input_tokens", "output_tokens", "cost_nano"))
    for place, above in own:
        facts = facts_of_run[above]
        facts["llm"] += kinds[place] == SpanKind.LLM
        facts["tools"] += kinds[place] == SpanKind.TOOL
        if asked[place] is not None or said[place] is not None:
            facts["self_tokens"] = (facts["self_tokens"] or 0) + (asked[place] or 0) + (said[place] or 0)
        if costs[place] is not None:
            facts["self_cost"] = (facts["self_cost"] or 0.0) + costs[place] / 1e9


def _agents_above(owner: list[int], place: int) -> Iterable[int]:
    above = owner[place]
    while above >= 0:
        yield above
        above = owner[above]


def _no_agent(name: str) -> AgentFacts:
    return {
        "name": name, "runs": 0, "failed": 0, "llm": 0, "tools": 0, "self_tokens": None, "subtree_tokens": None,
        "self_cost": None, "subtree_cost": None, "subtree_ms": 0.0,
    }  # fmt: skip


def _delegations(outline: Outline) -> list[Delegation]:
    owner, names, statuses = owners(outline), agents_of(outline), outline.column("status")
    found: dict[tuple[str, str], Delegation] = {}
    for place in outline.of_kind(SpanKind.AGENT):
        if owner[place] >= 0:
            source, target = names[owner[place]], names[place]
            one = found.setdefault(
                (source, target),
                {"source": source, "target": target, "count": 0, "failed": 0, "tokens": None, "cost": None},
            )
            one["count"] += 1
            one["failed"] += statuses[place] == SpanStatus.ERROR
            one["tokens"] = _plus(one["tokens"], outline.tokens_below(place))
            one["cost"] = _plus(one["cost"], _dollars(outline.cost_below(place)))
    return list(found.values())


def _retry(outline: Outline, places: list[int]) -> Retry:
    span_ids = outline.column("span_id")
    return {
        "name": called_of(outline)[places[0]],
        "kind": outline.column("kind")[places[0]],
        "attempts": len(places),
        "succeeded": outline.column("status")[places[-1]] == SpanStatus.OK,
        "span_ids": [span_ids[place] for place in places[:_MOST_IDS]],
    }


def _loop(outline: Outline, places: list[int]) -> Loop:
    span_ids, agent = outline.column("span_id"), owners(outline)[places[0]]
    return {
        "tool": outline.column("tool")[places[0]] or outline.column("name")[places[0]],
        "agent": agents_of(outline)[agent] if agent >= 0 else None,
        "count": len(places),
        "span_ids": [span_ids[place] for place in places[:_MOST_IDS]],
    }


def _waste(outline: Outline, retries: list[list[int]], loops: list[list[int]]) -> Waste:
    """Sum over subtrees; one inside another counts once."""
    waste: Waste = {"spans": 0, "ms": 0.0, "tokens": None, "cost": None}
    for place, _ in wasted_in(outline, retries, loops):
        add_waste(waste, outline, place)
    return waste


def add_waste(waste: Waste, outline: Outline, place: int) -> None:
    """Add what a span and all below it came to."""
    waste["spans"] += outline.index.end[place] - place
    waste["ms"] += _length_ms(outline, place)
    waste["tokens"] = _plus(waste["tokens"], outline.tokens_below(place))
    waste["cost"] = _plus(waste["cost"], _dollars(outline.cost_below(place)))


def _length_ms(outline: Outline, place: int) -> float:
    start: int = outline.column("start_ns")[place]
    end: int | None = outline.column("end_ns")[place]
    return ((end or start) - start) / 1e6


def _dollars(nano: int | None) -> float | None:
    return None if nano is None else nano / 1e9


def _plus(total: Any, more: Any) -> Any:
    return total if more is None else (total or 0) + more
