"""Figures over many sessions: key numbers, courses over time, tables of models, tools, agents and errors."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import FastAPI
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from agentops_dashboard import format as write
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.derived.changes import Change, read_changes
from agentops_dashboard.derived.pace import SPLIT_CALLS, Pace, read_pace, split_pace
from agentops_dashboard.derived.releases import read_releases
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.analytics_tables import tables_of, top_sessions, top_users, waste_shown
from agentops_dashboard.pages.attention import attention, change_of
from agentops_dashboard.pages.own_charts import SHAPES, own_charts, split_charts, split_menus, splits_of, with_new
from agentops_dashboard.pages.releases import releases_shown
from agentops_dashboard.pages.response import HEADERS, address_of, page, zone_of
from agentops_dashboard.pages.session_list import chips, problem_of
from agentops_dashboard.pages.time_range import RANGES, TimeRange, chosen_range
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import GROUPS, Analytics, Totals
from agentops_dashboard.reader.analytics import tables_of as label_tables
from agentops_dashboard.reader.charts import AGGREGATES, CHART_GROUPS, MEASURES
from agentops_dashboard.reader.grid import Grid, around
from agentops_dashboard.reader.label_sums import Counted

__all__ = ["add_routes"]

_BUCKETS: Final = 48
_MOST_KEPT: Final = 24
_DURATION_BARS: Final = 30
_MINUTE_NS: Final = 60_000_000_000
_INTERVALS: Final = {
    "5m": 5 * _MINUTE_NS, "1h": 60 * _MINUTE_NS, "6h": 360 * _MINUTE_NS, "1d": 1440 * _MINUTE_NS,
    "7d": 10_080 * _MINUTE_NS,
}  # fmt: skip
_MEASURES: Final = ("cost", "tokens")
_CHOICES: Final = (
    ("new", "What", tuple((key, measure.label) for key, measure in MEASURES.items())),
    ("how", "How", tuple((key, key) for key in AGGREGATES)),
    ("per", "By", (("", "nothing"), *((key, key) for key in CHART_GROUPS))),
    ("as", "As", tuple((key, key) for key in SHAPES)),
)
"""What the form for a chart of one's own offers: parameter, label, and values with their labels."""
_KPIS: Final = (
    ("Sessions", "sessions", write.count, "session", "session", False),
    ("Success rate", "success_rate", write.percent, "ok", "ok", False),
    ("Users", "users", write.count, "human", "human", False),
    ("LLM calls", "llm", write.count, "llm", "llm", False),
    ("Tool calls", "tools", write.count, "tool", "tool", False),
    ("Errors", "errors", write.count, "error", "error", True),
    ("Tokens", "tokens", write.count, "tokens", "muted", False),
    ("Cache hits", "cache_hits", write.percent, "memory", "muted", False),
    ("Cost", "cost", write.money, "coin", "muted", True),
    ("p95 cost", "p95_cost", write.money, "coin", "muted", True),
    ("Median duration", "p50_ms", write.duration, "clock", "muted", True),
    ("p95 duration", "p95_ms", write.duration, "clock", "muted", True),
)
_OF_OWN: Final = ("id", "shape", "unit", "group", "query", "groups", "stacks", "edges", "measure")
_SHARES: Final = frozenset({"success_rate", "cache_hits"})


def add_routes(app: FastAPI) -> None:
    """Add the page, the slower part of it that its script asks for, and the charting library."""
    app.state.analytics_kept = OrderedDict()

    @app.get("/analytics", include_in_schema=False)
    def show(request: Request, reader: ReaderOf) -> Response:
        return _show(request, reader)

    @app.get("/analytics/pace", include_in_schema=False)
    def pace(request: Request, reader: ReaderOf) -> Response:
        address = Address("/analytics", dict(request.query_params))
        chosen = chosen_range(address, time.time_ns())
        try:
            values = _with_pace(request, address, reader, chosen)
        except QueryError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        address = Address("/analytics", address.params)
        return page(request, "analytics_pace.html", **(values | {"address": address, "splits": split_menus(address)}))

    @app.get("/vendor/plotly.min.js", include_in_schema=False)
    def plotly() -> Response:
        path = _plotly_path()
        if path is None:
            missing = "The charts need plotly: pip install 'agentops[dashboard]'"
            return PlainTextResponse(missing, 404, HEADERS)
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return FileResponse(path, media_type="text/javascript", headers=headers)


def _plotly_path() -> Path | None:
    """Where the package keeps the library; importing plotly would cost half a second."""
    spec = find_spec("plotly")
    roots = spec.submodule_search_locations if spec else None
    path = Path(next(iter(roots))) / "package_data" / "plotly.min.js" if roots else None
    return path if path is not None and path.is_file() else None


