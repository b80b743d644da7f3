"""The embedded store: one SQLite file."""

from agentops_dashboard.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
