"""The timeline of a session: scale, ruler, overview, critical path, what was spent, and the moments of playback."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard import format as write
from agentops_dashboard.derived import facts_of
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.busy import Stretches, busy
from agentops_dashboard.pages.kinds import kind_look
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered_last

__all__ = [
    "WIDTH", "Scale", "cost_curve", "critical_path", "gaps_in", "moments", "overview", "ruler",
    "scale_of", "zoom_of",
]  # fmt: skip

WIDTH: Final = 1000.0
"""A timeline is this many units wide, whatever its duration."""

_BINS: Final = 200
_STEPS_MS: Final = tuple(
    [base * 10**power for power in range(-3, 4) for base in (1, 2, 5)]
    + [
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        1_800_000,
        3_600_000,
        7_200_000,
        21_600_000,
        86_400_000,
    ]
)
_GAP_SHARE: Final = 0.04
_GAP_WIDTH: Final = 18.0
_MOST_POINTS: Final = 400
_MOST_MOMENTS: Final = 2000
_MOST_FAILURES: Final = 500


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps nanoseconds to units. ``gaps`` are idle stretches ``(start_ns, end_ns)`` drawn in a small fixed width."""

    first_ns: int
    last_ns: int
    gaps: tuple[tuple[int, int], ...] = ()
    unit_ns: float = field(init=False)

    def __post_init__(self) -> None:
        """Share the width out among the time that is not in a gap."""
        idle = sum(end - start for start, end in self.gaps)
        busy = max(1, self.last_ns - self.first_ns - idle)
        object.__setattr__(self, "unit_ns", busy / (WIDTH - len(self.gaps) * _GAP_WIDTH))

    @property
    def busy_ms(self) -> float:
        """The time that is drawn, without the gaps."""
        return self.unit_ns * (WIDTH - len(self.gaps) * _GAP_WIDTH) / 1e6

    def x(self, moment_ns: int) -> float:
        """Where a moment lies, in units."""
        skipped, shift = 0, 0.0
        for start, end in self.gaps:
            if moment_ns >= end:
                skipped, shift = skipped + end - start, shift + _GAP_WIDTH
            elif moment_ns > start:
                inside = (moment_ns - start) / (end - start)
                skipped, shift = skipped + moment_ns - start, shift + inside * _GAP_WIDTH
        return (moment_ns - self.first_ns - skipped) / self.unit_ns + shift

    def xs(self, moments_ns: list[int]) -> list[float]:
        """Where many moments lie."""
        if self.gaps:
            return list(map(self.x, moments_ns))
        return [(moment_ns - self.first_ns) / self.unit_ns for moment_ns in moments_ns]

    def moment(self, x: float) -> float:
        """The moment at a place, in nanoseconds."""
        if not self.gaps:
            return self.first_ns + x * self.unit_ns
        low, high = float(self.first_ns), float(self.last_ns)
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.x(int(middle)) < x else (low, middle)
        return low


def scale_of(outline: Outline, *, has_gaps: bool, now_ns: int = 0) -> Scale:
    """The scale of a whole session, of a running one up to ``now_ns``; ``has_gaps`` to leave idle stretches out."""
    first, last = outline.extent()
    last = max(last, first + 1, now_ns)
    return Scale(first, last, _idle(outline, first, last) if has_gaps else ())


