"""Agents of a session: what each did and cost, and who called whom."""

from dataclasses import dataclass
from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader.outline import Outline

__all__ = ["agents_view"]

_CALLED: Final = (SpanKind.AGENT, SpanKind.TOOL, SpanKind.RETRIEVER)
_MOST_NODES: Final = 40
_COLUMN: Final = 250
_LINE: Final = 44


@dataclass(slots=True)
class AgentSums:
    """What all runs of one agent come to. Self leaves out what other agents did below it. Money in dollars."""

    name: str
    runs: int = 0
    failed: int = 0
    llm: int = 0
    tools: int = 0
    ms: float = 0.0
    tokens: int | None = None
    tokens_below: int | None = None
    cost: float | None = None
    cost_below: float | None = None


def agents_view(outline: Outline) -> dict[str, Any]:
    """The table of agents and the graph of calls."""
    order = outline.index.order
    owner = _owners(outline)
    sums: dict[str, AgentSums] = {}
    for place, row in enumerate(order):
        if row.kind == SpanKind.AGENT:
            _add_run(sums.setdefault(_name(row), AgentSums(_name(row))), outline, place)
        elif owner[place] >= 0:
            _add_call(sums[_name(order[owner[place]])], row)
    return {"agents": sorted(sums.values(), key=lambda agent: -(agent.tokens or 0)), "graph": _graph(outline, owner)}


def _owners(outline: Outline) -> list[int]:
    """For each span the nearest agent around it; -1 for none."""
    owner = [-1] * len(outline)
    for place, above in enumerate(outline.parents):
        if above >= 0:
            owner[place] = above if outline.index.order[above].kind == SpanKind.AGENT else owner[above]
    return owner


def _name(row: Any) -> str:
    return str((row.agent if row.kind == SpanKind.AGENT else row.tool) or short_name(row.name))


def _plus(total: float | None, more: float | None) -> Any:
    return total if more is None else (total or 0) + more


def _add_run(sums: AgentSums, outline: Outline, place: int) -> None:
    row = outline.index.order[place]
    cost = outline.cost_below(place)
    is_outermost = all(
        outline.index.order[above].kind != SpanKind.AGENT or _name(outline.index.order[above]) != sums.name
        for above in outline.ancestors(place)
    )
    sums.runs += 1
    sums.failed += row.status == SpanStatus.ERROR
    if is_outermost:
        sums.ms += ((row.end_ns or row.start_ns) - row.start_ns) / 1e6
        sums.tokens_below = _plus(sums.tokens_below, outline.tokens_below(place))
        sums.cost_below = _plus(sums.cost_below, None if cost is None else cost / 1e9)


def _add_call(sums: AgentSums, row: Any) -> None:
    sums.llm += row.kind == SpanKind.LLM
    sums.tools += row.kind == SpanKind.TOOL
    if row.input_tokens is not None or row.output_tokens is not None:
        sums.tokens = _plus(sums.tokens, (row.input_tokens or 0) + (row.output_tokens or 0))
    sums.cost = _plus(sums.cost, None if row.cost_nano is None else row.cost_nano / 1e9)


def _graph(outline: Outline, owner: list[int]) -> dict[str, Any]:
    """Nodes in columns by how far they are from the session, edges as wide as they were often taken."""
    order = outline.index.order
    root = (order[0].name, SpanKind.SESSION) if order else ("", SpanKind.SESSION)
    edges: dict[tuple[tuple[str, str], tuple[str, str]], list[int]] = {}
    columns: dict[tuple[str, str], int] = {root: 0}
    for place, row in enumerate(order):
        if row.kind in _CALLED:
            above = (_name(order[owner[place]]), SpanKind.AGENT) if owner[place] >= 0 else root
            mine = (_name(row), str(row.kind))
            columns.setdefault(mine, columns.get(above, 0) + 1)
            counts = edges.setdefault((above, mine), [0, 0])
            counts[0] += 1
            counts[1] += row.status == SpanStatus.ERROR
    shown = list(columns)[:_MOST_NODES]
    rows_used: dict[int, int] = {}
    nodes = {}
    for node in shown:
        column = columns[node]
        line = rows_used[column] = rows_used.get(column, -1) + 1
        calls = sum(counts[0] for (_, called), counts in edges.items() if called == node)
        nodes[node] = {
            "name": node[0],
            "kind": node[1],
            "calls": calls,
            "x": column * _COLUMN + 1,
            "y": line * _LINE + 8,
        }
    most = max((count for count, _ in edges.values()), default=1)
    return {
        "nodes": list(nodes.values()),
        "edges": [_edge(nodes, pair, counts, most) for pair, counts in edges.items() if set(pair) <= nodes.keys()],
        "width": (max(columns.values()) + 1) * _COLUMN - 80,
        "height": (max(rows_used.values(), default=0) + 1) * _LINE + 8,
        "left_out": len(columns) - len(shown),
    }


def _edge(nodes: dict[Any, dict[str, Any]], pair: Any, counts: list[int], most: int) -> dict[str, Any]:
    start, end = nodes[pair[0]], nodes[pair[1]]
    return {
        "from": start["name"],
        "to": end["name"],
        "x1": start["x"] + 160,
        "y1": start["y"] + 15,
        "x2": end["x"],
        "y2": end["y"] + 15,
        "count": counts[0],
        "errors": counts[1],
        "width": round(1 + 4 * counts[0] / most, 1),
    }
