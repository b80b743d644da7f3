"""Spans that go to the spool and to the places that plugins add."""

from collections.abc import Sequence

from agentops.sdk.guard import guard
from agentops.sdk.session import Sink
from agentops.sdk.span import Span
from agentops.sdk.spool import Spool

__all__ = ["FanOut"]


class FanOut:
    """Hands each span to the spool and then to every exporter. One that fails does not keep it from the others.

    Args:
        spool: Where spans are kept.
        exporters: What ``agentops_exporters`` of the plugins gave.
    """

    def __init__(self, spool: Spool, exporters: Sequence[Sink]) -> None:
        self.spool = spool
        self.exporters = tuple(exporters)

    def put(self, span: Span) -> None:
        """Take a span as it now stands."""
        self.spool.put(span)
        for exporter in self.exporters:
            with guard(f"exporter {type(exporter).__name__}"):
                exporter.put(span)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until the spool has written what was put, and flush the exporters."""
        is_done = self.spool.flush(timeout_s)
        for exporter in self.exporters:
            with guard(f"exporter {type(exporter).__name__}"):
                is_done = exporter.flush(timeout_s) and is_done
        return is_done

    def close(self, timeout_s: float) -> None:
        """Close the spool, then the exporters."""
        self.spool.close(timeout_s)
        for exporter in self.exporters:
            with guard(f"exporter {type(exporter).__name__}"):
                exporter.close(timeout_s)
