"""Spans that are not written yet although they were recorded: refused by the disk, or better sent a little later."""

from agentops.sdk.span import Span
from agentops.semconv import SpanStatus

__all__ = ["HeldBack", "Refused"]


class Refused:
    """Spans that the disk did not take, kept without their content for when it does. Used by the writing thread.

    Args:
        limit: How many are kept; beyond it a span is given up.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._spans: list[Span] = []

    def __len__(self) -> int:
        return len(self._spans)

    def keep(self, span: Span) -> None:
        """Keep a span for another attempt."""
        span.drop_content()
        if len(self._spans) < self._limit:
            self._spans.append(span)
        else:
            self.give_up(span)

    def take(self) -> list[Span]:
        """Hand out all that are kept."""
        taken, self._spans = self._spans, []
        return taken

    def give_up(self, span: Span) -> None:
        """Count a span as lost; of one whose beginning is on the disk, only its end is."""
        if span.written_version > 0:
            span.session.ledger.dropped_payloads += 1
        else:
            span.session.ledger.dropped_spans += 1
        span.written_version = Span.FILTERED


class HeldBack:
    """Spans that were closed as ``unfinished`` because what is around them ended, for an endpoint of others.

    It would take a correction for another span, so such a span waits there until it ends itself or its session does.

    Args:
        limit: How many wait; beyond it the oldest goes out as it is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._spans: dict[str, Span] = {}

    def wants(self, span: Span) -> bool:
        """Say whether a span that has ended may still be corrected by its own end; if so, it is kept here."""
        waits = span.status == SpanStatus.UNFINISHED and not span.session.has_ended
        if waits:
            self._spans[span.id] = span
        else:
            self._spans.pop(span.id, None)
        return waits

    def take(self, *, is_last: bool) -> list[Span]:
        """Hand out those that wait for nothing any more; all of them where nothing more will come."""
        over = len(self._spans) - self._limit
        due = [
            span for place, span in enumerate(self._spans.values()) if is_last or place < over or span.session.has_ended
        ]
        for span in due:
            del self._spans[span.id]
        return due
