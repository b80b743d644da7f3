"""Which models have a price, and what another one would come to."""

import os
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.reader.price_audit import read_price_audit
from agentops_dashboard.store import Store
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.repricing import reprice

Make = Callable[..., list[tuple[str, list[bytes]]]]
Add = Callable[[list[bytes]], None]


def test_each_model_is_what_the_analytics_say(
    reader: Reader, store: Store, make_sessions: Make, add_lines: Add
) -> None:
    """Calls and costs are those of the models' table; a model that no list knows comes first, without a price."""
    for _, lines in make_sessions(12, spans=20):
        add_lines(lines)
    audit = read_price_audit(reader, store.prices)
    rows = {row["label"]: row for row in Analytics(reader).tables()["model"]}
    assert {one["model"]: (one["calls"], one["recorded"]) for one in audit["models"]} == {
        label: (row["calls"], row["cost"]) for label, row in rows.items()
    }
    first, *others = audit["models"]
    assert (first["model"], first["source"], first["today"]) == ("house-7b", None, None)
    assert all(one["source"] is not None for one in others)
    assert audit["unpriced"] == Analytics(reader).totals()["unpriced"] > 0
    assert sum(audit["sources"].values()) == reader.sessions("has:cost", limit=0)["total"]


def test_other_prices_come_to_what_repricing_makes_of_them(
    reader: Reader, store: Store, make_sessions: Make, add_lines: Add, tmp_path: Path
) -> None:
    """A price without steps gives what repricing would, but for the rounding of a mean call."""
    for _, lines in make_sessions(6, spans=20):
        add_lines(lines)
    own = {one["model"]: {"input": 3.0, "output": 9.0} for one in read_price_audit(reader, store.prices)["models"]}
    path = tmp_path / "prices.json"
    path.write_bytes(orjson.dumps(own))
    os.utime(path, (1_760_000_000, 1_760_000_000))
    store.prices = Prices(path)
    audit = read_price_audit(reader, store.prices)
    assert {(one["source"], one["input"], one["output"]) for one in audit["models"]} == {
        ("prices.json of 2025-10-09", 3.0, 9.0)
    }
    after = reprice(store, "default", 0, is_dry_run=True)["after_nano"] / 1e9
    assert sum(one["today"] or 0 for one in audit["models"]) == pytest.approx(after, rel=0.01)
