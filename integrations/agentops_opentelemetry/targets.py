"""Where our spans go beside the spool. Apart from what needs OpenTelemetry, so that a start without it is quick."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops_opentelemetry.export import OpenTelemetrySink

__all__ = ["targets"]

targets: list["OpenTelemetrySink"] = []
"""What ``export_to`` has added; taken up by the next ``agentops.init()``."""
