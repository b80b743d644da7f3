"""Figures over many sessions: totals, courses over time, tables, and the pace of models and tools."""

from typing import Annotated, Literal

from fastapi import FastAPI, Query
from starlette.responses import Response

from agentops_dashboard.api.answers import json_response
from agentops_dashboard.api.parameters import Filter
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.derived.pace import read_pace
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.reader.charts import chart
from agentops_dashboard.reader.grid import MOST_INTERVALS, Grid

__all__ = ["add_analytics"]

Intervals = Annotated[int, Query(ge=1, le=MOST_INTERVALS, description="How many intervals the time is divided into")]
Group = Literal["model", "agent", "user", "environment", "release", "service", "tag"]
Measure = Literal["cost", "tokens"]
OneMeasure = Literal[
    "sessions", "duration", "cost", "tokens", "llm", "tools", "errors", "success", "failed", "score", "calls",
    "failed_calls", "latency",
]  # fmt: skip
Aggregate = Literal["sum", "mean", "max", "p50", "p95", "p99"]
ChartGroup = Literal["", "status", "user", "environment", "release", "service", "tag", "model", "tool", "agent"]


def add_analytics(app: FastAPI) -> None:
    """Add the routes; each counts the sessions that a query finds, as the list does."""

    @app.get("/api/v1/analytics/totals", tags=["analytics"], summary="Sums and percentiles over sessions")
    def totals(reader: ReaderOf, which: Filter) -> Response:
        return json_response(Analytics(reader).totals(which.query, since_ns=which.since_ns, until_ns=which.until_ns))

    @app.get("/api/v1/analytics/tables", tags=["analytics"], summary="Models, tools, agents and errors")
    def tables(reader: ReaderOf, which: Filter) -> Response:
        return json_response(Analytics(reader).tables(which.query, since_ns=which.since_ns, until_ns=which.until_ns))

    @app.get("/api/v1/analytics/course", tags=["analytics"], summary="Sessions, tokens, cost and durations over time")
    def course(reader: ReaderOf, which: Filter, intervals: Intervals = 48) -> Response:
        grid = _grid(reader, which, intervals)
        return json_response({"points": Analytics(reader).course(which.query, grid) if grid else []})

    @app.get("/api/v1/analytics/split", tags=["analytics"], summary="Cost or tokens over time, by group")
    def split(
        reader: ReaderOf, which: Filter, *, by: Group = "model", of: Measure = "cost", intervals: Intervals = 48
    ) -> Response:
        grid = _grid(reader, which, intervals)
        return json_response({"groups": Analytics(reader).split(which.query, grid, by=by, of=of) if grid else {}})

    @app.get("/api/v1/analytics/chart", tags=["analytics"], summary="One measure of sessions over time, by group")
    def one_chart(  # noqa: PLR0917
        reader: ReaderOf, which: Filter, measure: OneMeasure, aggregate: Aggregate = "sum", by: ChartGroup = "",
        intervals: Intervals = 48,
    ) -> Response:  # fmt: skip
        grid = _grid(reader, which, intervals)
        if grid is None:
            return json_response({"groups": {}, "measured": {}, "left_out": 0})
        return json_response(chart(reader, which.query, grid, measure=measure, aggregate=aggregate, by=by))

    @app.get("/api/v1/analytics/pace", tags=["analytics"], summary="Latency, first token, speed, and agents per run")
    def pace(reader: ReaderOf, which: Filter, intervals: Intervals = 48) -> Response:
        grid = _grid(reader, which, intervals)
        return json_response(read_pace(reader, which.query, grid) if grid else None)


def _grid(reader: Reader, which: Filter, intervals: int) -> Grid | None:
    """The intervals from the first to the last session found; None if there is none."""
    span = Analytics(reader).span_of(which.query, which.since_ns, which.until_ns)
    return Grid.into(*span, intervals) if span else None
