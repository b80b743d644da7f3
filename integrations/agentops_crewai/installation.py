"""Listening to CrewAI: at the bus itself, and at the few things that the bus is not told.

A handler that is registered with the bus runs in a pool of ten threads, in any order: the end of a tool call has been
seen before its start. A stream sink is called in order, but only in contexts derived from the one that added it, and
so in no plain thread. ``emit`` is called for every event, once, in the thread and context of the work, also in versions
that have no sinks: so it is what we wrap.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from crewai import Agent, Crew, Flow
from crewai.events.event_bus import CrewAIEventsBus

from agentops import Recorder, guard
from agentops.patches import Patches
from agentops.semconv import SpanKind
from agentops_crewai.own_models import listen_to_own_models
from agentops_crewai.runs import Runs

__all__ = ["install"]

_INTERRUPTIBLE = (
    (Crew, ("kickoff", "akickoff")),
    (Flow, ("kickoff_async", "resume_async")),
    (Agent, ("kickoff", "kickoff_async", "akickoff")),
)
_FEEDBACK = "feedback"


def install(recorder: Recorder) -> Callable[[], None]:
    """Begin to listen; returns the function that ends it and puts everything back."""
    patches = Patches()
    runs = Runs(recorder)
    patches.replace(CrewAIEventsBus, "emit", lambda original: _emit(original, patches, runs))
    patches.replace(CrewAIEventsBus, "aemit", lambda original: _aemit(original, patches, runs))
    for owner, names in _INTERRUPTIBLE:
        for name in names:
            patches.replace(owner, name, lambda original: _interruptible(original, patches, runs))
    _listen_to_people(patches, recorder)
    listen_to_own_models(patches, recorder)
    return patches.undo


def _emit(original: Any, patches: Patches, runs: Runs) -> Any:
    @functools.wraps(original)
    def emit(bus: Any, source: Any, event: Any) -> Any:
        # Only now does the event have its parent, and only now is it known that CrewAI accepts it.
        result = original(bus, source, event)
        if patches.is_active:
            runs.take(source, event)
        return result

    return emit


def _aemit(original: Any, patches: Patches, runs: Runs) -> Any:
    @functools.wraps(original)
    async def aemit(bus: Any, source: Any, event: Any) -> None:
        await original(bus, source, event)
        if patches.is_active:
            runs.take(source, event)

    return aemit


def _interruptible(original: Any, patches: Patches, runs: Runs) -> Any:
    """Watch a run for exceptions of whose passing CrewAI does not tell: Ctrl-C and cancellation above all."""

    def note(source: Any, error: BaseException) -> None:
        if patches.is_active:
            runs.leave(source, error)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def run_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return await original(self, *args, **kwargs)
            except BaseException as error:
                note(self, error)
                raise

        return run_async

    @functools.wraps(original)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            note(self, error)
            raise

    return run


def _listen_to_people(patches: Patches, recorder: Recorder) -> None:
    """Record how long ``Task(human_input=True)`` waits for its answer, of which there is no event."""
    with guard("crewai: human input"):
        from crewai.core.providers.human_input import SyncHumanInputProvider

        patches.replace(
            SyncHumanInputProvider, "_prompt_input", lambda original: staticmethod(_asked(original, patches, recorder))
        )
        patches.replace(
            SyncHumanInputProvider,
            "_prompt_input_async",
            lambda original: staticmethod(_asked_async(original, patches, recorder)),
        )


def _asked(original: Any, patches: Patches, recorder: Recorder) -> Any:
    @functools.wraps(original)
    def prompt_input(*args: Any, **kwargs: Any) -> Any:
        if not patches.is_active:
            return original(*args, **kwargs)
        with recorder.span(SpanKind.HUMAN, _FEEDBACK) as span:
            answer = original(*args, **kwargs)
            if span is not None:
                span.set_output(answer)
            return answer

    return prompt_input


def _asked_async(original: Any, patches: Patches, recorder: Recorder) -> Any:
    @functools.wraps(original)
    async def prompt_input_async(*args: Any, **kwargs: Any) -> Any:
        if not patches.is_active:
            return await original(*args, **kwargs)
        with recorder.span(SpanKind.HUMAN, _FEEDBACK) as span:
            answer = await original(*args, **kwargs)
            if span is not None:
                span.set_output(answer)
            return answer

    return prompt_input_async
