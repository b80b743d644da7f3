"""Agents as a sequence: a lifeline for each, and what went from one to the other in the order of time."""

from typing import Any, Final

from agentops.semconv import SpanKind, SpanStatus
from agentops_dashboard import format as write
from agentops_dashboard.derived import Handover, agents_of, handovers
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader.outline import Outline

__all__ = ["sequence"]

_MOST_LINES: Final = 10
_MOST_RUNS: Final = 60
_COLUMN: Final = 170
_ROW: Final = 30
_TOP: Final = 62


def sequence(outline: Outline) -> dict[str, Any] | None:
    """Lifelines and messages with their places in pixels; None where there is no agent.

    A run is a call, and an answer unless another agent goes on with the work. ``left_out`` says how many runs are not
    drawn: those behind the sixtieth, and those of agents behind the tenth.
    """
    order = outline.order
    runs = [_as_called(outline, run) for run in handovers(outline)]
    if not runs:
        return None
    names = [""]
    for run in runs:
        if _name(outline, run.place) not in names and len(names) <= _MOST_LINES:
            names.append(_name(outline, run.place))
    column = {name: at for at, name in enumerate(names)}
    drawn = [run for run in runs if {_name(outline, run.place), _name(outline, run.giver)} <= column.keys()][
        :_MOST_RUNS
    ]
    messages = _messages(outline, drawn, column)
    lines = [{"name": short_name(name) if name else order[0].name, "x": _x(at), "find": name,
              "kind": SpanKind.AGENT if name else SpanKind.SESSION} for name, at in column.items()]  # fmt: skip
    return {
        "lines": lines, "messages": messages, "bars": _bars(messages), "left_out": len(runs) - len(drawn),
        "runs": len(runs), "width": len(lines) * _COLUMN, "height": _TOP + len(messages) * _ROW + 8,
    }  # fmt: skip


def _name(outline: Outline, place: int) -> str:
    return agents_of(outline)[place] if place >= 0 else ""


def _x(at: int) -> int:
    return at * _COLUMN + _COLUMN // 2


def _messages(outline: Outline, runs: list[Handover], column: dict[str, int]) -> list[dict[str, Any]]:
    order = outline.order
    order.fetch([0, *(run.place for run in runs)])
    begun_ns = order[0].start_ns
    went_on = {run.giver for run in runs if run.is_next}
    moments: list[tuple[int, int, int, Handover, bool]] = []
    for run in runs:
        row = order[run.place]
        moments.append((row.start_ns, 1, run.place, run, False))
        if row.end_ns is not None and run.place not in went_on:
            # What ends where something begins comes before it, but not before its own beginning.
            moments.append((row.end_ns, 0 if row.end_ns > row.start_ns else 2, -run.place, run, True))
    found = []
    for at, (time_ns, _, _, run, is_answer) in enumerate(sorted(moments, key=lambda moment: moment[:3])):
        row = order[run.place]
        mine, other = (
            column[_name(outline, run.place)],
            column[_name(outline, _asker(outline, run, is_answer=is_answer))],
        )
        start, end = (mine, other) if is_answer else (other, mine)
        offset = write.duration((time_ns - begun_ns) / 1e6)
        what = "answers" if is_answer else "takes over from" if run.is_next else "is called by"
        names = [_name(outline, run.place), _name(outline, _asker(outline, run, is_answer=is_answer)) or order[0].name]
        found.append({
            "id": row.span_id, "place": run.place, "is_answer": is_answer, "is_next": run.is_next and not is_answer,
            "is_failed": is_answer and row.status == SpanStatus.ERROR, "x1": _x(start), "x2": _x(end),
            "y": _TOP + at * _ROW + _ROW // 2, "line": _x(mine),
            "text": (row.error_type or row.preview or "") if is_answer else f"+{offset}",
            "title": f"{names[0]} {what} {names[1]}, after {offset}",
        })  # fmt: skip
    return found


def _as_called(outline: Outline, run: Handover) -> Handover:
    """A run after one that failed, or after another one of the same agent, took nothing over: it was called anew."""
    if run.is_next:
        has_failed = outline.column("status")[run.giver] == SpanStatus.ERROR
        if has_failed or _name(outline, run.giver) == _name(outline, run.place):
            return Handover(run.place, _around(outline, run.place), is_next=False)
    return run


def _asker(outline: Outline, run: Handover, *, is_answer: bool) -> int:
    """Who a run came from; its answer goes to the agent around it, not to the one that it took over from."""
    return _around(outline, run.place) if is_answer and run.is_next else run.giver


def _around(outline: Outline, place: int) -> int:
    above = outline.parents[place]
    while above >= 0 and outline.column("kind")[above] != SpanKind.AGENT:
        above = outline.parents[above]
    return above


def _bars(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """When each agent was at work: from its call to its answer, or to whoever took over, or to the end."""
    ends = {one["place"]: one["y"] for one in messages if one["is_answer"]}
    last = messages[-1]["y"] + _ROW // 2 if messages else 0
    bars = []
    for at, one in enumerate(messages):
        if not one["is_answer"]:
            taken = next(
                (other["y"] for other in messages[at + 1 :] if other["is_next"] and other["x1"] == one["line"]), last
            )
            bars.append({"x": one["line"], "y1": one["y"], "y2": ends.get(one["place"], taken)})
    return bars
