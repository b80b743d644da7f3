"""The one runtime of this process: made at ``init()`` or first use, replaced, forked, and ended with the process."""

import atexit
import builtins
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agentops.sdk.context import CURRENT
from agentops.sdk.guard import guard
from agentops.sdk.session import Session, renew_session_lock
from agentops.sdk.span import Span

if TYPE_CHECKING:
    from agentops.sdk.filters import SpanFilter
    from agentops.sdk.runtime import ParentResolver, Runtime

__all__ = [
    "current",
    "frameworks",
    "make_current",
    "replace",
    "resolvers",
    "rest",
    "runtime",
    "runtimes",
    "shutdown",
    "swap",
]

EXIT_S = 1.8
"""Seconds that the end of the program may wait for delivery; with all the rest, two."""
WRITE_S = 10.0
"""Seconds that it may wait for the disk: what is not on it then is lost, so more than for delivery."""

_PATIENCE_S: Final = 0.5

resolvers: "list[ParentResolver]" = []
"""Shared by all runtimes: integrations stay installed when the settings change."""
frameworks: dict[str, str] = {}
"""Enabled frameworks: distribution to version."""
span_filters: "list[SpanFilter]" = []
on_session_started: list[Callable[[Session], None]] = []
on_session_ended: list[Callable[[Session], None]] = []

_current: "Runtime | None" = None
_retired: "list[Runtime]" = []
_lock = threading.RLock()
_is_hooked = False


def current() -> "Runtime | None":
    """Return the runtime, or None before the first use."""
    return _current


def runtime() -> "Runtime":
    """Return the runtime; before ``init()`` it is made from the environment's settings."""
    if _current is not None:
        return _current
    with _lock:
        if _current is None:
            from agentops.sdk.setup import begin_by_itself

            begin_by_itself()
        assert _current is not None  # set by replace
        return _current


def replace(new: "Runtime | None") -> None:
    """Put a runtime in place. Sessions of the one before go on in it, except its automatic one, which ends."""
    with _lock:
        old = _current
        swap(new)
        if new is not None:
            _hook_into_process()
        if old is not None and old is not new:
            old.hand_over(new)
            _retired.append(old)
        _let_go_of_retired()


def _let_go_of_retired() -> None:
    """Close what no session records into any more, for programs that call ``init()`` for each request."""
    for item in [item for item in _retired if not item.sessions]:
        shared = any(other is not item and other.sink is item.sink for other in runtimes())
        if not shared:
            with guard("retire"):
                if not item.sink.flush(_PATIENCE_S):
                    continue  # the disk is slow, and nobody is to wait for it here
                item.sink.close(_PATIENCE_S)
                if item.delivery is not None and not item.delivery.retire():
                    continue
        _retired.remove(item)


def runtimes() -> "list[Runtime]":
    """Return the runtime and those before it that still have something to do."""
    return [*_retired, *([_current] if _current is not None else [])]


def swap(new: "Runtime | None") -> None:
    """Put a runtime in place and leave the one before as it is; for tests, which put it back afterwards."""
    global _current
    if new is not None:
        new.resolvers = resolvers
        new.on_session_started = on_session_started
        new.on_session_ended = on_session_ended
    _current = new


def make_current(span: Span) -> None:
    """Make a span current in the calling context."""
    CURRENT.set(span)


def shutdown() -> None:
    """End what is open, write what is queued and deliver what is written; the time that it takes is bounded."""
    error = None if _is_interactive() else getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    for item in runtimes():
        with guard("exit"):
            item.finish(error)
    _close()
    if _current is not None:
        from agentops.sdk.assembly import write_at_once

        write_at_once(runtimes())
    _retired.clear()
    if isinstance(error, KeyboardInterrupt):
        _note_interrupt_again()


def _note_interrupt_again() -> None:
    """Let a program that nobody kept from being interrupted die of the signal, as it would without us.

    Python notes such an interrupt, and forgets it when it evaluates text, as imports at the end do that make named
    tuples; then the exit code would be 1. Evaluating an interrupt notes it again.
    """
    with contextlib.suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt")


def rest() -> None:
    """Write and deliver what there is, and end our threads; the next thing that is recorded starts them again."""
    _close()


def _close() -> None:
    """Close all spools, then all deliveries. On an idle disk the first takes no time, and two seconds are all."""
    begun = time.monotonic()
    for item in runtimes():
        with guard("exit"):
            item.sink.close(max(0.0, begun + WRITE_S - time.monotonic()))
    deadline = max(begun + EXIT_S, time.monotonic() + EXIT_S / 4)
    for item in runtimes():
        with guard("exit"):
            if item.delivery is not None:
                item.delivery.close(max(0.0, deadline - time.monotonic()))


def _is_interactive() -> bool:
    """Whether the last exception is that of a cell or a line, and did not end the program."""
    return hasattr(sys, "ps1") or hasattr(builtins, "get_ipython")


def _hook_into_process() -> None:
    global _is_hooked
    if not _is_hooked:
        _is_hooked = True
        atexit.register(shutdown)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
        _end_with_multiprocessing()


def _before_fork() -> None:
    with guard("fork"):
        if _current is not None:
            _current.before_fork()


def _end_with_multiprocessing() -> None:
    """In a child of ``multiprocessing``, which may end by ``os._exit`` and so without ``atexit``: end as it ends."""
    util, processes = sys.modules.get("multiprocessing.util"), sys.modules.get("multiprocessing.process")
    if util is not None and processes is not None and processes.parent_process() is not None:
        util.Finalize(None, shutdown, exitpriority=-100)


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    with guard("fork"):
        renew_session_lock()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            # It forgets its finalizers after a fork, and then calls this.
            util.register_after_fork(shutdown, lambda _: _end_with_multiprocessing())
        if _current is not None:
            from agentops.sdk.assembly import renew_after_fork

            renew_after_fork(runtimes())