def _show(request: Request, reader: Reader) -> Response:
    address = address_of(request)
    added = with_new(address)
    if added is not None:
        return RedirectResponse(added, 303)
    query = address.get("q")
    chosen = chosen_range(address, time.time_ns())
    problem, values = None, _nothing()
    try:
        values = (
            _with_pace(request, address, reader, chosen)
            if address.is_set("whole")
            else _sums(request, address, reader, chosen)
        )
    except QueryError as error:
        problem = problem_of(error, query)
    return page(
        request,
        "analytics.html",
        status=400 if problem else 200,
        section="analytics",
        query=query,
        problem=problem,
        chips=chips(address, query),
        range=chosen.key,
        ranges=RANGES,
        custom_range=chosen.label(zone_of(request)),
        group=_group(address),
        groups=GROUPS,
        measure=_measure(address),
        measures=_MEASURES,
        intervals=("", *_INTERVALS),
        choices=_CHOICES,
        splits=split_menus(address),
        address=address,
        **values,
    )


def _group(address: Address) -> str:
    return address.get("group") if address.get("group") in GROUPS else "model"


def _measure(address: Address) -> str:
    return address.get("of") if address.get("of") in _MEASURES else "cost"


def _remembered(
    request: Request, address: Address, reader: Reader, chosen: TimeRange, what: Callable[..., dict[str, Any]]
) -> dict[str, Any]:
    """What is counted; counted again only when sessions have changed, or time has moved the range on."""
    kept: OrderedDict[Any, dict[str, Any]] = request.app.state.analytics_kept
    minute = 0 if chosen.key in ("all", "custom") else int(time.time() // 60)
    bounds = (chosen.since_ns, chosen.until_ns) if chosen.key == "custom" else minute
    asked = tuple(address.get(name) for name in ("q", "group", "of", "interval", "charts", "by", "old", "release"))
    key = (what.__name__, reader.project, chosen.key, bounds, asked, reader.version())
    values = kept.get(key)
    if values is None:
        values = kept[key] = what(address, reader, chosen)
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return values


def _sums(request: Request, address: Address, reader: Reader, chosen: TimeRange) -> dict[str, Any]:
    return _remembered(request, address, reader, chosen, _values)


def _with_pace(request: Request, address: Address, reader: Reader, chosen: TimeRange) -> dict[str, Any]:
    values = _sums(request, address, reader, chosen)
    if values["data"] is None:
        return values
    found = _remembered(request, address, reader, chosen, _pace)
    pace: Pace = found["pace"]
    shown = {name: pace[name] for name in ("points", "speeds")} | {"splits": found["splits"]}
    return values | {
        "tables": tables_of(address, values["labels"], pace), "pace": pace, "pace_data": _json(shown),
        "waste": waste_shown(address, pace),
    }  # fmt: skip


def _nothing() -> dict[str, Any]:
    return {
        "kpis": [], "tables": [], "labels": {}, "points": [], "data": None, "unpriced": 0, "pace": None,
        "pace_data": None, "top_sessions": [], "top_users": [], "own": [],
        "attention": None, "releases": None,
    }  # fmt: skip


def _grid(analytics: Analytics, address: Address, chosen: TimeRange) -> Grid | None:
    """The intervals of the charts; None if no session is found."""
    span = analytics.span_of(address.get("q"), chosen.since_ns, chosen.until_ns)
    if span is None:
        return None
    since, until = span
    if chosen.is_until_now:
        until = max(until, around(until, time.time_ns())[1])
    width = _INTERVALS.get(address.get("interval"))
    chosen_grid = Grid.of_width(since, until, width) if width else None
    divide = Grid.over if chosen.key == "all" else Grid.into
    return chosen_grid or divide(since, until, _BUCKETS)


def _pace(address: Address, reader: Reader, chosen: TimeRange) -> dict[str, Any]:
    grid = _grid(Analytics(reader), address, chosen)
    if grid is None:
        return {"pace": None, "splits": {}}
    query = address.get("q")
    splits = {
        what: {"by": by, "groups": split_pace(reader, query, grid, what, by)}
        for what, by in splits_of(address).items()
        if what in SPLIT_CALLS
    }
    return {"pace": read_pace(reader, query, grid), "splits": splits}


def _values(address: Address, reader: Reader, chosen: TimeRange) -> dict[str, Any]:
    analytics = Analytics(reader)
    query, bounds = address.get("q"), {"since_ns": chosen.since_ns, "until_ns": chosen.until_ns}
    totals = analytics.totals(query, **bounds)
    before = _before(analytics, query, chosen)
    grid = _grid(analytics, address, chosen)
    if grid is None:
        return _nothing() | {"kpis": _kpis(totals, before)}
    points = analytics.course(query, grid)
    group, measure = _group(address), _measure(address)
    own = own_charts(address, reader, grid)
    data = {
        "points": points,
        "since_ns": grid.since_ns,
        "until_ns": grid.until_ns,
        "split": analytics.split(query, grid, by=group, of=measure),
        "durations": _duration_bars(analytics.durations(query, chosen.since_ns, chosen.until_ns)),
        "group": group,
        "measure": measure,
        "own": [{key: one[key] for key in _OF_OWN} for one in (*own, *split_charts(address, reader, grid))],
    }
    counted = reader.labels.over(query, chosen.since_ns, chosen.until_ns)
    labels = label_tables(counted)
    changes = _changes(reader, query, chosen, counted)
    releases = read_releases(
        reader, query, chosen.since_ns, chosen.until_ns, old=address.get("old"), new=address.get("release")
    )
    return _nothing() | {
        "attention": None if changes is None else attention(address, changes),
        "kpis": _kpis(totals, before),
        "labels": labels,
        "tables": tables_of(address, labels, None),
        "points": [point for point in points if point["sessions"]],
        "data": _json(data),
        "unpriced": totals["unpriced"],
        "own": own,
        "releases": None if releases is None else releases_shown(address, releases),
        "top_sessions": top_sessions(reader, query, bounds),
        "top_users": top_users(address, analytics.top_users(query, since_ns=chosen.since_ns, until_ns=chosen.until_ns)),
    }


def _json(data: Any) -> Markup:
    """JSON that cannot end the element that it stands in."""
    text = orjson.dumps(data).decode()
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _before(analytics: Analytics, query: str, chosen: TimeRange) -> Totals | None:
    """The totals of the equally long time before the chosen one."""
    if chosen.since_ns is None:
        return None
    length = (chosen.until_ns or time.time_ns()) - chosen.since_ns
    return analytics.totals(query, since_ns=chosen.since_ns - length, until_ns=chosen.since_ns)


def _changes(reader: Reader, query: str, chosen: TimeRange, counted: Counted) -> list[Change] | None:
    """What got worse against the equally long time before; None if there is none to compare with."""
    until_ns = chosen.until_ns or time.time_ns()
    if chosen.since_ns is None or chosen.since_ns >= until_ns:
        return None
    return read_changes(reader, query, chosen.since_ns, until_ns, counted)


def _kpis(totals: Totals, before: Totals | None) -> list[dict[str, Any]]:
    now: dict[str, Any] = {**totals}
    then: dict[str, Any] = {**before} if before else {}
    return [
        {"label": label, "value": text(now[key]), "icon": icon, "tone": tone}
        | _change(now[key], then.get(key), is_share=key in _SHARES, is_bad_up=is_bad_up)
        for label, key, text, icon, tone, is_bad_up in _KPIS
    ]


def _change(now: Any, then: Any, *, is_share: bool, is_bad_up: bool) -> dict[str, Any]:
    """The change against the time before, and whether it is one for the worse or for the better."""
    if now is None or then is None or (not is_share and not then):
        return {"change": "", "is_bad": False, "is_good": False}
    change = change_of(now, then, is_share=is_share)
    matters = (is_bad_up or is_share) and change != "unchanged"
    is_worse = (now > then) == is_bad_up
    return {"change": change, "is_bad": matters and is_worse, "is_good": matters and not is_worse}


def _duration_bars(durations: list[float]) -> dict[str, Any]:
    """A histogram of durations, in bars of equal ratio: an agent's runs differ by powers of ten.

    The shortest and the longest differ by four at least, so that alike ones are not told apart by microseconds.
    """
    low, high = max(next((ms for ms in durations if ms > 0), 1.0), 0.1), max(durations, default=1.0)
    if high < 4 * low:
        middle = math.sqrt(low * max(high, low))
        low, high = middle / 2, middle * 2
    ratio = (high / low) ** (1 / _DURATION_BARS)
    edges = [low * ratio**at for at in range(_DURATION_BARS + 1)]
    counts = [0] * _DURATION_BARS
    at = 0
    for ms in durations:
        while at < _DURATION_BARS - 1 and ms > edges[at + 1]:
            at += 1
        counts[at] += 1
    return {"edges_ms": edges, "counts": counts}