@remembered_last
def _idle(outline: Outline, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Stretches in which no leaf of the tree was at work; waiting for a person counts as idle."""
    facts = zip(*map(outline.column, ("start_ns", "end_ns", "kind")), outline.index.children, strict=True)
    leaves = sorted(
        (start, end or last) for start, end, kind, children in facts if not children and kind != SpanKind.HUMAN
    )
    shortest = max((last - first) * _GAP_SHARE, 200_000_000)
    gaps, reached = [], first
    for start, end in leaves:
        if start - reached > shortest:
            gaps.append((reached, start))
        reached = max(reached, end)
    if last - reached > shortest:
        gaps.append((reached, last))
    return tuple(gaps[:20])


def gaps_in(scale: Scale) -> list[dict[str, Any]]:
    """Where time was left out, in units, and how much of it."""
    return [
        {"x1": scale.x(start), "x2": scale.x(end), "text": write.duration((end - start) / 1e6)}
        for start, end in scale.gaps
    ]


def zoom_of(address: Address) -> tuple[float, float]:
    """The stretch in sight, in units, from ``zoom=120.5-300``; everything if it makes no sense."""
    first, _, last = address.get("zoom").partition("-")
    try:
        start, end = max(0.0, float(first)), min(WIDTH, float(last))
    except ValueError:
        return 0.0, WIDTH
    return (start, end) if end - start >= 0.001 else (0.0, WIDTH)


def ruler(scale: Scale, zoom: tuple[float, float]) -> list[dict[str, Any]]:
    """Ticks at round times since the start; ``share`` is their place among what is in sight, from 0 to 1."""
    start_ms = (scale.moment(zoom[0]) - scale.first_ns) / 1e6
    end_ms = (scale.moment(zoom[1]) - scale.first_ns) / 1e6
    step = next((step for step in _STEPS_MS if (end_ms - start_ms) / step <= 8), _STEPS_MS[-1])
    ticks: list[dict[str, Any]] = []
    at = -(-start_ms // step)
    while at * step <= end_ms and len(ticks) < 40:
        x = scale.x(scale.first_ns + int(at * step * 1e6))
        share = (x - zoom[0]) / (zoom[1] - zoom[0])
        if not ticks or share - ticks[-1]["share"] > 0.05:
            ticks.append({"share": share, "x": x, "text": _tick(at * step, step)})
        at += 1
    return ticks


def _tick(ms: float, step_ms: float) -> str:
    """A moment with as many digits as ticks so far apart need: ``10m`` and not ``10m 00s``, ``5 s``, ``10.02 s``."""
    if not ms:
        return "0"
    if ms < 1:
        return f"{ms * 1000:.{_decimals(step_ms * 1000)}f} µs"
    if ms < 1000:
        return f"{ms:.{_decimals(step_ms)}f} ms"
    decimals, seconds = _decimals(step_ms / 1000), ms / 1000
    if seconds < 60:
        return f"{seconds:.{decimals}f} s"
    if decimals:
        return f"{int(seconds // 60)}m {seconds % 60:0{decimals + 3}.{decimals}f}s"
    return write.duration(ms).removesuffix(" 00s").removesuffix(" 00m")


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


@remembered_last
def overview(outline: Outline, scale: Scale) -> dict[str, Any]:
    """How busy the session was: per bin the mean number of LLM, tool and other calls at once, 44 units high."""
    size = WIDTH / _BINS
    edges = [round(scale.moment(at * size)) for at in range(_BINS + 1)]
    bins = {kind: _at_work(stretches, edges) for kind, stretches in busy(outline, scale.last_ns).items()}
    peak = max(map(sum, zip(*bins.values(), strict=True)), default=0) or 1
    bars = []
    for at in range(_BINS):
        top = 42.0
        for kind, shares in bins.items():
            height = shares[at] / peak * 38
            if height > 0.05:
                top -= height
                bars.append({"x": at * size, "y": top, "height": height, "width": size, "tone": kind_look(kind).tone})
    return {"bars": bars, "failed": scale.xs(_failures(outline)), "peak": peak}


def _failures(outline: Outline) -> list[int]:
    """When the first failed spans ended."""
    kinds, starts, ends = map(outline.column, ("kind", "start_ns", "end_ns"))
    failed = [place for place, status in enumerate(outline.column("status")) if status == SpanStatus.ERROR]
    places = [place for place in failed if kinds[place] != SpanKind.SESSION]
    return [ends[place] or starts[place] for place in places[:_MOST_FAILURES]]


def _at_work(stretches: Stretches, edges: list[int]) -> list[float]:
    """How many of some stretches were open, in the mean of the time between each two edges.

    The time that passed in them up to an edge is what passed since their beginnings, less what passed since their ends.
    """
    begun, ended = stretches
    until_begun, until_ended = list(accumulate(begun, initial=0)), list(accumulate(ended, initial=0))

    def passed(edge: int) -> int:
        started, stopped = bisect_right(begun, edge), bisect_right(ended, edge)
        return (started - stopped) * edge - until_begun[started] + until_ended[stopped]

    totals = [passed(edge) for edge in edges]
    return [
        (after - before) / max(1, to - start)
        for (before, after), (start, to) in zip(pairwise(totals), pairwise(edges), strict=True)
    ]


def critical_path(outline: Outline) -> frozenset[str]:
    """Ids of the spans that the session's duration hangs on."""
    return frozenset(facts_of(outline)["critical_path"])


@remembered_last
def cost_curve(outline: Outline, scale: Scale) -> dict[str, Any] | None:
    """What was spent so far, and how much each model call was given to read, over the time; None if nobody says.

    Points are ``(x, y)`` in units, y from 0 (top) to 30; at most 400 of each.
    """
    facts = zip(*map(outline.column, ("end_ns", "start_ns", "cost_nano", "input_tokens")), strict=True)
    calls = sorted((end, start, nano or 0, given or 0) for end, start, nano, given in facts if end and (nano or given))
    if len(calls) < 2:
        return None
    most = max(given for _, _, _, given in calls)
    spent = list(accumulate(nano for _, _, nano, _ in calls))
    total = spent[-1]
    cost: list[tuple[float, float]] = [(0.0, 30.0)]
    context: list[tuple[float, float]] = []
    for at in sorted({*range(0, len(calls), max(1, len(calls) // _MOST_POINTS)), len(calls) - 1}):
        end, start, _, given = calls[at]
        cost.append((scale.x(end), 30 - 27 * spent[at] / total if total else 30.0))
        if given:
            context.append((scale.x(start), 30 - 27 * given / most))
    cost.append((WIDTH, cost[-1][1]))
    return {"cost": _steps(cost) if total else "", "context": context, "total": total / 1e9 or None, "most": most}


def _steps(points: list[tuple[float, float]]) -> str:
    """An SVG path that goes up where something was added."""
    path = [f"M{points[0][0]:.2f} {points[0][1]:.2f}"]
    path += [f"H{x:.2f}V{y:.2f}" for x, y in points[1:]]
    return "".join(path)


@remembered_last
def moments(outline: Outline, scale: Scale) -> list[float]:
    """Where something began, in units, in order: what playback steps through; at most 2,000."""
    # To thousandths; ``round`` with digits takes three times as long.
    places = sorted({int(x * 1000 + 0.5) for x in scale.xs(outline.column("start_ns"))})
    return [place / 1000 for place in places[:: max(1, -(-len(places) // _MOST_MOMENTS))]]
