"""Which span is current here: one context variable, only ever set, and read with a check for liveness.

Set-only, because frameworks run start and end in different tasks and threads, where a token of ours could not be
given back. What is stale after that is found at reading: a span that has ended hands over to its nearest live
ancestor, a session that has ended to the session around it.
"""

from contextvars import ContextVar

from agentops.sdk.span import Span

__all__ = ["CURRENT", "activate", "current_span", "depth", "live"]

CURRENT: ContextVar[Span | None] = ContextVar("agentops_current_span", default=None)


def live(span: Span | None) -> Span | None:
    """Return the span itself while it is open, else the nearest open one around it."""
    while span is not None and span.end_ns:
        span = span.parent if span.parent is not None else span.session.outer
    return span


def current_span() -> Span | None:
    """Return the innermost open span of the calling context; None outside of any."""
    span = CURRENT.get()
    return span if span is None or not span.end_ns else live(span)


def depth(span: Span | None) -> int:
    """Return how many spans lie above this one, across nested sessions."""
    levels = 0
    while span is not None:
        levels += 1
        span = span.parent if span.parent is not None else span.session.outer
    return levels


class activate:  # noqa: N801 - used as a statement: ``with activate(span):``
    """Make a span current for a ``with`` block that stays in one frame.

    A class, because a generator made into a context manager takes three times as long, in each call of a framework.
    """

    __slots__ = ("_before", "_span")

    def __init__(self, span: Span | None) -> None:
        self._span = span

    def __enter__(self) -> None:
        self._before = CURRENT.get()
        CURRENT.set(self._span)

    def __exit__(self, *error: object) -> None:
        CURRENT.set(self._before)
