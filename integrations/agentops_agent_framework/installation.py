"""Standing beside the tracer with which Agent Framework makes its spans, and having it say what was said in them."""

import functools
from collections.abc import Callable
from typing import Any, Final

from agent_framework import observability
from agent_framework.observability import ObservabilitySettings

from agentops import Recorder
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_opentelemetry.tracing import RecordingTracer

__all__ = ["install"]

_OWN: Final = "microsoft.agent_framework"
_HIDDEN: Final = ("server.address", "agent_framework.function.invocation.duration")


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every run from now on. What the user has switched off for good (``disable_instrumentation``) stays off."""
    patches = Patches()
    decided = ObservabilitySettings.SENSITIVE_DATA_ENABLED

    def make_tracer(original: Any) -> Any:
        @functools.wraps(original)
        def get_tracer(*args: Any, **kwargs: Any) -> Any:
            inner = original(*args, **kwargs)
            if not patches.is_active:
                return inner
            # Content is put into the spans for our sake: whoever has not asked for it in theirs does not get it.
            told = bool(decided.fget(observability.OBSERVABILITY_SETTINGS))  # type: ignore[attr-defined]
            return RecordingTracer(recorder, inner, forwards_content=told, hidden=_HIDDEN, tidy=_tidied)

        return get_tracer

    def make_decision(original: Any) -> Any:
        return property(lambda settings: settings.ENABLED if patches.is_active else original.fget(settings))

    patches.replace(observability, "get_tracer", make_tracer)
    patches.replace(ObservabilitySettings, "SENSITIVE_DATA_ENABLED", make_decision)
    return patches.undo


def _tidied(kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an agent's span repeats of its model calls, and the framework as the provider of a model."""
    if kind == SpanKind.LLM:
        return attributes
    repeated = {GenAI.REQUEST_MODEL, GenAI.TOOL_DEFINITIONS, GenAI.RESPONSE_FINISH_REASONS, GenAI.REQUEST_CHOICE_COUNT}
    return {name: value for name, value in attributes.items() if name not in repeated and value != _OWN}
