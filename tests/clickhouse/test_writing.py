"""What the embedded store's tests say about writing, said of ClickHouse."""

from tests.dashboard.test_store import *  # noqa: F403  # the same tests on another store
