"""What the embedded store's tests say about what got worse, said of ClickHouse."""

from tests.dashboard.test_changes import *  # noqa: F403  # the same tests on another store
