"""What the embedded store's tests say about reading, said of ClickHouse."""

from tests.dashboard.test_reader import *  # noqa: F403  # the same tests on another store
