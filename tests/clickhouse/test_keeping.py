"""What the embedded store's tests say about retention, said of ClickHouse."""

from tests.dashboard.test_upkeep import *  # noqa: F403  # the same tests on another store
