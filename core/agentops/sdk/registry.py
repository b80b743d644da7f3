"""Foreign ids: which of a framework's runs is which of our spans, in whatever order its events come."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from agentops.sdk.span import Span

__all__ = ["Registry", "renew_registry_locks"]

V = TypeVar("V")

_REMEMBERED: Final = 10_000
"""Collapsed runs, ends without a start, and events that wait for a parent: how many of each are kept."""
_REMEMBERED_ENDED: Final = 1_000
"""Runs that have ended; fewer, because each holds on to what went in and came out of it."""
_ALIAS_DEPTH: Final = 100


_all: "weakref.WeakSet[Registry]" = weakref.WeakSet()


class Registry:
    """The runs of one framework. Safe to call from any thread.

    Runs that have ended are remembered for a while, for children and corrections that come late.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        _all.add(self)
        self._open: dict[Hashable, Span] = {}
        self._ended: OrderedDict[Hashable, Span] = OrderedDict()
        self._aliases: OrderedDict[Hashable, Hashable | None] = OrderedDict()
        self._early_ends: OrderedDict[Hashable, Callable[[Span], None]] = OrderedDict()
        self._waiting: OrderedDict[Hashable, list[Callable[[], None]]] = OrderedDict()
        self._crowded_at = _REMEMBERED

    def __len__(self) -> int:
        return len(self._open)

    def add(self, key: Hashable, span: Span) -> None:
        """Enter a run; events that waited for it are let go, an end that came before it is applied."""
        with self.lock:
            self._open[key] = span
            self._aliases.pop(key, None)
            early_end = self._early_ends.pop(key, None)
            if len(self._open) > self._crowded_at:
                self._let_go_of_ended()
        self.release(key)
        if early_end is not None:
            early_end(span)

    def move(self, key: Hashable, new_key: Hashable) -> Span | None:
        """Let an open run's span go on as that of another run."""
        with self.lock:
            span = self._open.pop(key, None)
            if span is not None:
                self._open[new_key] = span
                self._aliases.pop(new_key, None)
            return span

    def remove(self, key: Hashable) -> Span | None:
        """Take out a run that ends; None if it is not open here."""
        with self.lock:
            span = self._open.pop(key, None)
            if span is not None:
                _keep(self._ended, key, span, _REMEMBERED_ENDED)
            return span

    def add_alias(self, key: Hashable, target: Hashable | None) -> None:
        """Let a run stand for another one: what names it as parent gets the other as parent."""
        with self.lock:
            _keep(self._aliases, key, target)
        self.release(key)

    def resolve(self, key: Hashable | None) -> Hashable | None:
        """Follow aliases to the run that has a span of its own; None where they lead out of the tree."""
        for _ in range(_ALIAS_DEPTH):
            if key is None or key not in self._aliases:
                return key
            key = self._aliases[key]
        return None

    def knows(self, key: Hashable) -> bool:
        """Whether events may name this run as their parent already."""
        return key in self._open or key in self._aliases or key in self._ended

    def get(self, key: Hashable | None) -> Span | None:
        """Return a run's span, through aliases, open or lately ended."""
        resolved = self.resolve(key)
        if resolved is None:
            return None
        return self._open.get(resolved) or self._ended.get(resolved)

    def get_ended(self, key: Hashable) -> Span | None:
        """Return the span of a run that has lately ended."""
        return self._ended.get(key)

    def is_alias(self, key: Hashable) -> bool:
        """Whether a run has no span of its own."""
        return key in self._aliases

    def await_start(self, key: Hashable, end: Callable[[Span], None]) -> None:
        """Keep an end that came before its start."""
        with self.lock:
            _keep(self._early_ends, key, end)

    def await_parent(self, parent_key: Hashable, event: Callable[[], None]) -> list[Callable[[], None]]:
        """Keep an event until its parent is known; returns events that need not or cannot wait."""
        with self.lock:
            if self.knows(parent_key):  # since the caller asked
                return [event]
            self._waiting.setdefault(parent_key, []).append(event)
            crowded = len(self._waiting) > _REMEMBERED
            return self._waiting.popitem(last=False)[1] if crowded else []

    def is_awaited(self, key: Hashable) -> bool:
        """Whether events of a run that is itself still waiting should queue up behind it."""
        return key in self._waiting

    def release(self, key: Hashable) -> None:
        """Let go the events that waited for this run."""
        if not self._waiting:  # with most frameworks nothing ever waits
            return
        with self.lock:
            events = self._waiting.pop(key, [])
        for event in events:
            event()

    def release_all(self) -> None:
        """Let go everything that waits, whether or not its parent came."""
        while self._waiting:
            with self.lock:
                _, events = self._waiting.popitem(last=False)
            for event in events:
                event()

    def _let_go_of_ended(self) -> None:
        """Runs that the framework never ends (a stream nobody reads on) were closed with the run around them."""
        for key in [key for key, span in self._open.items() if span.end_ns]:
            _keep(self._ended, key, self._open.pop(key), _REMEMBERED_ENDED)
        self._crowded_at = len(self._open) + _REMEMBERED


def _keep(table: OrderedDict[Hashable, V], key: Hashable, value: V, limit: int = _REMEMBERED) -> None:
    table[key] = value
    if len(table) > limit:
        table.popitem(last=False)


def renew_registry_locks() -> None:
    """In a forked child: another thread of the parent may have held a lock, and will never give it back here."""
    for registry in _all:
        registry.lock = threading.RLock()
