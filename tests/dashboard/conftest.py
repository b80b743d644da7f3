"""Stores filled with generated sessions, the same ones in every run."""

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from agentops_dashboard.alerts import Book, alerts_path
from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import SQLiteStore, Store, store_path

END_NS = 1_760_000_000_000_000_000


def _load_generator() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module


generate = _load_generator()


@pytest.fixture(scope="module")
def open_empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path | None], Store]]:
    """Opens an empty store, in a home of its own if none is given. Other engines have a fixture of this name."""
    with contextlib.ExitStack() as opened:

        def open_one(home: Path | None = None) -> Store:
            store = SQLiteStore(store_path(home or tmp_path_factory.mktemp("store")))
            opened.callback(store.close)
            return store

        yield open_one


@pytest.fixture(scope="module")
def open_again() -> Iterator[Callable[[Store], Store]]:
    """Opens a store that is open already, as another process would."""
    with contextlib.ExitStack() as opened:

        def open_one(store: Store) -> Store:
            again = SQLiteStore(Path(store.location))
            opened.callback(again.close)
            return again

        yield open_one


@pytest.fixture
def store(tmp_path: Path, open_empty: Callable[[Path | None], Store]) -> Store:
    """An empty store in a directory of its own."""
    return open_empty(tmp_path)


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    """A reader of the same store."""
    reader = Reader(store.engine())
    yield reader
    reader.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """An empty file of alerts."""
    with contextlib.closing(Book(alerts_path(tmp_path))) as book:
        yield book


@pytest.fixture
def add_lines(store: Store) -> Callable[[list[bytes]], None]:
    """Store wire lines, one batch each."""
    return lambda lines: add_to(store, lines)


def add_to(store: Store, lines: list[bytes]) -> None:
    """Store wire lines, one batch each."""
    for line in lines:
        batch = decode(line)
        store.add("default", [understand(raw) for raw in batch.spans], batch.ledgers)


def add_together(store: Store, lines: Iterable[bytes]) -> None:
    """Store wire lines as one batch: what a test begins with is there sooner, most of all on ClickHouse."""
    batches = [decode(line) for line in lines]
    ledgers = [ledger for batch in batches for ledger in batch.ledgers]
    store.add("default", [understand(raw) for batch in batches for raw in batch.spans], ledgers)


@pytest.fixture
def make_sessions() -> Callable[..., list[tuple[str, list[bytes]]]]:
    """Generate sessions: ``make_sessions(count, state=None, **profile)`` gives ``(id, lines)`` pairs."""

    def make(count: int, *, seed: int = 1, state: str | None = None, **profile: float) -> list[tuple[str, list[bytes]]]:
        generator = generate.Generator(seed, generate.Profile(end_ns=END_NS, **profile))
        return list(generator.sessions(count, state=state))

    return make
