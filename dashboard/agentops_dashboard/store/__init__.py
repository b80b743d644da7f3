"""Where sessions are kept: schema, migrations and the writer of the embedded SQLite store."""

from agentops_dashboard.store.home import DEFAULT_PROJECT, home_directory, store_path
from agentops_dashboard.store.sqlite import SQLiteStore

__all__ = ["DEFAULT_PROJECT", "SQLiteStore", "home_directory", "store_path"]
