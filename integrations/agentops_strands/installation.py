"""Standing beside the tracer with which Strands makes its spans."""

import functools
from collections.abc import Callable
from typing import Any, Final

from strands.telemetry import tracer as strands_tracer
from strands.telemetry.tracer import Tracer

from agentops import Recorder, guard
from agentops.patches import Patches
from agentops.semconv import Foreign, GenAI
from agentops_opentelemetry.tracing import RecordingTracer

__all__ = ["install"]

_PROVIDER: Final = {GenAI.PROVIDER_NAME, Foreign.SYSTEM}


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every agent from now on: Strands has one tracer per process, made with its first agent."""
    patches = Patches()

    def record(tracer: Tracer) -> None:
        if not isinstance(tracer.tracer, RecordingTracer):
            inner = tracer.tracer
            patches.replace(tracer, "tracer", lambda _: RecordingTracer(recorder, inner, tidy=_tidied, is_on=is_on))

    def is_on() -> bool:
        return patches.is_active

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def init(tracer: Tracer, *args: Any, **kwargs: Any) -> None:
            original(tracer, *args, **kwargs)
            with guard("strands.tracer"):
                if patches.is_active:
                    record(tracer)

        return init

    patches.replace(Tracer, "__init__", make)
    if strands_tracer._tracer_instance is not None:
        record(strands_tracer._tracer_instance)
    return patches.undo


def _tidied(kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out the provider: Strands names itself, whoever's model it is, and a price would not be found."""
    return {name: value for name, value in attributes.items() if name not in _PROVIDER}
