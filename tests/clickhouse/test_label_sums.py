"""Sums by day on ClickHouse."""

from tests.dashboard.test_label_sums import *  # noqa: F403  # the same tests on another store
