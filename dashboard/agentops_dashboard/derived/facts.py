"""All derived facts of one session."""

from collections.abc import Iterable
from typing import Any, TypedDict

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.derived.critical_path import critical_places, self_times
from agentops_dashboard.derived.repetitions import loops_in, retries_in, wasted_in
from agentops_dashboard.reader.outline import Outline

__all__ = [
    "MOST_SPANS", "AgentFacts", "Delegation", "Facts", "Loop", "Retry", "Waste", "add_waste", "facts_of", "looped",
    "owners",
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


def facts_of(outline: Outline) -> Facts:
    """Compute the facts of a session's outline; kept with it, so asking again costs nothing."""
    if "facts" not in outline.derived:
        outline.derived["facts"] = _compute(outline)
    found: Facts = outline.derived["facts"]
    return found


def _compute(outline: Outline) -> Facts:
    order = outline.order
    first = min((row.start_ns for row in order), default=0)
    last = max((row.end_ns or row.start_ns for row in order), default=0)
    waiting = _union((r.start_ns, r.end_ns or last) for r in order if r.kind == SpanKind.HUMAN)
    owner = owners(outline)
    path = critical_places(outline)
    retries, loops = list(retries_in(outline)), list(loops_in(outline, owner))
    return {
        "duration_ms": (last - first) / 1e6,
        "active_ms": (last - first - waiting) / 1e6,
        "waiting_ms": waiting / 1e6,
        "critical_path": [order[place].span_id for place in path],
        "critical_ms": _by_kind(outline, path),
        "agents": _agents(outline, owner),
        "delegations": _delegations(outline, owner),
        "retries": [_retry(outline, places) for places in retries],
        "swallowed": [row.span_id for row in order if row.swallowed is not None],
        "loops": [_loop(outline, places, owner) for places in loops],
        "waste": _waste(outline, retries, loops),
    }


def looped(outline: Outline) -> dict[str, int]:
    """How often each call of a loop was made, by the ids of its spans."""
    if "looped" not in outline.derived:
        groups = loops_in(outline, owners(outline))
        outline.derived["looped"] = {outline.order[at].span_id: len(places) for places in groups for at in places}
    found: dict[str, int] = outline.derived["looped"]
    return found


def owners(outline: Outline) -> list[int]:
    """For each span the place of the nearest agent above it; -1 for none."""
    order = outline.order
    owner = [-1] * len(outline)
    for place, above in enumerate(outline.parents):
        if above >= 0:
            owner[place] = above if order[above].kind == SpanKind.AGENT else owner[above]
    return owner


def _union(stretches: Iterable[tuple[int, int]]) -> int:
    """Length of the union of stretches: two people who are waited for at once are waited for once."""
    total, reached = 0, 0
    for start, end in sorted(stretches):
        total += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return total


def _by_kind(outline: Outline, path: list[int]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for place, time_ns in self_times(outline, path).items():
        kind = outline.order[place].kind
        shares[kind] = shares.get(kind, 0.0) + time_ns / 1e6
    return shares


def _agent_name(row: Any) -> str:
    return str(row.agent or row.name)


def _agents(outline: Outline, owner: list[int]) -> list[AgentFacts]:
    order = outline.order
    found: dict[str, AgentFacts] = {}
    for place, row in enumerate(order):
        if row.kind == SpanKind.AGENT:
            name = _agent_name(row)
            facts = found.setdefault(name, _no_agent(name))
            facts["runs"] += 1
            facts["failed"] += row.status == SpanStatus.ERROR
            if all(_agent_name(order[above]) != name for above in _agents_above(owner, place)):
                facts["subtree_ms"] += ((row.end_ns or row.start_ns) - row.start_ns) / 1e6
                facts["subtree_tokens"] = _plus(facts["subtree_tokens"], outline.tokens_below(place))
                facts["subtree_cost"] = _plus(facts["subtree_cost"], _dollars(outline.cost_below(place)))
        elif owner[place] >= 0:
            facts = found[_agent_name(order[owner[place]])]
            facts["llm"] += row.kind == SpanKind.LLM
            facts["tools"] += row.kind == SpanKind.TOOL
            facts["self_tokens"] = _plus(facts["self_tokens"], _tokens(row))
            facts["self_cost"] = _plus(facts["self_cost"], _dollars(row.cost_nano))
    return list(found.values())


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


def _delegations(outline: Outline, owner: list[int]) -> list[Delegation]:
    order = outline.order
    found: dict[tuple[str, str], Delegation] = {}
    for place, row in enumerate(order):
        if row.kind == SpanKind.AGENT and owner[place] >= 0:
            source, target = _agent_name(order[owner[place]]), _agent_name(row)
            one = found.setdefault(
                (source, target),
                {"source": source, "target": target, "count": 0, "failed": 0, "tokens": None, "cost": None},
            )
            one["count"] += 1
            one["failed"] += row.status == SpanStatus.ERROR
            one["tokens"] = _plus(one["tokens"], outline.tokens_below(place))
            one["cost"] = _plus(one["cost"], _dollars(outline.cost_below(place)))
    return list(found.values())


def _retry(outline: Outline, places: list[int]) -> Retry:
    rows = [outline.order[place] for place in places]
    return {
        "name": rows[0].tool or rows[0].model or rows[0].agent or rows[0].name,
        "kind": rows[0].kind,
        "attempts": len(rows),
        "succeeded": rows[-1].status == SpanStatus.OK,
        "span_ids": [row.span_id for row in rows[:_MOST_IDS]],
    }


def _loop(outline: Outline, places: list[int], owner: list[int]) -> Loop:
    rows = [outline.order[place] for place in places]
    agent = owner[places[0]]
    return {
        "tool": rows[0].tool or rows[0].name,
        "agent": _agent_name(outline.order[agent]) if agent >= 0 else None,
        "count": len(rows),
        "span_ids": [row.span_id for row in rows[:_MOST_IDS]],
    }


def _waste(outline: Outline, retries: list[list[int]], loops: list[list[int]]) -> Waste:
    """Sum over subtrees; one inside another counts once."""
    waste: Waste = {"spans": 0, "ms": 0.0, "tokens": None, "cost": None}
    for place, _ in wasted_in(outline, retries, loops):
        add_waste(waste, outline, place)
    return waste


def add_waste(waste: Waste, outline: Outline, place: int) -> None:
    """Add what a span and all below it came to."""
    row = outline.order[place]
    waste["spans"] += outline.index.end[place] - place
    waste["ms"] += ((row.end_ns or row.start_ns) - row.start_ns) / 1e6
    waste["tokens"] = _plus(waste["tokens"], outline.tokens_below(place))
    waste["cost"] = _plus(waste["cost"], _dollars(outline.cost_below(place)))


def _tokens(row: Any) -> int | None:
    if row.input_tokens is None and row.output_tokens is None:
        return None
    return (row.input_tokens or 0) + (row.output_tokens or 0)


def _dollars(nano: int | None) -> float | None:
    return None if nano is None else nano / 1e9


def _plus(total: Any, more: Any) -> Any:
    return total if more is None else (total or 0) + more
