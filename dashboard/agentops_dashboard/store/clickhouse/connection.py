"""Connections to ClickHouse, and what to say when there is none."""

import logging
from typing import Any

from clickhouse_connect import dbapi, get_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from sqlalchemy import Engine, create_engine

from agentops.errors import StoreError
from agentops_dashboard.store.clickhouse.address import Address

__all__ = ["connect", "open_engine"]

_SETTINGS: dict[str, Any] = {
    # Of the rows of one key the newest counts.
    "final": 1,
    # SQL as SQLite has it: what a join does not find is NULL, and a name is a column before it is an alias.
    "join_use_nulls": 1,
    "prefer_column_name_to_alias": 1,
    # A subquery over a sharded table is asked once, and its answer goes to all shards.
    "distributed_product_mode": "global",
    # Nor does each shard compute from its own rows alone what is to be computed from all.
    "parallel_distributed_insert_select": 0,
    # A statement is done when it is done, on every shard: what was acknowledged is stored.
    "async_insert": 0,
    "distributed_foreground_insert": 1,
    "mutations_sync": 2,
    "lightweight_deletes_sync": 2,
    # Rows that are taken back are merged like any other, so they count in a batch of rows too.
    "optimize_on_insert": 1,
}
# The sum of nothing is NULL, as in SQLite. Not for statements that write: shards and the server that asks them disagree
# on the names of conditional aggregates then (argMaxOrNullOrNullIf, 26.7).
_READING: dict[str, Any] = {"aggregate_functions_null_for_empty": 1, "readonly": 2}
# What they warn of is raised as well, and said once, in a sentence.
for _chatty in ("urllib3.connectionpool", "clickhouse_connect"):
    logging.getLogger(_chatty).setLevel(logging.ERROR)
_WRONG_LOGIN = {"AUTHENTICATION_FAILED", "REQUIRED_PASSWORD", "WRONG_PASSWORD", "UNKNOWN_USER"}


def connect(address: Address, place: int = 0, *, database: str | None) -> Client:
    """Connect to one of the servers.

    Args:
        address: The servers.
        place: Which of them, from 0.
        database: The database that statements are about; None before it is there.

    Raises:
        StoreError: It does not answer, or refuses the name and password.
    """
    name, port = address.hosts[place]
    try:
        return get_client(
            host=name,
            port=port,
            username=address.user,
            password=address.password,
            database=database or "__default__",
            secure=address.is_secure,
            settings=_SETTINGS,
            autogenerate_session_id=False,
            form_encode_query_params=True,
        )
    except ClickHouseError as error:
        raise StoreError(_problem(address, f"{name}:{port}", error)) from error


def open_engine(address: Address, limit_s: float | None = None) -> Engine:
    """Open a pool of connections for reading, to the first of the servers; a question may take ``limit_s`` seconds."""
    limit: dict[str, Any] = {} if limit_s is None else {"max_execution_time": limit_s}
    name, port = address.hosts[0]

    def open_one() -> dbapi.connection.Connection:
        return dbapi.connection.Connection(
            host=name,
            port=port,
            username=address.user,
            password=address.password,
            database=address.database,
            secure=address.is_secure,
            autogenerate_session_id=False,
            **_SETTINGS,
            **_READING,
            **limit,
        )

    return create_engine("clickhousedb://", creator=open_one, pool_size=8, max_overflow=8)


def _problem(address: Address, server: str, error: ClickHouseError) -> str:
    name = getattr(error, "name", None)
    if name in _WRONG_LOGIN:
        return f"ClickHouse at {server} refuses user {address.user!r} with this password. Correct them in the URL."
    if name is None:
        return (
            f"ClickHouse at {server} does not answer ({_short(error)}). Is it running, and is this its HTTP port? "
            f"To see, run: curl http{'s' if address.is_secure else ''}://{server}/ping"
        )
    return f"ClickHouse at {server} cannot be used: {_short(error)}"


def _short(error: BaseException) -> str:
    """The reason: what the system said, where the driver wrapped that three times, else the driver's words."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return " ".join(str(error).split())[:200]
