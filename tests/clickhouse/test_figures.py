"""What the embedded store's tests say about analytics, said of ClickHouse."""

from tests.dashboard.test_analytics import *  # noqa: F403  # the same tests on another store
