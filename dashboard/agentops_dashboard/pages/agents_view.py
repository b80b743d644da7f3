"""Agents of a session: what each did and cost, who called whom, and in which order."""

from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard.derived import facts_of, owners
from agentops_dashboard.pages.sequence import sequence
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader.outline import Outline

__all__ = ["agents_view"]

_CALLED: Final = (SpanKind.AGENT, SpanKind.TOOL, SpanKind.RETRIEVER)
_MOST_NODES: Final = 40
_COLUMN: Final = 250
_LINE: Final = 44


def agents_view(outline: Outline) -> dict[str, Any]:
    """The table of agents, the one with the most tokens first, the graph of calls, and the sequence of runs."""
    agents = sorted(facts_of(outline)["agents"], key=lambda agent: -(agent["self_tokens"] or 0))
    return {"agents": agents, "graph": _graph(outline, owners(outline)), "sequence": sequence(outline)}


def _name(row: Any) -> str:
    return str((row.agent if row.kind == SpanKind.AGENT else row.tool) or short_name(row.name))


def _graph(outline: Outline, owner: list[int]) -> dict[str, Any]:
    """Nodes in columns by how far they are from the session, edges as wide as they were often taken."""
    order = outline.order
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
