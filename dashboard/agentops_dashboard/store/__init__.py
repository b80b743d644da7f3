"""Where sessions are kept: what a store promises, and the engines that keep it."""

from agentops_dashboard.store.home import DEFAULT_PROJECT, home_directory, store_path
from agentops_dashboard.store.opening import open_store
from agentops_dashboard.store.sqlite import SQLiteStore
from agentops_dashboard.store.store import Store

__all__ = ["DEFAULT_PROJECT", "SQLiteStore", "Store", "home_directory", "open_store", "store_path"]
