"""Figures over many sessions: key numbers, courses over time, tables of models, tools, agents and errors."""

import time
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson
from fastapi import FastAPI
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from agentops_dashboard import format as write
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.query_edit import term
from agentops_dashboard.pages.response import HEADERS, address_of, page, zone_of
from agentops_dashboard.pages.session_list import chips, problem_of
from agentops_dashboard.pages.time_range import RANGES, TimeRange, chosen_range
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Bucket, Reader
from agentops_dashboard.reader.analytics import GROUPS, Analytics, LabelRow, Totals

__all__ = ["add_routes"]

_BUCKETS: Final = 48
_MOST_KEPT: Final = 12
_DURATION_BARS: Final = 30
_TABLES: Final = (("model", "Models"), ("tool", "Tools"), ("agent", "Agents"), ("error", "Errors"))
_KPIS: Final = (
    ("Sessions", "sessions", write.count, "session", "session", False),
    ("Success rate", "success_rate", write.percent, "ok", "ok", False),
    ("Users", "users", write.count, "human", "human", False),
    ("LLM calls", "llm", write.count, "llm", "llm", False),
    ("Tool calls", "tools", write.count, "tool", "tool", False),
    ("Errors", "errors", write.count, "error", "error", True),
    ("Tokens", "tokens", write.count, "tokens", "muted", False),
    ("Cost", "cost", write.money, "coin", "muted", True),
    ("p95 duration", "p95_ms", write.duration, "clock", "muted", True),
)


def add_routes(app: FastAPI) -> None:
    """Add the page, and the charting library out of its installed package."""
    app.state.analytics_kept = OrderedDict()

    @app.get("/analytics", include_in_schema=False)
    def show(request: Request, reader: ReaderOf) -> Response:
        return _show(request, reader)

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
    query = address.get("q")
    chosen = chosen_range(address, time.time_ns())
    group = address.get("group") if address.get("group") in GROUPS else "model"
    problem, values = None, _nothing()
    try:
        values = _remembered(request, address, reader, chosen, group)
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
        group=group,
        groups=GROUPS,
        address=address,
        **values,
    )


def _remembered(request: Request, address: Address, reader: Reader, chosen: TimeRange, group: str) -> dict[str, Any]:
    """The page's figures; counted again only when something was recorded, or time has moved the range on."""
    kept: OrderedDict[Any, dict[str, Any]] = request.app.state.analytics_kept
    minute = 0 if chosen.key in ("all", "custom") else int(time.time() // 60)
    bounds = (chosen.since_ns, chosen.until_ns) if chosen.key == "custom" else minute
    key = (reader.project, address.get("q"), chosen.key, bounds, group, reader.revision())
    values = kept.get(key)
    if values is None:
        values = kept[key] = _values(address, reader, chosen, group)
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return values


def _nothing() -> dict[str, Any]:
    return {"kpis": [], "tables": [], "points": [], "data": None, "unpriced": 0}


def _values(address: Address, reader: Reader, chosen: TimeRange, group: str) -> dict[str, Any]:
    analytics = Analytics(reader)
    query, bounds = address.get("q"), {"since_ns": chosen.since_ns, "until_ns": chosen.until_ns}
    totals = analytics.totals(query, **bounds)
    before = _before(analytics, query, chosen)
    span = analytics.span_of(query, chosen.since_ns, chosen.until_ns)
    if span is None:
        return _nothing() | {"kpis": _kpis(totals, before)}
    since, until = span
    if chosen.key not in ("all", "custom"):
        until = max(until, time.time_ns())
    points = analytics.course(query, since, until, _BUCKETS)
    data = {
        "points": points,
        "states": _states(reader.histogram(query, since_ns=since, until_ns=until, buckets=_BUCKETS)),
        "split": analytics.split(query, since, until, _BUCKETS, by=group, of="cost"),
        "durations": _duration_bars(analytics.durations(query, chosen.since_ns, chosen.until_ns)),
        "group": group,
    }
    tables = analytics.tables(query, **bounds)
    return {
        "kpis": _kpis(totals, before),
        "tables": [(kind, title, _table(address, kind, tables[kind])) for kind, title in _TABLES],
        "points": [point for point in points if point["sessions"]],
        "data": _json(data),
        "unpriced": totals["unpriced"],
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


def _kpis(totals: Totals, before: Totals | None) -> list[dict[str, Any]]:
    now: dict[str, Any] = {**totals}
    then: dict[str, Any] = {**before} if before else {}
    return [
        {"label": label, "value": text(now[key]), "icon": icon, "tone": tone}
        | _change(now[key], then.get(key), is_share=key == "success_rate", is_bad_up=is_bad_up)
        for label, key, text, icon, tone, is_bad_up in _KPIS
    ]


def _change(now: Any, then: Any, *, is_share: bool, is_bad_up: bool) -> dict[str, Any]:
    """The change against the time before: a share in percentage points, anything else in percent."""
    if now is None or then is None or (not is_share and not then):
        return {"change": "", "is_bad": False, "is_good": False}
    difference = (now - then) * 100 if is_share else (now - then) / then * 100
    if abs(difference) < 0.05:
        return {"change": "unchanged", "is_bad": False, "is_good": False}
    sign, unit = ("+" if difference > 0 else "−"), (" pp" if is_share else "%")
    is_worse = (difference > 0) == is_bad_up
    matters = is_bad_up or is_share
    return {
        "change": f"{sign}{abs(difference):.{1 if abs(difference) < 10 else 0}f}{unit}",
        "is_bad": matters and is_worse,
        "is_good": matters and not is_worse,
    }


def _states(buckets: list[Bucket]) -> dict[str, list[int]]:
    states = sorted({state for bucket in buckets for state in bucket["states"]})
    return {state: [bucket["states"].get(state, 0) for bucket in buckets] for state in states}


def _duration_bars(durations: list[float]) -> dict[str, Any]:
    """A histogram of durations, in bars of equal ratio: an agent's runs differ by powers of ten."""
    low, high = max(next((ms for ms in durations if ms > 0), 1.0), 0.1), max(durations, default=1.0)
    ratio = max(high / low, 1.0001) ** (1 / _DURATION_BARS)
    edges = [low * ratio**at for at in range(_DURATION_BARS + 1)]
    counts = [0] * _DURATION_BARS
    at = 0
    for ms in durations:
        while at < _DURATION_BARS - 1 and ms > edges[at + 1]:
            at += 1
        counts[at] += 1
    return {"edges_ms": edges, "counts": counts}


def _table(address: Address, kind: str, rows: list[LabelRow]) -> list[dict[str, Any]]:
    total = sum(row["total_ms"] for row in rows) or 1
    return [
        {**row, "share": row["total_ms"] / total, "href": f"/sessions?q={quote(_with(address.get('q'), kind, row))}"}
        for row in rows[:25]
    ]


def _with(query: str, kind: str, row: LabelRow) -> str:
    return f"{query} {term(kind, row['label'])}".strip()
