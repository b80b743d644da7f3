"""Figures over many sessions."""

from collections.abc import Callable

import pytest

from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics, quantile

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]
QUERIES = ("", "status:error", "errors:>0", "tag:beta", "-tag:beta", "model:gpt-4o")


@pytest.fixture
def analytics(reader: Reader, make_sessions: Make, add_lines: Add) -> Analytics:
    """The figures of 40 sessions."""
    for _, lines in make_sessions(40, spans=12, spread_s=86_400):
        add_lines(lines)
    return Analytics(reader)


@pytest.mark.parametrize("query", QUERIES)
def test_totals_are_those_of_the_list(analytics: Analytics, reader: Reader, query: str) -> None:
    """Sessions, calls, tokens and cost are the sums over the list's rows, and over the intervals."""
    rows = reader.sessions(query, limit=100)["sessions"]
    totals = analytics.totals(query)
    assert totals["sessions"] == len(rows) > 0
    assert totals["llm"] == sum(row["counts"]["llm"] for row in rows)
    assert totals["tools"] == sum(row["counts"]["tools"] for row in rows)
    assert totals["tokens"] == sum(row["tokens"]["total"] or 0 for row in rows if row["tokens"])
    assert totals["cost"] == pytest.approx(sum(row["cost"]["amount"] for row in rows if row["cost"]))
    span = analytics.span_of(query, None, None)
    assert span is not None
    points = analytics.course(query, *span, 10)
    assert sum(point["sessions"] for point in points) == len(rows)
    classes = sum(p["input"] + p["cached"] + p["output"] + p["reasoning"] for p in points)
    assert classes == totals["tokens"]
    assert sum(point["cost"] or 0 for point in points) == pytest.approx(totals["cost"])


@pytest.mark.parametrize("by", ["model", "user", "environment", "service"])
@pytest.mark.parametrize("of", ["cost", "tokens"])
def test_a_split_makes_up_the_whole(analytics: Analytics, by: str, of: str) -> None:
    """Whatever cost and tokens are split by, the parts sum up to the total."""
    totals = analytics.totals()
    span = analytics.span_of("", None, None)
    assert span is not None
    parts = analytics.split("", *span, 10, by=by, of=of)
    total = totals["cost"] if of == "cost" else totals["tokens"]
    assert sum(map(sum, parts.values())) == pytest.approx(total)


def test_tables_count_calls_once(analytics: Analytics) -> None:
    """The calls of all tools and of all models are the session's tool and model calls."""
    totals = analytics.totals()
    assert sum(row["calls"] for row in analytics.tables()["tool"]) == totals["tools"]
    assert sum(row["calls"] for row in analytics.tables()["model"]) == totals["llm"]


def test_nothing_found_is_nothing_counted(analytics: Analytics) -> None:
    """Unknown stays None: no sessions have no success rate, no cost and no duration."""
    totals = analytics.totals("tag:nobody-has-this")
    assert totals["sessions"] == 0
    assert totals["success_rate"] is totals["cost"] is totals["p95_ms"] is None
    assert analytics.span_of("tag:nobody-has-this", None, None) is None


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 0.5, None), ([1], 0.99, 1), ([1, 2, 3, 4], 0.5, 2), (list(range(1, 101)), 0.95, 95)],
)
def test_a_quantile_is_one_of_the_values(values: list[float], share: float, found: float | None) -> None:
    """The nearest rank, without interpolation."""
    assert quantile(values, share) == found
