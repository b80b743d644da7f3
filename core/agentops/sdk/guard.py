"""The one place that swallows errors: a failure to record must never reach the program that is recorded.

A failure is counted per place and logged the first time it happens there. Under test (``guard.loud``) it is raised,
so that no test can pass on a swallowed error.
"""

import functools
import logging
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar, overload

__all__ = ["Guard", "attempt", "guard", "guarded", "logger", "say_once"]

logger = logging.getLogger("agentops")

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E")


class Guard:
    """Counts of what was swallowed, and whether it is raised instead."""

    def __init__(self) -> None:
        self.failures: Counter[str] = Counter()
        self.loud = False
        self._said: set[str] = set()

    def caught(self, place: str, error: BaseException) -> bool:
        """Count an error and say whether it may be swallowed."""
        if not isinstance(error, Exception) or self.loud:
            return False
        self.failures[place] += 1
        if self.failures[place] == 1:
            logger.warning(
                "agentops could not record something in %s (%s: %s). Your program is not affected; "
                "further failures in this place are counted, not logged.",
                place,
                type(error).__name__,
                error,
                exc_info=error if logger.isEnabledFor(logging.DEBUG) else None,
            )
        return True

    def say_once(self, key: str, message: str, *args: object, level: int = logging.WARNING) -> None:
        """Log a message the first time that this key is used in the process."""
        if key not in self._said:
            self._said.add(key)
            logger.log(level, message, *args)

    def forget(self) -> None:
        """Start counting anew; for tests."""
        self.failures.clear()
        self._said.clear()


_the_guard = Guard()
say_once = _the_guard.say_once


class guard:  # noqa: N801 - used as a statement: ``with guard("spool.write"):``
    """Context manager that keeps errors raised inside it from leaving it. Stateless, so one may be kept and reused."""

    __slots__ = ("place",)
    state = _the_guard

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return error is not None and _the_guard.caught(self.place, error)


def attempt(function: Callable[P, R], on_error: Callable[[Exception], E], *args: P.args, **kwargs: P.kwargs) -> R | E:
    """Call foreign code that may raise anything (a ``__repr__``, a property), and say in its place what went wrong."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return on_error(error)


@overload
def guarded(function: Callable[P, R], /) -> Callable[P, R | None]: ...
@overload
def guarded(*, place: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R | None]]: ...
def guarded(
    function: Callable[P, R] | None = None, /, *, place: str | None = None
) -> Callable[P, R | None] | Callable[[Callable[P, R]], Callable[P, R | None]]:
    """Make a synchronous callback return None instead of raising. For handlers that a framework calls."""
    if function is None:
        return lambda inner: _wrap(inner, place)
    return _wrap(function, place)


def _wrap(function: Callable[P, R], place: str | None) -> Callable[P, R | None]:
    where = place or f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not _the_guard.caught(where, error):
                raise
            return None

    return call
