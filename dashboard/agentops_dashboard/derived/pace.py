"""How fast models and tools were, and what agents came to: read from spans, of a sample where there are many.

Sums over sessions are in ``analytics`` and exact. Percentiles need the spans themselves, and the figures of agents
whole trees; both are read for at most so many spans, from sessions that are spread evenly over those found.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from sqlalchemy import ColumnElement, Connection, and_, func, select

from agentops.semconv import SpanKind
from agentops_dashboard.derived.facts import Facts, facts_of
from agentops_dashboard.derived.waste import Wasted, WasteSum
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import NONE, quantile
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.store import tables as t

__all__ = [
    "CALL_GROUPS", "SPLIT_CALLS", "AgentPace", "LabelPace", "Pace", "PacePoint", "calls_of", "label_of", "read_pace",
    "sampled", "split_pace", "times_of",
]  # fmt: skip

SPLIT_CALLS: Final = ("llm", "tool", "first", "speed")
"""What of calls can be split: time of model calls, of tool calls, time to first token, and output tokens per second."""
CALL_GROUPS: Final = ("model", "tool", "agent", "user", "environment", "release", "service")

_MOST_SPANS: Final = 12_000
_MOST_TREE_SPANS: Final = 3_000
_MOST_MODELS: Final = 6


class PacePoint(TypedDict):
    """One interval: ``[p50, p95, p99]`` in ms of model calls, tool calls and times to first token; None without any."""

    llm: list[float] | None
    tool: list[float] | None
    first_token: list[float] | None


class LabelPace(TypedDict):
    """A model or a tool. ``speed`` is output tokens per second from the first token on."""

    p50_ms: float | None
    p95_ms: float | None
    first_token_ms: float | None
    speed: float | None


class AgentPace(TypedDict):
    """An agent's mean per run. Money in dollars; unknown is None."""

    runs: int
    self_cost: float | None
    subtree_cost: float | None
    steps: float
    delegations: int
    loops: int


class Pace(TypedDict):
    """``sampled`` of ``sessions`` were looked at; ``speeds`` holds tokens per second of each model by interval.

    ``agents``, ``waste`` (the dearest first) and ``retries`` (attempts beyond the first, by kind and name) are of the
    ``tree_sessions`` newest ones.
    """

    sessions: int
    sampled: int
    points: list[PacePoint]
    speeds: dict[str, list[float | None]]
    labels: dict[str, dict[str, LabelPace]]
    agents: dict[str, AgentPace]
    retries: dict[str, dict[str, int]]
    waste: list[Wasted]
    tree_sessions: int


@dataclass(slots=True)
class _Seen:
    """What was seen of one model or tool, or of one interval."""

    ms: list[float] = field(default_factory=list)
    first_token_ms: list[float] = field(default_factory=list)
    tokens: int = 0
    busy_ms: float = 0.0

    def add(self, row: Any) -> None:
        took = (row.end_ns - row.start_ns) / 1e6
        self.ms.append(took)
        first = (row.first_token_ns or 0) / 1e6
        if row.first_token_ns is not None:
            self.first_token_ms.append(first)
        if row.output_tokens and took > first:
            self.tokens += row.output_tokens
            self.busy_ms += took - first

    @property
    def speed(self) -> float | None:
        return self.tokens / self.busy_ms * 1000 if self.busy_ms else None


def read_pace(reader: Reader, query: str, grid: Grid) -> Pace:
    """Read the pace of the sessions that a query finds.

    Raises:
        QueryError: The query cannot be understood.
    """
    condition = reader.condition(query, grid.since_ns, grid.until_ns, time.time_ns())
    c = t.session.c
    with reader.connect() as connection:
        sessions, calls = connection.execute(
            select(func.count(), func.sum(c.llm_calls + c.tool_calls)).where(condition)
        ).one()
        chosen = sampled(condition, calls or 0, _MOST_SPANS)
        number = connection.execute(select(func.count()).select_from(t.session).where(chosen)).scalar_one()
        rows = connection.execute(calls_of(chosen)).all()
    return {"sessions": sessions, "sampled": number, **_calls_pace(rows, grid), **_trees_pace(reader, condition)}  # type: ignore[typeddict-item]


