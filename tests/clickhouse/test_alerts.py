"""What the embedded store's tests say about alerts, said of ClickHouse."""

from tests.dashboard.test_alerts import *  # noqa: F403  # the same tests on another store
