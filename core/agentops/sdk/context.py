"""Which span is current here: one context variable, only ever set, and read with a check for liveness.

Set-only, because frameworks run start and end in different tasks and threads, where a token of ours could not be
given back. What is stale after that is found at reading: a span that has ended hands over to its nearest live
ancestor, a session that has ended to the session around it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def activate(span: Span | None) -> Iterator[None]:
    """Make a span current for a ``with`` block that stays in one frame."""
    before = CURRENT.get()
    CURRENT.set(span)
    try:
        yield
    finally:
        CURRENT.set(before)
