"""One program's sessions in an SQLite file, on one server and on two shards: every question has the same answer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentops.wire import Ledger, SessionLedger, encode_resource
from agentops_dashboard.derived.model_calls import with_calls
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.message_search import found_values
from agentops_dashboard.reader import Reader, outline
from agentops_dashboard.reader.analytics import GROUPS, Analytics
from agentops_dashboard.reader.charts import CHART_GROUPS, MEASURES, chart
from agentops_dashboard.reader.grid import Grid
from agentops_dashboard.reader.listing import SORT_KEYS, sort_key
from agentops_dashboard.reader.outline import TreeView
from agentops_dashboard.store import SQLiteStore, Store
from agentops_dashboard.store.prices import Prices
from agentops_dashboard.store.repricing import reprice
from agentops_dashboard.transfer import export_sessions, import_lines
from tests.dashboard.conftest import END_NS, add_to, generate
from tests.dashboard.test_reader import QUERIES

Pair = tuple[Reader, Reader]
_VIEWS = (TreeView(), TreeView(depth=2), TreeView(errors_only=True), TreeView(find="search", hits_only=True))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, open_empty: Callable[[Path | None], Store]) -> tuple[Store, Store]:
    """The embedded store and another one, with the same twenty sessions; some are running, some were changed."""
    embedded = SQLiteStore(tmp_path_factory.mktemp("embedded") / "agentops.sqlite")
    both = (embedded, open_empty(None))
    profile = generate.Profile(spans=14, error_rate=0.2, end_ns=END_NS, spread_s=86_400)
    running = generate.Generator(6, profile).sessions(2, state="running")
    sessions = [*generate.Generator(5, profile).sessions(18), *running]
    for store in both:
        add_to(store, [line for _, lines in sessions for line in lines])
        first, second, third = (session_id for session_id, _ in sessions[:3])
        store.set_tags("default", first, ["golden", "beta"])
        store.annotate("default", second, span_id="", name="bookmark", value="yes")
        store.drop_payloads("default", [third])
        assert store.delete_sessions("default", [sessions[3][0], "no such session"]) == [sessions[3][0]]
    return both


@pytest.fixture(scope="module")
def readers(stores: tuple[Store, Store]) -> Pair:
    """A reader of each."""
    left, right = (Reader(store.engine()) for store in stores)
    return left, right


def _list(reader: Reader, query: str, sort: str = "-start_time") -> list[Any]:
    """All pages."""
    found: list[Any] = []
    cursor = None
    while True:
        page = reader.sessions(query, sort=sort, cursor=cursor, limit=11)
        found += page["sessions"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("query", QUERIES)
def test_a_filter(readers: Pair, query: str) -> None:
    """The same sessions with the same figures, facets, bars, totals and tables."""
    left, right = readers
    found = _list(left, query)
    assert found == _list(right, query)
    assert list(with_calls(left, found)) == list(with_calls(right, found))
    assert left.facets(query) == right.facets(query)
    assert left.histogram(query, buckets=12) == right.histogram(query, buckets=12)
    one, other = Analytics(left), Analytics(right)
    assert one.totals(query) == other.totals(query)
    assert one.tables(query) == other.tables(query)
    assert one.span_of(query, None, None) == other.span_of(query, None, None)


@pytest.mark.parametrize("sort", [sign + key for sign in ("", "-") for key in SORT_KEYS])
def test_an_order(readers: Pair, sort: str) -> None:
    """The same order, page after page; unknown values come last on both."""
    column = sort_key(sort)[0].name
    assert column
    orders = []
    for reader in readers:
        found = _list(reader, "", sort)
        with reader.connect() as connection:
            values = dict(connection.exec_driver_sql(f"SELECT session_id, {column} FROM session").all())
        orders.append([values[session["id"]] for session in found])
        assert len({session["id"] for session in found}) == 19
    assert orders[0] == orders[1]


def test_courses_and_splits(readers: Pair) -> None:
    """The same figures in every interval, whatever they are split by."""
    one, other = (Analytics(reader) for reader in readers)
    grid = Grid.into(*(one.span_of("", None, None) or (0, 1)), 7)
    assert one.course("", grid) == other.course("", grid)
    for by in GROUPS:
        for of in ("cost", "tokens"):
            left, right = one.split("", grid, by=by, of=of), other.split("", grid, by=by, of=of)
            assert {name: pytest.approx(values) for name, values in left.items()} == right


@pytest.mark.parametrize("measure", MEASURES)
def test_charts_of_ones_own(readers: Pair, measure: str) -> None:
    """Each measure, by each group, summed up and as a percentile."""
    grid = Grid.into(*(Analytics(readers[0]).span_of("", None, None) or (0, 1)), 5)
    for by in ("", *CHART_GROUPS):
        for aggregate in ("sum", "p95"):
            left, right = (chart(reader, "", grid, measure=measure, aggregate=aggregate, by=by) for reader in readers)
            assert {name: pytest.approx(values) for name, values in left["groups"].items()} == right["groups"]


def test_trees_and_spans(readers: Pair) -> None:
    """The same rows in every view, and every span with its payload; the third session has lost all of them."""
    left, right = readers
    for session in _list(left, ""):
        assert left.spans(session["id"]) == right.spans(session["id"])
        for view in _VIEWS:
            assert left.rows(session["id"], view, limit=1000) == right.rows(session["id"], view, limit=1000)
    span = left.spans(_list(left, "")[0]["id"])[1]
    assert left.span(span["id"]) == right.span(span["id"]) == left.span(span["id"], span["session_id"])


def test_large_sessions_are_read_in_parts(readers: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as they are looked at: the same windows, and the same whole."""
    sessions = [session["id"] for session in _list(readers[0], "")[:3]]
    whole = [[reader.outlines.of(session_id) for session_id in sessions] for reader in readers]
    monkeypatch.setattr(outline, "_MOST_WHOLE", 0)
    for reader, small_ones in zip(readers, whole, strict=True):
        fresh = Reader(reader.connect().engine)
        for small in small_ones:
            large = fresh.outlines.of(small.session_id)
            for view in _VIEWS:
                assert large.rows(view, 3, 5) == small.rows(view, 3, 5)
            assert large.column("preview") == small.column("preview")
            assert list(large.order) == list(small.order)


