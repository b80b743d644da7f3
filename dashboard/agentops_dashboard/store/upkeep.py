"""Keeping the store small while a server runs: merging blocks often, applying the retention policy every hour."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable

from agentops.errors import ConfigurationError
from agentops_dashboard.store.retention import apply_policy, read_policy
from agentops_dashboard.store.store import Store

__all__ = ["Upkeep"]

_COMPACT_EVERY_S = 30.0
_RETAIN_EVERY = 120
_log = logging.getLogger("agentops.dashboard")


class Upkeep:
    """A background thread.

    Args:
        store: The store to keep. ``retention.json`` stands in its home.
        projects: Says which projects the policy is about; asked each time.
        trim_record: Drops what is older than so many days from the record of who did what.
    """

    def __init__(
        self, store: Store, projects: Callable[[], Iterable[str]], trim_record: Callable[[float], object]
    ) -> None:
        self._store = store
        self._projects = projects
        self._trim_record = trim_record
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agentops-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End and wait."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rounds = 0
        # The accounts are an SQLite file whatever engine the store is.
        passing: tuple[type[Exception], ...] = (*self._store.errors, sqlite3.Error, OSError)
        while not self._stop.wait(_COMPACT_EVERY_S):
            try:
                self._store.compact()
                if rounds % _RETAIN_EVERY == 0:
                    self.retain()
            except passing:
                _log.exception("agentops: upkeep of the store failed; it is tried again.")
            rounds += 1

    def retain(self) -> None:
        """Apply the policy and give free space back to the file system."""
        try:
            policy = read_policy(self._store.home / "retention.json")
        except ConfigurationError as error:
            _log.warning("agentops: %s Nothing is removed.", error)
            return
        for project in self._projects():
            apply_policy(self._store, project, policy)
        if policy.audit_days is not None:
            self._trim_record(policy.audit_days)
        # Also after deleting by hand.
        self._store.give_back()
