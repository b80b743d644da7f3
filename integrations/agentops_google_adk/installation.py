"""Standing beside the tracer with which ADK makes its spans, and having it say in them what models read and said."""

import sys
from collections.abc import Callable
from typing import Any, Final

from google.adk.telemetry import tracing
from google.adk.telemetry.context import TelemetryConfig

from agentops import Recorder
from agentops.patches import Patches
from agentops_opentelemetry.tracing import RecordingTracer

__all__ = ["install"]

_HIDDEN: Final = ("gcp.vertex.agent.",)
"""Ids of ADK's own, and content under the names of its older spans."""
_SKIPPED: Final = ("execute_tool (merged)",)
"""The results of several tools put into one event: no call of any of them."""


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every run from now on."""
    patches = Patches()
    # Content is put into the spans for our sake: whoever had it switched off for theirs does not get it.
    told = bool(TelemetryConfig().should_add_content_to_experimental_spans)
    original = tracing.tracer
    ours = RecordingTracer(
        recorder, original, forwards_content=told, hidden=_HIDDEN, skipped=_SKIPPED, is_on=lambda: patches.is_active
    )

    def make_decision(before: Any) -> Any:
        return property(lambda config: patches.is_active or before.fget(config))

    for name in ("should_use_experimental_genai_semconv", "should_add_content_to_experimental_spans"):
        patches.replace(TelemetryConfig, name, make_decision)
    _swap(original, ours)

    def undo() -> None:
        patches.undo()
        _swap(ours, original)

    return undo


def _swap(old: object, new: object) -> None:
    """Put a tracer in the place of another: modules of ADK import it by name, some of them only when first used."""
    for name, module in list(sys.modules.items()):
        if name.startswith("google.adk.") and vars(module).get("tracer") is old:
            module.tracer = new  # type: ignore[attr-defined]