def test_a_search_in_messages(readers: Pair) -> None:
    """The same hits in every session, though payloads are in other blocks and not compressed by us."""
    hits = 0
    for session in _list(readers[0], ""):
        for text in ("RATE", "429: too many", "delivery", "no such"):
            found = [
                found_values(Address("/", {"find": text}), reader, session, reader.outlines.of(session["id"]))["search"]
                for reader in readers
            ]
            assert found[0].hits == found[1].hits
            assert found[0].is_whole
            assert found[1].is_whole
            hits += len(found[0].hits)
    assert hits > 100


def test_ids_that_a_person_shortened(readers: Pair) -> None:
    """Found by their beginning and by their end, whatever the case."""
    left, right = readers
    for session in _list(left, "")[:5]:
        for part in (session["id"][:11], session["id"][-9:].upper()):
            assert left.ids_like(part) == right.ids_like(part) != []


def test_sessions_go_from_one_store_to_the_other_and_back(
    tmp_path: Path, open_empty: Callable[[Path | None], Store]
) -> None:
    """From a file to ClickHouse and from there into another file: each export has the same bytes."""
    stores = [SQLiteStore(tmp_path / "from.sqlite"), open_empty(None), SQLiteStore(tmp_path / "back.sqlite")]
    profile = generate.Profile(spans=14, error_rate=0.2, end_ns=END_NS)
    running = generate.Generator(6, profile).sessions(1, state="running")
    made = [*generate.Generator(5, profile).sessions(4), *running]
    add_to(stores[0], [line for _, lines in made for line in lines])
    told = made[1][0]
    stores[0].annotate("default", told, span_id="", name="note", value="look")
    stores[0].put_log("default", told, "printed")
    account = SessionLedger(spans=99, redactions=1)
    add_to(stores[0], [Ledger("p9", END_NS, sessions={told: account}).encode(encode_resource({}))])
    exports = []
    for store, following in zip(stores, [*stores[1:], None], strict=True):
        reader, file = Reader(store.engine()), io.BytesIO()
        assert export_sessions(reader, "", file) == 5
        exports.append(file.getvalue())
        if following is not None:
            assert import_lines(following, file.getvalue().splitlines())["bad_lines"] == 0
        reader.close()
    assert exports[0] == exports[1] == exports[2]


def test_other_prices(stores: tuple[Store, Store], readers: Pair) -> None:
    """Computed again, the sums change alike, and a second time nothing changes."""
    prices = '{"gpt-4o": {"input": 100, "output": 200}, "house-7b": {"input": 1, "output": 2}}'
    results = []
    for store in stores:
        (store.home / "prices.json").write_text(prices)
        store.prices = Prices(store.home / "prices.json")
        dry = reprice(store, "default", 0, is_dry_run=True)
        results.append([dry, reprice(store, "default", 0, is_dry_run=False)])
        assert reprice(store, "default", 0, is_dry_run=False)["changed"] == 0
    assert results[0] == results[1]
    assert results[0][0]["changed"] > 0
    assert _list(readers[0], "") == _list(readers[1], "")
