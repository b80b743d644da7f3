"""Which store is meant: a ClickHouse by its URL, or the file in the home directory."""

import os
from pathlib import Path

from agentops.errors import MissingExtraError
from agentops_dashboard.store.home import store_path
from agentops_dashboard.store.sqlite import SQLiteStore
from agentops_dashboard.store.store import Store

__all__ = ["STORE_VARIABLE", "open_store"]

STORE_VARIABLE = "AGENTOPS_STORE"
"""Names the store for every command; unlike an argument it does not show a password in the list of processes."""


def open_store(home: Path, url: str | None = None) -> Store:
    """Open a store, and bring its schema up to date.

    Args:
        home: Holds the embedded store, and the settings and the spool that every store goes by.
        url: ``clickhouse://…``; by default what ``AGENTOPS_STORE`` says, and the embedded store without it.

    Raises:
        ConfigurationError: The URL cannot be understood.
        MissingExtraError: It needs a package that is not installed.
        StoreError: The store cannot be reached or opened.
    """
    url = url or os.environ.get(STORE_VARIABLE)
    if not url:
        return SQLiteStore(store_path(home))
    try:
        from agentops_dashboard.store.clickhouse import ClickHouseStore, parse_address
    except ImportError as error:
        if (error.name or "").split(".")[0] != "clickhouse_connect":
            raise
        raise MissingExtraError(
            "a store on ClickHouse needs the package clickhouse-connect. Run: pip install 'agentops[clickhouse]'"
        ) from error
    return ClickHouseStore(parse_address(url), home)
