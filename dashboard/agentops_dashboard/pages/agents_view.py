"""Agents of a session: what each did and cost, who called whom, and in which order."""

from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard import format as write
from agentops_dashboard.derived import Delegation, facts_of, owners
from agentops_dashboard.pages.sequence import sequence
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader.outline import Outline

__all__ = ["agents_view"]

_Node = tuple[str, str]
_CALLED: Final = (SpanKind.AGENT, SpanKind.TOOL, SpanKind.RETRIEVER)
_MOST_NODES: Final = 40
_MOST_IN_MATRIX: Final = 20
_NODE: Final = 190
_COLUMN: Final = 270
_LINE: Final = 44


def agents_view(outline: Outline) -> dict[str, Any]:
    """The agents, the one with the most tokens first, the graph of calls, who gave work to whom, and the sequence."""
    facts = facts_of(outline)
    return {
        "agents": sorted(facts["agents"], key=lambda agent: -(agent["self_tokens"] or 0)),
        "graph": _graph(outline),
        "matrix": matrix(facts["delegations"]),
        "sequence": sequence(outline),
    }


def matrix(delegations: list[Delegation]) -> dict[str, Any] | None:
    """Delegations as a table, a line for who gave work, a column for who got it; None for fewer than two pairs.

    Both are in the order in which they first did; at most ``_MOST_IN_MATRIX`` of each, and how many are left out.
    """
    if len(delegations) < 2:
        return None
    targets, sources = (list(dict.fromkeys(str(one[end]) for one in delegations)) for end in ("target", "source"))
    of = {(one["source"], one["target"]): one for one in delegations}
    shown = targets[:_MOST_IN_MATRIX]
    return {
        "targets": [short_name(name) for name in shown],
        "lines": [
            (short_name(source), [_cell(of.get((source, target))) for target in shown])
            for source in sources[:_MOST_IN_MATRIX]
        ],
        "left_out": max(0, len(targets) - _MOST_IN_MATRIX) + max(0, len(sources) - _MOST_IN_MATRIX),
    }


def _cell(one: Delegation | None) -> dict[str, Any] | None:
    if one is None:
        return None
    said = [f"{write.full_count(one['count'])} {'time' if one['count'] == 1 else 'times'}"]
    said += [f"{one['failed']} failed"] if one["failed"] else []
    said += [f"{write.count(one['tokens'])} tokens"] if one["tokens"] is not None else []
    said += [write.money(one["cost"])] if one["cost"] is not None else []
    return {
        "count": one["count"],
        "failed": one["failed"],
        "title": f"{one['source']} → {one['target']}: {', '.join(said)}",
    }


def _names(outline: Outline) -> list[str]:
    """What a span is called in the graph: its agent or its tool."""
    facts = zip(*outline.order.columns("kind", "agent", "tool", "name"), strict=True)
    return [(agent if kind == SpanKind.AGENT else tool) or short_name(name) for kind, agent, tool, name in facts]


def _graph(outline: Outline) -> dict[str, Any]:
    """Nodes in columns by how far they are from the session, edges as wide as they were often taken."""
    columns, edges, busy_ns = _called(outline)
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
            "title": _title(node[0], calls, busy_ns.get(node)),
            "x": column * _COLUMN + 1,
            "y": line * _LINE + 8,
        }
    most = max((count for count, _ in edges.values()), default=1)
    return {
        "nodes": list(nodes.values()),
        "edges": [_edge(nodes, pair, counts, most) for pair, counts in edges.items() if set(pair) <= nodes.keys()],
        "width": (max(columns.values()) + 1) * _COLUMN - (_COLUMN - _NODE) + 2,
        "node": _NODE,
        "height": (max(rows_used.values(), default=0) + 1) * _LINE + 8,
        "left_out": len(columns) - len(shown),
    }


def _called(outline: Outline) -> tuple[dict[_Node, int], dict[tuple[_Node, _Node], list[int]], dict[_Node, int]]:
    """Each node's column, how often and how often in vain each went to each, and the nanoseconds in each."""
    owner, names, kinds = owners(outline), _names(outline), outline.column("kind")
    statuses, starts, ends = map(outline.column, ("status", "start_ns", "end_ns"))
    root = (outline.column("name")[0] if kinds else "", SpanKind.SESSION)
    columns: dict[_Node, int] = {root: 0}
    edges: dict[tuple[_Node, _Node], list[int]] = {}
    busy_ns: dict[_Node, int] = {}
    for place in [place for place, kind in enumerate(kinds) if kind in _CALLED]:
        above = (names[owner[place]], SpanKind.AGENT) if owner[place] >= 0 else root
        mine = (names[place], str(kinds[place]))
        columns.setdefault(mine, columns.get(above, 0) + 1)
        counts = edges.setdefault((above, mine), [0, 0])
        busy_ns[mine] = busy_ns.get(mine, 0) + max((ends[place] or starts[place]) - starts[place], 0)
        counts[0] += 1
        counts[1] += statuses[place] == SpanStatus.ERROR
    return columns, edges, busy_ns


def _title(name: str, calls: int, busy_ns: int | None) -> str:
    """A node's whole name, and what all calls of it took."""
    if busy_ns is None:
        return name
    return f"{name}: {write.full_count(calls)} {'call' if calls == 1 else 'calls'}, {write.duration(busy_ns / 1e6)}"


def _edge(nodes: dict[Any, dict[str, Any]], pair: Any, counts: list[int], most: int) -> dict[str, Any]:
    start, end = nodes[pair[0]], nodes[pair[1]]
    return {
        "from": start["name"],
        "to": end["name"],
        "x1": start["x"] + _NODE,
        "y1": start["y"] + 15,
        "x2": end["x"],
        "y2": end["y"] + 15,
        "count": counts[0],
        "errors": counts[1],
        "width": round(1 + 4 * counts[0] / most, 1),
    }
