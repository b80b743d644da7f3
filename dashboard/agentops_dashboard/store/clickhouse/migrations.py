"""Schema versions on ClickHouse: numbered scripts, forward only. Each statement may run twice.

ClickHouse has no transactions over statements. A script's number is written down after its last statement, so one that
died half-way is run again, whole, at the next start.
"""

from importlib.resources import files

from clickhouse_connect.driver.client import Client

from agentops.errors import StoreError
from agentops_dashboard.store.clickhouse.address import Address
from agentops_dashboard.store.clickhouse.connection import connect

__all__ = ["TABLES", "local_database", "migrate"]

TABLES = {
    "trace_fact": "cityHash64(trace_id)",
    "trace": "cityHash64(trace_id)",
    "span": "cityHash64(trace_id)",
    "payload": "cityHash64(trace_id)",
    "ledger": "cityHash64(trace_id)",
    "log": "cityHash64(trace_id)",
    "session": "sid",
    "session_tag": "sid",
    "usage": "sid",
    "annotation": "cityHash64(session_id)",
    "dead_process": "cityHash64(process)",
    "segment": "cityHash64(name)",
    "counter": "cityHash64(name)",
}
"""The tables, and what decides on which shard of a cluster a row is."""

_VERSIONS = "agentops_schema"


def local_database(address: Address) -> str:
    """The database that holds the rows of a server; in a cluster it is apart from the one that is asked."""
    return f"{address.database}_shard" if address.cluster else address.database


def migrate(address: Address, scripts: dict[int, str] | None = None) -> None:
    """Bring all servers to this program's schema.

    Args:
        address: The servers.
        scripts: Scripts by version; those shipped with this package by default.

    Raises:
        StoreError: A server does not answer, the schema is newer than this program, or the database is not ours.
    """
    scripts = _shipped() if scripts is None else scripts
    clients = [connect(address, place, database=None) for place in range(len(address.hosts))]
    try:
        if address.cluster:
            _check_cluster(clients[0], address)
        for client in clients:
            _migrate_server(client, address, scripts)
        if address.cluster:
            for client in clients:
                _distribute(client, address)
    finally:
        for client in clients:
            client.close()


def _migrate_server(client: Client, address: Address, scripts: dict[int, str]) -> None:
    database = local_database(address)
    client.command(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    version = _version(client, database, address)
    if version > max(scripts):
        raise StoreError(
            f"{address.shown} was written by a newer agentops (schema {version}, this program knows {max(scripts)}). "
            "Run: pip install --upgrade agentops"
        )
    client.database = database
    for number in sorted(scripts):
        if number > version:
            for statement in _statements(scripts[number]):
                client.command(statement)
            client.command(f"INSERT INTO {_VERSIONS} (version) VALUES ({number})")


def _version(client: Client, database: str, address: Address) -> int:
    """The newest script that ran to its end; 0 in an empty database, which is marked as ours."""
    tables = client.query(
        "SELECT name FROM system.tables WHERE database = {database:String}", {"database": database}
    ).result_columns
    names = set(tables[0]) if tables else set()
    if names and _VERSIONS not in names:
        raise StoreError(
            f"{address.shown} holds another program's tables. Name a database of its own in the URL; it will be made."
        )
    client.command(
        f"CREATE TABLE IF NOT EXISTS `{database}`.{_VERSIONS} "
        "(version UInt32, applied DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version"
    )
    found = client.query(f"SELECT max(version) FROM `{database}`.{_VERSIONS}")
    return int(found.result_rows[0][0] or 0)


def _check_cluster(client: Client, address: Address) -> None:
    found = client.query(
        "SELECT count(DISTINCT shard_num), count() FROM system.clusters WHERE cluster = {cluster:String}",
        {"cluster": address.cluster},
    ).result_rows
    shards, replicas = found[0]
    if not shards:
        raise StoreError(
            f"{address.shown}: the first server knows no cluster {address.cluster!r}. Define it under "
            "remote_servers in its configuration, or leave ?cluster out for one server."
        )
    if replicas != len(address.hosts):
        raise StoreError(
            f"{address.shown}: the cluster has {replicas} servers and the URL names {len(address.hosts)}. Name each "
            "server's HTTP port, with commas between them: each gets tables of its own."
        )


def _distribute(client: Client, address: Address) -> None:
    """Make the tables that are asked: they hold no rows, so they are simply made again."""
    local = local_database(address)
    client.command(f"CREATE DATABASE IF NOT EXISTS `{address.database}`")
    for name, key in TABLES.items():
        client.command(
            f"CREATE OR REPLACE TABLE `{address.database}`.{name} AS `{local}`.{name} "
            f"ENGINE = Distributed('{address.cluster}', '{local}', '{name}', {key})"
        )


def _statements(script: str) -> list[str]:
    lines = (line for line in script.splitlines(keepends=True) if not line.lstrip().startswith("--"))
    return [statement for piece in "".join(lines).split(";") if (statement := piece.strip())]


def _shipped() -> dict[int, str]:
    folder = files("agentops_dashboard.store") / "sql" / "clickhouse"
    return {
        int(entry.name.split("_")[0]): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    }
