"""Schemas on ClickHouse: forward only, finished when half-done, refused when newer or foreign."""

from collections.abc import Callable

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from agentops.errors import StoreError
from agentops_dashboard.store.clickhouse import parse_address
from agentops_dashboard.store.clickhouse.connection import connect
from agentops_dashboard.store.clickhouse.migrations import TABLES, local_database, migrate
from tests.clickhouse.engine import Engine


def test_every_table_has_a_place_on_the_shards(new_url: Callable[[], str], pair: list[Engine]) -> None:
    """The scripts make the tables that the shards know how to divide, and no others."""
    address = parse_address(new_url())
    migrate(address)
    for engine in pair[: len(address.hosts)]:
        names = engine.ask(f"SELECT name FROM system.tables WHERE database = '{local_database(address)}'").split()
        assert set(names) == {*TABLES, "agentops_schema"}


def test_a_migration_that_died_is_finished_at_the_next_start(new_url: Callable[[], str]) -> None:
    """What its first half made is no obstacle; the version is written down after the last statement."""
    address = parse_address(new_url())
    first, second = "CREATE TABLE IF NOT EXISTS trace (a Int64) ENGINE = MergeTree ORDER BY a", "SELECT nonsense"
    with pytest.raises(ClickHouseError, match="nonsense"):
        migrate(address, {1: f"{first}; {second};"})
    whole = {1: f"{first}; ALTER TABLE trace ADD COLUMN IF NOT EXISTS b Int64;"}
    local = local_database(address)
    for _ in range(2):
        # Only the table that this script makes can be divided among shards.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("agentops_dashboard.store.clickhouse.migrations.TABLES", {"trace": "a"})
            migrate(address, whole)
        client = connect(address, database=local)
        assert client.query("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'trace'"
                            ).result_columns == [["a", "b"]]  # fmt: skip
        assert client.query("SELECT version FROM agentops_schema").result_rows == [(1,)]
        client.close()


def test_a_newer_schema_is_refused(new_url: Callable[[], str]) -> None:
    """The sentence says which schema it is, what this program knows, and how to get the newer one."""
    address = parse_address(new_url())
    migrate(address)
    client = connect(address, database=local_database(address))
    client.command("INSERT INTO agentops_schema (version) VALUES (99)")
    client.close()
    with pytest.raises(StoreError, match=r"newer agentops \(schema 99, .*pip install --upgrade agentops"):
        migrate(address)


def test_another_programs_database_is_refused(new_url: Callable[[], str]) -> None:
    """Nothing is put among tables that are not ours."""
    address = parse_address(new_url())
    client = connect(address, database=None)
    client.command(f"CREATE DATABASE {local_database(address)}")
    client.command(f"CREATE TABLE {local_database(address)}.theirs (a Int64) ENGINE = MergeTree ORDER BY a")
    client.close()
    with pytest.raises(StoreError, match="another program's tables"):
        migrate(address)
