"""The timeline in lanes: one per agent or per kind, and the arrows from agent to agent."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard import format as write
from agentops_dashboard.derived import agents_of, handovers, owners
from agentops_dashboard.pages.busy import BUSY_KINDS
from agentops_dashboard.pages.kinds import KINDS, kind_look
from agentops_dashboard.pages.timeline import Scale
from agentops_dashboard.reader.outline import Outline

__all__ = ["arrows", "lanes_by_agent", "lanes_by_kind"]

_IN_AGENTS: Final = frozenset({*BUSY_KINDS, SpanKind.AGENT, SpanKind.HUMAN})
_DRAWN: Final = ("span_id", "kind", "name", "status", "start_ns", "end_ns")
_MOST_BARS: Final = 600
_MOST_ARROWS: Final = 300


def lanes_by_agent(outline: Outline, scale: Scale) -> list[dict[str, Any]]:
    """One lane per agent with its calls in it, agents by their first call; calls outside of any agent come last."""
    names, kinds, agents = _agents(outline), outline.column("kind"), outline.column("agent")
    found: dict[str, list[int]] = {}
    for place in [place for place, kind in enumerate(kinds) if kind in _IN_AGENTS]:
        found.setdefault(names[place] or agents[place] or "", []).append(place)
    # A run of an agent is what its calls lie in, and no call.
    drawing = _Drawing(outline, scale, frozenset(outline.of_kind(SpanKind.AGENT)))
    drawn = [drawing.lane(name, SpanKind.AGENT, places) for name, places in found.items()]
    return sorted(drawn, key=lambda lane: not lane["name"])


def lanes_by_kind(outline: Outline, scale: Scale) -> list[dict[str, Any]]:
    """One lane per kind of span, in the order in which kinds are always shown."""
    found: dict[str, list[int]] = {}
    for place, kind in enumerate(outline.column("kind")):
        if kind != SpanKind.SESSION:
            found.setdefault(kind, []).append(place)
    order = {kind: at for at, kind in enumerate(KINDS)}
    kinds = sorted(found, key=lambda kind: order.get(kind, len(order)))
    drawing = _Drawing(outline, scale, frozenset())
    return [drawing.lane(kind_look(kind).label, kind, found[kind]) for kind in kinds]


def _agents(outline: Outline) -> list[str]:
    """For each span the name of the agent at work; for an agent's span its own."""
    names, kinds = agents_of(outline), outline.column("kind")
    above = owners(outline)
    return [
        names[place] if kind == SpanKind.AGENT else names[above[place]] if above[place] >= 0 else ""
        for place, kind in enumerate(kinds)
    ]


@dataclass(slots=True)
class _Bar:
    place: int
    x1: float
    x2: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Draws lanes; ``extents`` are the places of what calls lie in."""

    outline: Outline
    scale: Scale
    extents: frozenset[int]

    def lane(self, name: str, kind: str, places: list[int]) -> dict[str, Any]:
        """The spans at some places as a lane."""
        statuses = self.outline.column("status")
        return {
            "name": name,
            "kind": kind,
            "calls": sum(place not in self.extents for place in places),
            "errors": sum(statuses[place] == SpanStatus.ERROR for place in places),
            "bars": list(map(self._drawn, self._bars(places))),
        }

    def _bars(self, places: list[int]) -> list[_Bar]:
        starts, ends = self.outline.column("start_ns"), self.outline.column("end_ns")
        begun, ended = ([starts[place] for place in places], [ends[place] or self.scale.last_ns for place in places])
        bars = list(map(_Bar, places, self.scale.xs(begun), self.scale.xs(ended)))
        return bars if len(bars) <= _MOST_BARS else self._merged(bars)

    def _merged(self, bars: list[_Bar]) -> list[_Bar]:
        """Too many bars as fewer: those that are less than a unit apart become one."""
        kinds, statuses = self.outline.column("kind"), self.outline.column("status")
        last: dict[tuple[str, bool], _Bar] = {}
        found: list[_Bar] = []
        for bar in sorted(bars, key=attrgetter("x1")):
            look = (kind_look(kinds[bar.place]).tone, statuses[bar.place] == SpanStatus.ERROR)
            before = last.get(look)
            if before is not None and bar.x1 - before.x2 < 1 and bar.place not in self.extents:
                before.x2 = max(before.x2, bar.x2)
                before.count += 1
            else:
                found.append(bar)
                last[look] = bar
        return found

    def _drawn(self, bar: _Bar) -> dict[str, Any]:
        id_, kind, name, status, start_ns, end_ns = (
            column[bar.place] for column in self.outline.order.columns(*_DRAWN)
        )
        alone = f"{name}: {write.duration(((end_ns or self.scale.last_ns) - start_ns) / 1e6)}"
        return {
            "id": id_,
            "x1": bar.x1,
            "x2": bar.x2,
            "tone": kind_look(kind).tone,
            "count": bar.count,
            "is_extent": bar.place in self.extents,
            "is_human": kind == SpanKind.HUMAN,
            "is_failed": status == SpanStatus.ERROR,
            "title": alone if bar.count == 1 else f"{bar.count:,} spans",
        }


def arrows(outline: Outline, scale: Scale, lanes: list[str]) -> list[dict[str, Any]]:
    """Who gave work to whom: from the agent around a run, or from the one that ended before it within the same parent.

    Each has ``x`` in units, the lanes ``start`` and ``end`` by number, and says whether it ``is_next``: one after the
    other, not one inside the other. At most 300.
    """
    agents, starts = agents_of(outline), outline.column("start_ns")
    number = {name: at for at, name in enumerate(lanes)}
    found: list[dict[str, Any]] = []
    for one in handovers(outline):
        if one.giver < 0:
            continue
        source, target = agents[one.giver], agents[one.place]
        if source != target and source in number and target in number:
            found.append({
                "x": scale.x(starts[one.place]), "start": number[source], "end": number[target], "is_next": one.is_next,
                "title": f"{source} → {target}",
            })  # fmt: skip
    return found[:_MOST_ARROWS]