def sampled(condition: ColumnElement[bool], calls: int, most: int) -> ColumnElement[bool]:
    """The sessions that fit, or of those with more calls than ``most`` together every second, third … one."""
    step = max(1, -(-calls // most))
    return and_(condition, t.session.c.sid % step == 0) if step > 1 else condition


def split_pace(reader: Reader, query: str, grid: Grid, what: str, by: str) -> dict[str, list[float | None]]:
    """The 95th percentile of calls in seconds (of ``speed``: tokens per second) by interval and group.

    Args:
        reader: Of the project.
        query: Text of the query language.
        grid: The intervals.
        what: One of ``SPLIT_CALLS``.
        by: One of ``CALL_GROUPS``; the groups with most calls are shown.
    """
    condition = reader.condition(query, grid.since_ns, grid.until_ns, time.time_ns())
    c = t.session.c
    kind = SpanKind.TOOL if what == "tool" else SpanKind.LLM
    column = t.span.c.agent if by == "agent" else c.get(by)
    found: dict[str, dict[int, _Seen]] = defaultdict(lambda: defaultdict(_Seen))
    with reader.connect() as connection:
        calls = connection.execute(select(func.sum(c.llm_calls + c.tool_calls)).where(condition)).scalar()
        chosen = and_(sampled(condition, calls or 0, _MOST_SPANS), t.span.c.kind == kind)
        for row in connection.execute(calls_of(chosen, *([] if column is None else [column.label("grp")]))):
            label = (row.tool or row.name if by == "tool" else row.model) if column is None else row.grp
            found[NONE if label is None else label][grid.number(row.session_ns)].add(row)
    ranked = sorted(found, key=lambda name: (-sum(len(seen.ms) for seen in found[name].values()), name))
    return {
        name: [_split_value(found[name][at], what) if at in found[name] else None for at in range(grid.count)]
        for name in ranked[:_MOST_MODELS]
    }


def _split_value(seen: _Seen, what: str) -> float | None:
    if what == "speed":
        return seen.speed
    slow = quantile(sorted(seen.first_token_ms if what == "first" else seen.ms), 0.95)
    return None if slow is None else slow / 1000


def calls_of(condition: ColumnElement[bool], *more: ColumnElement[Any]) -> Any:
    """The ended model and tool calls of the sessions that fit, each with its session's start as ``session_ns``."""
    c, s = t.session.c, t.span.c
    joined = t.session.join(t.trace, (t.trace.c.project == c.project) & (t.trace.c.session_id == c.session_id)).join(
        t.span, (s.project == t.trace.c.project) & (s.trace_id == t.trace.c.trace_id)
    )
    columns = (s.kind, s.tool, s.name, s.model, s.start_ns, s.end_ns, s.first_token_ns, s.output_tokens, *more)
    return (
        select(c.start_ns.label("session_ns"), *columns)
        .select_from(joined)
        .where(condition, s.kind.in_((SpanKind.LLM, SpanKind.TOOL)), s.end_ns.is_not(None))
    )


def label_of(kind: str, tool: str | None, name: str | None, model: str | None) -> tuple[str, str] | None:
    """What a call is counted under: ``("model", name)`` or ``("tool", name)``; None for a model without a name."""
    if kind == SpanKind.LLM:
        return None if model is None else ("model", model)
    name = tool or name
    return None if name is None else ("tool", name)


def times_of(
    connection: Connection,
    condition: ColumnElement[bool],
    most: int,
    kinds: tuple[str, ...] = (SpanKind.LLM, SpanKind.TOOL),
) -> Iterator[tuple[int, tuple[str, str], float]]:
    """Of each ended call of these kinds its session's start, its label, and how many ms it took; of about ``most``."""
    counts = {SpanKind.LLM: t.session.c.llm_calls, SpanKind.TOOL: t.session.c.tool_calls}
    calls = connection.execute(select(*(func.sum(counts[kind]) for kind in kinds)).where(condition)).one()
    chosen = and_(sampled(condition, sum(number or 0 for number in calls), most), t.span.c.kind.in_(kinds))
    # As the driver gives them: the toolkit's own rows would cost half as much again.
    rows = connection.execute(calls_of(chosen)).cursor.fetchall()
    for session_ns, kind, tool, name, model, start_ns, end_ns, *_ in rows:
        label = label_of(kind, tool, name, model)
        if label is not None:
            yield session_ns, label, (end_ns - start_ns) / 1e6


def _calls_pace(rows: Iterable[Any], grid: Grid) -> dict[str, Any]:
    by_time: dict[tuple[str, int], _Seen] = defaultdict(_Seen)
    by_label: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    by_both: dict[tuple[str, int], _Seen] = defaultdict(_Seen)
    for row in rows:
        number = grid.number(row.session_ns)
        by_time[row.kind, number].add(row)
        label = label_of(row.kind, row.tool, row.name, row.model)
        if label is not None:
            by_label[label].add(row)
            if row.kind == SpanKind.LLM:
                by_both[label[1], number].add(row)
    labels: dict[str, dict[str, LabelPace]] = {"model": {}, "tool": {}}
    for (kind, name), seen in by_label.items():
        labels[kind][name] = _label_pace(seen)
    models = sorted(labels["model"], key=lambda model: -len(by_label["model", model].ms))[:_MOST_MODELS]
    return {
        "points": [_point(by_time, number) for number in range(grid.count)],
        "speeds": {
            model: [
                by_both[model, number].speed if (model, number) in by_both else None for number in range(grid.count)
            ]
            for model in models
            if labels["model"][model]["speed"] is not None
        },
        "labels": labels,
    }


def _point(by_time: dict[tuple[str, int], _Seen], number: int) -> PacePoint:
    llm, tool = by_time.get((SpanKind.LLM, number)), by_time.get((SpanKind.TOOL, number))
    return {
        "llm": _quantiles(llm.ms if llm else []),
        "tool": _quantiles(tool.ms if tool else []),
        "first_token": _quantiles(llm.first_token_ms if llm else []),
    }


def _quantiles(values: list[float]) -> list[float] | None:
    values.sort()
    return [float(quantile(values, share) or 0.0) for share in (0.5, 0.95, 0.99)] if values else None


def _label_pace(seen: _Seen) -> LabelPace:
    seen.ms.sort()
    return {
        "p50_ms": quantile(seen.ms, 0.5),
        "p95_ms": quantile(seen.ms, 0.95),
        "first_token_ms": quantile(sorted(seen.first_token_ms), 0.5),
        "speed": seen.speed,
    }


def _trees_pace(reader: Reader, condition: ColumnElement[bool]) -> dict[str, Any]:
    """The figures of agents and the retries, from whole trees of the newest sessions."""
    c = t.session.c
    statement = select(c.session_id, c.spans).where(condition).order_by(c.start_ns.desc()).limit(200)
    with reader.connect() as connection:
        found = connection.execute(statement).all()
    sums: dict[str, AgentPace] = {}
    retries: dict[str, dict[str, int]] = {}
    spans = number = 0
    waste = WasteSum()
    for session_id, size in found:
        spans += size
        if spans > _MOST_TREE_SPANS and number:
            break
        number += 1
        outline = reader.outlines.read(session_id)
        waste.add(outline)
        facts = facts_of(outline)
        _add_agents(sums, facts)
        for retry in facts["retries"]:
            names = retries.setdefault("model" if retry["kind"] == SpanKind.LLM else retry["kind"], {})
            names[retry["name"]] = names.get(retry["name"], 0) + retry["attempts"] - 1
    agents = {name: _mean(pace) for name, pace in sums.items()}
    return {"agents": agents, "retries": retries, "waste": waste.most(), "tree_sessions": number}


def _add_agents(sums: dict[str, AgentPace], facts: Facts) -> None:
    for agent in facts["agents"]:
        pace = sums.setdefault(agent["name"], {
            "runs": 0, "self_cost": None, "subtree_cost": None, "steps": 0, "delegations": 0, "loops": 0,
        })  # fmt: skip
        pace["runs"] += agent["runs"]
        pace["steps"] += agent["llm"] + agent["tools"]
        for key in ("self_cost", "subtree_cost"):
            more = agent[key]
            if more is not None:
                pace[key] = (pace[key] or 0.0) + more
    for delegation in facts["delegations"]:
        sums[delegation["source"]]["delegations"] += delegation["count"]
    for loop in facts["loops"]:
        if loop["agent"] in sums:
            sums[loop["agent"]]["loops"] += 1


def _mean(pace: AgentPace) -> AgentPace:
    runs = pace["runs"] or 1
    return {
        **pace,
        "self_cost": None if pace["self_cost"] is None else pace["self_cost"] / runs,
        "subtree_cost": None if pace["subtree_cost"] is None else pace["subtree_cost"] / runs,
        "steps": pace["steps"] / runs,
    }
