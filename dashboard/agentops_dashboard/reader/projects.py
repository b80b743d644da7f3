"""A reader per project over one engine."""

import threading

from sqlalchemy import Engine

from agentops_dashboard.reader.reader import Reader

__all__ = ["Readers"]


class Readers:
    """Makes each project's reader once; what a reader remembers is never another project's. Safe to share.

    Args:
        engine: What ``Store.engine`` returned.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._readers: dict[str, Reader] = {}

    def of(self, project: str) -> Reader:
        """The reader that sees this project alone."""
        with self._lock:
            reader = self._readers.get(project)
            if reader is None:
                reader = self._readers[project] = Reader(self._engine, project)
            return reader

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
