"""What the embedded store's tests say about releases, said of ClickHouse."""

from tests.dashboard.test_releases import *  # noqa: F403  # the same tests on another store
