"""What the embedded store's tests say about alerts on models, tools and agents, said of ClickHouse."""

from tests.dashboard.test_label_alerts import *  # noqa: F403  # the same tests on another store
