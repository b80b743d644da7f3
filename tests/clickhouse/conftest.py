"""Engines that run while the tests do, and the fixtures of the embedded store's tests, on ClickHouse."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentops_dashboard.store import Store
from agentops_dashboard.store.clickhouse import ClickHouseStore, parse_address
from tests.clickhouse.engine import Engine, free_port

pytest.register_assert_rewrite("tests.dashboard.test_reader", "tests.dashboard.test_store")

from tests.dashboard.conftest import add_lines, book, make_sessions, reader, store  # noqa: E402, F401

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Engine]]:
    """Two servers that know each other as the shards of a cluster called ``pair``."""
    ports = [free_port(), free_port()]
    engines = [Engine(tmp_path_factory.mktemp("engine"), ports, tcp=port) for port in ports]
    for engine in engines:
        engine.start()
    yield engines
    for engine in engines:
        engine.kill()


@pytest.fixture(scope="module", params=["one", "shards"])
def new_url(request: pytest.FixtureRequest, pair: list[Engine]) -> Callable[[], str]:
    """Makes up the URL of a database that does not exist: on one server, and on both."""

    def new() -> str:
        database = f"test_{next(_numbers)}"
        if request.param == "one":
            return f"clickhouse://{pair[0].host}/{database}"
        return f"clickhouse://{pair[0].host},{pair[1].host}/{database}?cluster=pair"

    return new


@pytest.fixture(scope="module")
def open_empty(
    tmp_path_factory: pytest.TempPathFactory, new_url: Callable[[], str]
) -> Iterator[Callable[[Path | None], Store]]:
    """Opens an empty store in a database of its own."""
    with contextlib.ExitStack() as opened:

        def open_one(home: Path | None = None) -> Store:
            store = ClickHouseStore(parse_address(new_url()), home or tmp_path_factory.mktemp("home"))
            opened.callback(store.close)
            return store

        yield open_one


@pytest.fixture(scope="module")
def open_again() -> Iterator[Callable[[Store], Store]]:
    """Opens a store that is open already, as another process would."""
    with contextlib.ExitStack() as opened:

        def open_one(store: Store) -> Store:
            again = ClickHouseStore(parse_address(store.location), store.home)
            opened.callback(again.close)
            return again

        yield open_one
