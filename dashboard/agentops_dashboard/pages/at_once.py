"""How many model calls, and how many tools, ran at the same moment of a session."""

from bisect import bisect_left
from itertools import accumulate, groupby
from typing import Any, Final

from agentops.semconv import SpanKind
from agentops_dashboard.pages.busy import Stretches, busy
from agentops_dashboard.pages.timeline import Scale
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered_last

__all__ = ["at_once"]

_BINS: Final = 240
_HALF: Final = 14.0
_GROUPS: Final = {
    "llm": (SpanKind.LLM,),
    "tool": (SpanKind.TOOL, SpanKind.RETRIEVER, SpanKind.EMBEDDING),
}


class _Steps:
    """How many of some spans were open, after each beginning and each end."""

    def __init__(self, some: list[Stretches]) -> None:
        # A beginning is an odd number and an end an even one, so that of two calls in turn the first ends before.
        events = [start * 2 + 1 for stretches in some for start in stretches.begun]
        events += [end * 2 for stretches in some for end in stretches.ended]
        self._events = sorted(events)
        self._levels = list(accumulate([1 if event & 1 else -1 for event in self._events], initial=0))
        self.most = max(self._levels)

    def most_in(self, start_ns: float, end_ns: float) -> int:
        """The most that were open at one moment of a stretch."""
        first = bisect_left(self._events, int(start_ns) * 2 + 1)
        return max(self._levels[first : bisect_left(self._events, int(end_ns) * 2, lo=first) + 1])


def at_once(outline: Outline, scale: Scale, zoom: tuple[float, float], least: int = 2) -> dict[str, Any] | None:
    """The stretch in sight in 240 equal parts, each with the most calls that ran at one of its moments.

    ``llm`` and ``tool`` are SVG paths, 240 wide, that go up and down from the middle of 28 units; ``most`` holds the
    largest numbers of the whole session; ``levels`` the numbers of each part, as ``llm.tool``. None if there
    were never ``least`` calls of a kind at once.
    """
    steps = _steps_of(outline, scale.last_ns)
    most = max(step.most for step in steps.values())
    if most < least:
        return None
    width = (zoom[1] - zoom[0]) / _BINS
    edges = [scale.moment(zoom[0] + at * width) for at in range(_BINS + 1)]
    levels = {name: [step.most_in(edges[at], edges[at + 1]) for at in range(_BINS)] for name, step in steps.items()}
    return {
        "llm": _area(levels["llm"], -_HALF / max(1, most)),
        "tool": _area(levels["tool"], _HALF / max(1, most)),
        "most": {name: step.most for name, step in steps.items()},
        "levels": " ".join(f"{llm}.{tool}" for llm, tool in zip(levels["llm"], levels["tool"], strict=True)),
    }


@remembered_last
def _steps_of(outline: Outline, until_ns: int) -> dict[str, _Steps]:
    of_kind = busy(outline, until_ns)
    return {name: _Steps([of_kind[kind] for kind in kinds]) for name, kinds in _GROUPS.items()}


def _area(levels: list[int], height: float) -> str:
    """The outline of bars that stand on the middle line; equal neighbours are one bar."""
    path, at = [f"M0 {_HALF:.0f}"], 0
    for level, run in groupby(levels):
        at += len(list(run))
        path.append(f"V{_HALF + level * height:.4g}H{at}")
    return "".join([*path, f"V{_HALF:.0f}Z"])
