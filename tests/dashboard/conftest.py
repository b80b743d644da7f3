"""Stores filled with generated sessions, the same ones in every run."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.reader import Reader
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import SQLiteStore, store_path

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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """An empty store in a directory of its own."""
    store = SQLiteStore(store_path(tmp_path))
    yield store
    store.close()


@pytest.fixture
def reader(store: SQLiteStore) -> Reader:
    """A reader of the same store."""
    return Reader(store.engine())


@pytest.fixture
def add_lines(store: SQLiteStore) -> Callable[[list[bytes]], None]:
    """Store wire lines, one batch each."""

    def add(lines: list[bytes]) -> None:
        for line in lines:
            batch = decode(line)
            store.add("default", [understand(raw) for raw in batch.spans], batch.ledgers)

    return add


@pytest.fixture
def make_sessions() -> Callable[..., list[tuple[str, list[bytes]]]]:
    """Generate sessions: ``make_sessions(count, state=None, **profile)`` gives ``(id, lines)`` pairs."""

    def make(count: int, *, seed: int = 1, state: str | None = None, **profile: float) -> list[tuple[str, list[bytes]]]:
        generator = generate.Generator(seed, generate.Profile(end_ns=END_NS, **profile))
        return list(generator.sessions(count, state=state))

    return make
