"""Judging rules again and again while a server runs, and telling what is new."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from agentops_dashboard import format as write
from agentops_dashboard.alerts.book import Book
from agentops_dashboard.alerts.destinations import Destination
from agentops_dashboard.alerts.judging import Judgement, judge
from agentops_dashboard.alerts.message import message_of
from agentops_dashboard.alerts.rule import Rule
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader.projects import Readers
from agentops_dashboard.store import Store

__all__ = ["LIMIT_S", "Watch"]

LIMIT_S: Final = 10.0
"""Seconds that the question of one rule may take."""

_EVERY_S: Final = 30.0
_SHARE: Final = 20
"""A rule rests this many times as long as judging it took, so that all of them take a twentieth of a core at most."""

_LEASE_NS: Final = 60_000_000_000
_FIRST_PAUSE_NS: Final = 30_000_000_000
_LONGEST_PAUSE_NS: Final = 3_600_000_000_000
_GIVEN_UP_NS: Final = 86_400_000_000_000
_AT_ONCE: Final = 20
_PATIENCE_S: Final = 6.0
_UNFORESEEN: Final = (LookupError, ValueError, TypeError, ArithmeticError)
"""A rule that another version wrote, say: not the end of other rules, nor of a thread that nobody looks at."""

_log = logging.getLogger("agentops.alerts")


class Watch:
    """A background thread of its own: somebody who does not answer must not hold up the upkeep of the store.

    Args:
        book: The rules.
        store: Whose sessions they are about.
        projects: Says whose rules are judged; asked each time.
        destinations: Who is told.
        base_url: Says where the dashboard is, for links.
        limit_s: Seconds that the question of one rule may take.
    """

    def __init__(
        self,
        book: Book,
        store: Store,
        projects: Callable[[], Iterable[str]],
        *,
        destinations: Sequence[Destination] = (),
        base_url: Callable[[], str] = str,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._book = book
        self._errors: tuple[type[Exception], ...] = (*store.errors, QueryError, *_UNFORESEEN)
        self._readers = Readers(store.engine(limit_s))
        self._limit_s = limit_s
        self._projects = projects
        self._destinations = destinations
        self._base_url = base_url
        self._rested_at: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agentops-alerts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits some seconds for a message that is on its way."""
        self._stop.set()
        self._thread.join(_PATIENCE_S)
        self.close()

    def close(self) -> None:
        """Close the connections of one that was not started."""
        self._readers.close()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                self.judge_due()
                self.tell()
            # A file that is full, locked for too long or gone; what judging raises is caught rule by rule.
            except (sqlite3.Error, OSError, *_UNFORESEEN):
                _log.exception("agentops: the alerts could not be looked at; it is tried again.")

    def judge_due(self) -> None:
        """Judge every rule that is not paused and has rested."""
        for project in self._projects():
            for rule in self._book.rules(project):
                if self._stop.is_set():
                    return
                if not rule.is_paused and time.monotonic() >= self._rested_at.get(rule.id, 0.0):
                    self.judge_one(rule, time.time_ns())

    def judge_one(self, rule: Rule, now_ns: int) -> Judgement | None:
        """Judge one rule and note what is new; None if it cannot be judged, which is said in the file and the log."""
        began = time.monotonic()
        try:
            judged = judge(self._readers.of(rule.project), rule, now_ns)
        except self._errors as error:
            problem = _problem(error, time.monotonic() - began, self._limit_s)
            self._book.say_problem(rule, problem)
            _log.warning(
                "agentops: the alert %r of project %r cannot be judged: %s", rule.name, rule.project, problem,
                exc_info=isinstance(error, _UNFORESEEN) and not isinstance(error, QueryError),
            )  # fmt: skip
            return None
        finally:
            ended = time.monotonic()
            self._rested_at[rule.id] = ended + (ended - began) * _SHARE
        recipients = [destination.recipient for destination in self._destinations]
        for news in self._book.record(rule, judged, recipients):
            _log.warning("agentops: the alert %r of project %r is %s.", rule.name, rule.project, news)
        return judged

    def tell(self, now_ns: int | None = None) -> None:
        """Tell everybody what they have not been told; what fails is tried again later, for a day."""
        for destination in self._destinations:
            for _ in range(_AT_ONCE):
                if self._stop.is_set() or not self._tell_one(destination, now_ns or time.time_ns()):
                    break

    def _tell_one(self, destination: Destination, now_ns: int) -> bool:
        """Tell one recipient the next thing; False if there is nothing, or it did not go."""
        key, label = destination.recipient
        claimed = self._book.claim(key, now_ns, now_ns - _GIVEN_UP_NS, _LEASE_NS)
        if claimed is None:
            return False
        notice, tries = claimed
        try:
            destination.send(message_of(notice, self._base_url()))
        # What requests and smtplib raise is of this kind.
        except OSError as error:
            pause_ns = min(_FIRST_PAUSE_NS << min(tries, 10), _LONGEST_PAUSE_NS)
            problem = write.one_line(error.strerror or str(error) or type(error).__name__, 200)
            self._book.not_told(notice, key, problem, now_ns + pause_ns)
            _log.warning(
                "agentops: %s could not be told of the alert %r: %s. It is tried again.", label, notice.name, problem
            )
            return False
        self._book.told(notice, key, now_ns)
        return True


def _problem(error: Exception, took_s: float, limit_s: float) -> str:
    if isinstance(error, QueryError):
        return f"its query cannot be understood: {error.message}"
    if isinstance(error, _UNFORESEEN):
        return f"this version cannot read it ({type(error).__name__}). Remove it, and add it anew."
    if took_s >= limit_s:
        return f"it took longer than {limit_s:g} s. Choose a shorter period, or a query that finds less."
    return f"the store does not answer: {write.one_line(str(error), 160)}"
