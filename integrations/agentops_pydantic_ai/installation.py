"""Switching on the spans that Pydantic AI makes itself, and recording them beside whoever gets them already."""

import copy
import functools
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.metrics import NoOpMeterProvider
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

from agentops import Recorder, guard
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_opentelemetry.conversations import parsed
from agentops_opentelemetry.tracing import RecordingTracer, RecordingTracerProvider

__all__ = ["install"]

_HIDDEN: Final = (
    "pydantic_ai.all_messages",
    "pydantic_ai.new_message_index",
    "model_request_parameters",
    "model_name",
    "agent_name",
    "final_result",
    "operation.cost",
)
"""Attributes that repeat what is on the spans below, or on the span itself under another name."""

_TOOL_NAMES: Final = {"tool_arguments": GenAI.TOOL_CALL_ARGUMENTS, "tool_response": GenAI.TOOL_CALL_RESULT}


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every agent from now on, those that exist included."""
    switch = _Switch(recorder)
    patches = switch.patches
    before = Agent._instrument_default
    ours = switch.recording(before)
    Agent._instrument_default = ours
    patches.replace(InstrumentationSettings, "__init__", switch.record_new_settings)
    patches.replace(Agent, "instrument_all", switch.keep_recording)

    def undo() -> None:
        patches.undo()
        if Agent._instrument_default is ours:
            Agent._instrument_default = before
        elif switch.chosen is not None:
            Agent._instrument_default = switch.chosen[0]

    return undo


class _Switch:
    """What is patched, and what the user has chosen meanwhile."""

    def __init__(self, recorder: Recorder) -> None:
        self.patches = Patches()
        self.chosen: tuple[InstrumentationSettings | bool] | None = None
        self._options: dict[str, Any] = {"hidden": _HIDDEN, "tidy": _tidied, "is_on": lambda: self.patches.is_active}
        self._recorder = recorder

    def recording(self, chosen: InstrumentationSettings | bool) -> InstrumentationSettings:
        """Return settings that record, and otherwise do what the given ones do: those that are off tell nobody else."""
        if chosen is False:
            provider = RecordingTracerProvider(self._recorder, **self._options)
            return InstrumentationSettings(tracer_provider=provider, meter_provider=NoOpMeterProvider())
        settings = InstrumentationSettings() if chosen is True else copy.copy(chosen)
        self._record(settings)
        return settings

    def record_new_settings(self, original: Any) -> Any:
        """Make settings that the program makes from now on record, too, wherever it puts them."""

        @functools.wraps(original)
        def init(settings: InstrumentationSettings, *args: Any, **kwargs: Any) -> None:
            original(settings, *args, **kwargs)
            with guard("pydantic_ai.settings"):
                if self.patches.is_active:
                    self._record(settings)

        return init

    def keep_recording(self, original: Any) -> Any:
        """Go on recording whatever the program chooses for all agents."""

        @functools.wraps(original)
        def instrument_all(instrument: InstrumentationSettings | bool = True) -> None:
            original(instrument)
            with guard("pydantic_ai.instrument_all"):
                if self.patches.is_active:
                    self.chosen = (instrument,)
                    original(self.recording(instrument))

        return staticmethod(instrument_all)

    def _record(self, settings: InstrumentationSettings) -> None:
        if not isinstance(settings.tracer, RecordingTracer):
            settings.tracer = RecordingTracer(self._recorder, settings.tracer, **self._options)


def _tidied(kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """Give a span what is under names of Pydantic AI's own: an agent's prompt and answer; in version 1, a tool's."""
    if kind == SpanKind.TOOL:
        return {_TOOL_NAMES.get(name, name): value for name, value in attributes.items()}
    if kind != SpanKind.AGENT:
        return attributes
    found = dict(attributes)
    messages = parsed(attributes.get("pydantic_ai.all_messages"))
    new = attributes.get("pydantic_ai.new_message_index") or 0
    asked = _prompt(messages[new:]) if isinstance(messages, list) else None
    if asked is not None:
        found[Attr.INPUT] = asked
    if "final_result" in attributes:
        found[Attr.OUTPUT] = attributes["final_result"]
    return found


def _prompt(messages: list[Any]) -> Any:
    """Return what the user asked in this run: text where it is one, else its parts."""
    for message in messages:
        parts = [part for part in message.get("parts", ()) if part.get("type") != "tool_call_response"]
        if message.get("role") == "user" and parts:
            return parts[0].get("content") if len(parts) == 1 and parts[0].get("type") == "text" else parts
    return None
