"""The timeline in lanes: one per agent or per kind, and the arrows from agent to agent."""

from operator import itemgetter
from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard import format as write
from agentops_dashboard.derived import handovers
from agentops_dashboard.pages.busy import BUSY_KINDS
from agentops_dashboard.pages.kinds import KINDS, kind_look
from agentops_dashboard.pages.timeline import Scale
from agentops_dashboard.reader.outline import Outline

__all__ = ["arrows", "lanes_by_agent", "lanes_by_kind"]

_MOST_BARS: Final = 600
_MOST_ARROWS: Final = 300


def lanes_by_agent(outline: Outline, scale: Scale) -> list[dict[str, Any]]:
    """One lane per agent with its calls in it, agents by their first call; calls outside of any agent come last."""
    found: dict[str, dict[str, Any]] = {}
    for row, name in zip(outline.order, _agents(outline), strict=True):
        if row.kind == SpanKind.AGENT or row.kind in BUSY_KINDS or row.kind == SpanKind.HUMAN:
            _add(found, (name or row.agent or "", SpanKind.AGENT), row, scale, is_extent=row.kind == SpanKind.AGENT)
    return sorted(map(_drawn, found.values()), key=lambda lane: not lane["name"])


def lanes_by_kind(outline: Outline, scale: Scale) -> list[dict[str, Any]]:
    """One lane per kind of span, in the order in which kinds are always shown."""
    found: dict[str, dict[str, Any]] = {}
    for row in outline.order:
        if row.kind != SpanKind.SESSION:
            _add(found, (kind_look(row.kind).label, row.kind), row, scale, is_extent=False)
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(map(_drawn, found.values()), key=lambda lane: order.get(lane["kind"], len(order)))


def _agents(outline: Outline) -> list[str]:
    """For each span the name of the agent at work; for an agent's span its own."""
    names: list[str] = [""] * len(outline)
    for place, row in enumerate(outline.order):
        above = outline.parents[place]
        names[place] = (row.agent or row.name) if row.kind == SpanKind.AGENT else (names[above] if above >= 0 else "")
    return names


def _add(
    found: dict[str, dict[str, Any]], lane_of: tuple[str, str], row: Any, scale: Scale, *, is_extent: bool
) -> None:
    """Put a span into the lane of a name and a kind; an extent is what the calls of a lane lie in."""
    name, kind = lane_of
    lane = found.setdefault(name, {"name": name, "kind": kind, "bars": [], "calls": 0, "errors": 0})
    lane["calls"] += not is_extent
    lane["errors"] += row.status == SpanStatus.ERROR
    lane["bars"].append(_bar(row, scale, is_extent=is_extent))


def _drawn(lane: dict[str, Any]) -> dict[str, Any]:
    """The lane as it is drawn: where it has too many bars, those that are less than a unit apart become one."""
    if len(lane["bars"]) <= _MOST_BARS:
        return lane
    last: dict[tuple[str, bool], dict[str, Any]] = {}
    bars: list[dict[str, Any]] = []
    for bar in sorted(lane["bars"], key=itemgetter("x1")):
        look = (bar["tone"], bar["is_failed"])
        before = last.get(look)
        if before is not None and bar["x1"] - before["x2"] < 1 and not bar["is_extent"]:
            before["x2"] = max(before["x2"], bar["x2"])
            before["count"] += 1
            before["title"] = f"{before['count']:,} spans"
            continue
        bars.append(bar)
        last[look] = bar
    return lane | {"bars": bars}


def _bar(row: Any, scale: Scale, *, is_extent: bool) -> dict[str, Any]:
    end = row.end_ns or scale.last_ns
    return {
        "id": row.span_id,
        "x1": scale.x(row.start_ns),
        "x2": scale.x(end),
        "tone": kind_look(row.kind).tone,
        "count": 1,
        "is_extent": is_extent,
        "is_human": row.kind == SpanKind.HUMAN,
        "is_failed": row.status == SpanStatus.ERROR,
        "title": f"{row.name}: {write.duration((end - row.start_ns) / 1e6)}",
    }


def arrows(outline: Outline, scale: Scale, lanes: list[str]) -> list[dict[str, Any]]:
    """Who gave work to whom: from the agent around a run, or from the one that ended before it within the same parent.

    Each has ``x`` in units, the lanes ``start`` and ``end`` by number, and says whether it ``is_next``: one after the
    other, not one inside the other. At most 300.
    """
    order = outline.order
    number = {name: at for at, name in enumerate(lanes)}
    found: list[dict[str, Any]] = []
    for one in handovers(outline):
        if one.giver < 0:
            continue
        giver, row = order[one.giver], order[one.place]
        source, target = giver.agent or giver.name, row.agent or row.name
        if source != target and source in number and target in number:
            found.append({
                "x": scale.x(row.start_ns), "start": number[source], "end": number[target], "is_next": one.is_next,
                "title": f"{source} → {target}",
            })  # fmt: skip
    return found[:_MOST_ARROWS]
