"""Switching the integration on and off: what it registers with the SDK, and the few places where it listens in."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agents import run as agents_run
from agents.lifecycle import RunHooksBase
from agents.tracing import get_trace_provider
from agents.tracing.provider import DefaultTraceProvider, SynchronousMultiTracingProcessor
from agents.tracing.spans import SpanImpl

from agentops import Recorder, guard
from agentops.chat_format import field_of
from agentops.patches import Patches
from agentops_openai_agents.failures import INCLUDES_CONTENT, note_failure
from agentops_openai_agents.processor import AgentOpsTraceProcessor, integration_processor
from agentops_openai_agents.quiet_tracing import quiet_span, quiet_trace
from agentops_openai_agents.run_hooks import ListeningHooks

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Add our processor beside those that are there, and listen in on what it is not told."""
    processor = AgentOpsTraceProcessor(recorder)
    integration_processor[:] = [processor]
    get_trace_provider().register_processor(processor)
    patches = Patches()
    _stay_registered(patches, processor)
    _record_what_is_switched_off(patches, processor)
    _note_exceptions(patches)
    for name in ("run", "run_streamed", "run_sync"):
        patches.replace(agents_run.AgentRunner, name, lambda original: _listening(original, patches, processor))

    def undo() -> None:
        patches.undo()
        integration_processor.clear()
        registered = _multi_processor()
        if registered is not None:
            registered.set_processors([item for item in registered._processors if item is not processor])

    return undo


def _multi_processor() -> Any:
    return getattr(get_trace_provider(), "_multi_processor", None)


def _stay_registered(patches: Patches, processor: AgentOpsTraceProcessor) -> None:
    """Outlive ``set_trace_processors([...])``, which people call to be rid of the upload to OpenAI, not of us."""

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def set_processors(self: Any, processors: list[Any]) -> None:
            kept = (
                [*processors, processor] if self is _multi_processor() and processor not in processors else processors
            )
            original(self, kept if patches.is_active else processors)

        return set_processors

    patches.replace(SynchronousMultiTracingProcessor, "set_processors", make)


def _record_what_is_switched_off(patches: Patches, processor: AgentOpsTraceProcessor) -> None:
    def make_trace(original: Any) -> Any:
        signature = inspect.signature(original)

        @functools.wraps(original)
        def create_trace(self: Any, *args: Any, **kwargs: Any) -> Any:
            trace = original(self, *args, **kwargs)
            if not patches.is_active:
                return trace
            arguments = signature.bind(self, *args, **kwargs).arguments
            stand_in = quiet_trace(processor, trace, arguments)
            if stand_in is not trace:
                _say_that_tracing_is_off(self)
            return stand_in

        return create_trace

    def make_span(original: Any) -> Any:
        @functools.wraps(original)
        def create_span(
            self: Any, span_data: Any, span_id: Any = None, parent: Any = None, disabled: bool = False
        ) -> Any:
            span = original(self, span_data, span_id, parent, disabled)
            return quiet_span(processor, span, parent) if patches.is_active else span

        return create_span

    patches.replace(DefaultTraceProvider, "create_trace", make_trace)
    patches.replace(DefaultTraceProvider, "create_span", make_span)


def _say_that_tracing_is_off(provider: Any) -> None:
    if getattr(provider, "_manual_disabled", None):
        cause = "set_tracing_disabled(True)"
    elif getattr(provider, "_disabled", False):
        cause = "OPENAI_AGENTS_DISABLE_TRACING"
    else:
        cause = "tracing_disabled=True"
    guard.state.say_once(
        "openai-agents tracing off",
        "agentops: tracing of the OpenAI Agents SDK is off (%s): it sends no traces to OpenAI, and agentops records "
        "your runs all the same. To leave them out of agentops too: agentops.disable('openai-agents').",
        cause,
    )


def _note_exceptions(patches: Patches) -> None:
    """Keep the exception behind an error that the SDK attaches to a span as a sentence without type or stack."""

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def set_error(self: Any, error: Any) -> None:
            if patches.is_active:
                note_failure(self.span_id)
            original(self, error)

        return set_error

    patches.replace(SpanImpl, "set_error", make)


def _listening(original: Any, patches: Patches, processor: AgentOpsTraceProcessor) -> Any:
    """Return a method of the runner that runs with our hooks beside the user's."""

    def listen(kwargs: dict[str, Any]) -> None:
        with guard("openai_agents.hooks"):
            hooks = kwargs.get("hooks")
            if not isinstance(hooks, ListeningHooks) and (hooks is None or isinstance(hooks, RunHooksBase)):
                kwargs["hooks"] = ListeningHooks(processor, hooks)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def run_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not patches.is_active:
                return await original(self, *args, **kwargs)
            listen(kwargs)
            with _content_as_configured(kwargs.get("run_config")):
                return await original(self, *args, **kwargs)

        return run_async

    @functools.wraps(original)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not patches.is_active:
            return original(self, *args, **kwargs)
        listen(kwargs)
        with _content_as_configured(kwargs.get("run_config")):
            return original(self, *args, **kwargs)

    return run


@contextmanager
def _content_as_configured(run_config: Any) -> Iterator[None]:
    """Let the run's own setting decide whether messages, arguments and results are recorded."""
    before = INCLUDES_CONTENT.get()
    with guard("openai_agents.run_config"):
        includes = field_of(run_config, "trace_include_sensitive_data")
        INCLUDES_CONTENT.set(bool(_default_includes_content() if includes is None else includes))
    try:
        yield
    finally:
        INCLUDES_CONTENT.set(before)


def _default_includes_content() -> bool:
    return bool(agents_run.RunConfig().trace_include_sensitive_data)
