"""Two releases side by side."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentops_dashboard.derived.releases import read_releases
from agentops_dashboard.derived.sureness import means_apart, shares_apart, variance
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.releases import releases_shown
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.analytics import Analytics
from agentops_dashboard.store import Store
from tests.dashboard.conftest import END_NS, add_together, generate


@pytest.fixture(scope="module")
def reader(open_empty: Callable[[Path | None], Store]) -> Iterator[Reader]:
    """A reader of sixty sessions of two releases."""
    store = open_empty(None)
    profile = generate.Profile(end_ns=END_NS, spans=10, spread_s=86_400, error_rate=0.2)
    add_together(store, [line for _, lines in generate.Generator(4, profile).sessions(60) for line in lines])
    reader = Reader(store.engine())
    yield reader
    reader.close()


def test_each_release_is_what_its_own_sessions_come_to(reader: Reader) -> None:
    """Success, cost, errors and tokens are those of the totals with the release as a filter."""
    found = read_releases(reader, "", None, None)
    assert found is not None
    assert sum(found["known"].values()) == 60
    figures = {one["what"]: one for one in found["differences"]}
    for side, release in (("old", found["old"]), ("new", found["new"])):
        totals = Analytics(reader).totals(f'release:"{release}"')
        assert totals["sessions"] == found["known"][release]
        assert figures["success"][side] == pytest.approx(totals["success_rate"])
        assert figures["errors"][side] == pytest.approx(totals["errors"] / totals["sessions"])
        priced = Analytics(reader).totals(f'release:"{release}" has:cost')
        assert figures["cost"][side] == pytest.approx((priced["cost"] or 0) / priced["sessions"])
        assert figures["tokens"][side] == pytest.approx((totals["tokens"] or 0) / totals["sessions"])


def test_the_releases_can_be_chosen(reader: Reader) -> None:
    """Either way round the same differences with the other sign; of one release there is nothing to compare."""
    found = read_releases(reader, "", None, None)
    assert found is not None
    back = read_releases(reader, "", None, None, old=found["new"], new=found["old"])
    assert back is not None
    assert (back["old"], back["new"]) == (found["new"], found["old"])
    for there, again in zip(found["differences"], back["differences"], strict=True):
        assert (there["old"], there["new"]) == (again["new"], again["old"])
        assert there["apart"] == pytest.approx(-(again["apart"] or 0))
    assert read_releases(reader, f'release:"{found["old"]}"', None, None) is None
    alike = read_releases(reader, "", None, None, old=found["new"], new=found["new"])
    assert alike is not None
    assert alike["old"] != alike["new"]


def test_how_sure_is_said_in_words() -> None:
    """From how many standard errors lie between; red only for what is surely worse, green for what is surely better."""
    differences = [
        {"what": "success", "old": 0.9, "new": 0.5, "apart": -6.0},
        {"what": "cost", "old": 2.0, "new": 1.0, "apart": -4.0},
        {"what": "duration", "old": 10.0, "new": 12.0, "apart": 2.5},
        {"what": "errors", "old": 1.0, "new": 1.1, "apart": 0.3},
        {"what": "tokens", "old": None, "new": 5.0, "apart": None},
    ]  # fmt: skip
    found = {"known": {"1": 20, "2": 20}, "old": "1", "new": "2", "differences": differences}
    shown = releases_shown(Address("/analytics", {"q": "tag:a", "range": "7d"}), found)  # type: ignore[arg-type]
    assert [(row["change"], row["sure"], row["tone"]) for row in shown["rows"]] == [
        ("−40 pp", "sure", "error"), ("−50%", "sure", "ok"), ("+20%", "likely", ""), ("+10%", "may be chance", ""),
        ("", "too few sessions to say", ""),
    ]  # fmt: skip
    assert shown["old_href"] == "/sessions?range=7d&q=tag%3Aa+release%3A1"


def test_how_far_samples_lie_apart() -> None:
    """By the standard error of their difference; nothing is between equal ones."""
    assert shares_apart((0.5, 0.5), (10, 20)) == 0
    assert shares_apart((0.0, 0.0), (10, 20)) == 0
    assert shares_apart((0.4, 0.6), (100, 100)) == pytest.approx(0.2 / math.sqrt(0.25 * 0.02))
    assert means_apart((1.0, 3.0), (4.0, 4.0), (8, 8)) == pytest.approx(2.0)
    assert means_apart((1.0, 3.0), (0.0, 0.0), (8, 8)) == math.inf
    assert means_apart((1.0, 1.0), (0.0, 0.0), (8, 8)) == 0
    assert variance(6.0, 14.0, 3) == pytest.approx(1.0)
    assert variance(6.0, 36.0, 1) == 0
