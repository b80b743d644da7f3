"""Model calls of which CrewAI emits no event: those of a ``BaseLLM`` that a program has written itself.

CrewAI's own clients emit; a subclass emits only if its author calls ``_emit_call_started_event`` and its like. So we
look on where an agent asks its model, and record the call when nothing was said of it meanwhile.
"""

import functools
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from crewai.llms.base_llm import BaseLLM
from crewai.utilities import agent_utils

from agentops import Recorder, Span, guard
from agentops.patches import Patches
from agentops.semconv import GenAI, SpanKind
from agentops_crewai.model_calls import input_messages, output_messages, reported_usage, usage

__all__ = ["emitted", "listen_to_own_models"]

_CALLERS: Final = (
    "crewai.agents.agent_executor",
    "crewai.agents.crew_agent_executor",
    "crewai.experimental.agent_executor",
    "crewai.lite_agent",
)
"""Modules that hold the functions under names of their own, in one version or another."""
_emissions: ContextVar[list[None] | None] = ContextVar("agentops_crewai_emissions", default=None)


def emitted() -> None:
    """Take notice that CrewAI has told of a model call here."""
    emissions = _emissions.get()
    if emissions is not None:
        emissions.append(None)


def listen_to_own_models(patches: Patches, recorder: Recorder) -> None:
    """Look on where agents ask their models, and where clients report their usage."""
    patches.replace(BaseLLM, "_track_token_usage_internal", lambda original: _noting_usage(original, patches))
    for module in (agent_utils, *(sys.modules.get(name) for name in _CALLERS)):
        for name in ("get_llm_response", "aget_llm_response"):
            if module is not None:
                patches.replace(module, name, lambda original: _looking_on(original, patches, recorder))


def _noting_usage(original: Any, patches: Patches) -> Any:
    """Keep what a client reports for the end of its call; before 1.15 the event does not carry it."""

    @functools.wraps(original)
    def track(self: Any, usage_data: Any, *args: Any, **kwargs: Any) -> Any:
        if patches.is_active:
            reported_usage.set(usage_data)
        return original(self, usage_data, *args, **kwargs)

    return track


def _looking_on(original: Any, patches: Patches, recorder: Recorder) -> Any:
    parameters = inspect.signature(original)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def ask_async(*args: Any, **kwargs: Any) -> Any:
            if not patches.is_active:
                return await original(*args, **kwargs)
            with _look_on(recorder, parameters, args, kwargs) as answers:
                answers.append(await original(*args, **kwargs))
                return answers[0]

        return ask_async

    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> Any:
        if not patches.is_active:
            return original(*args, **kwargs)
        with _look_on(recorder, parameters, args, kwargs) as answers:
            answers.append(original(*args, **kwargs))
            return answers[0]

    return ask


@contextmanager
def _look_on(
    recorder: Recorder, parameters: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[list[Any]]:
    """Record what happens in the block as a model call, unless an event tells of it. Put the answer in the list."""
    emissions: list[None] = []
    before = _emissions.get()
    _emissions.set(emissions)
    reported_usage.set(None)
    answers: list[Any] = []
    around = recorder.current()
    began_ns = around.session.now_ns() if around is not None else None
    error: BaseException | None = None
    try:
        yield answers
    except BaseException as raised:
        error = raised
        raise
    finally:
        _emissions.set(before)
        if not emissions:
            with guard("crewai: own model"):
                given = parameters.bind(*args, **kwargs).arguments
                span = _open_call(recorder, given["llm"], given["messages"], began_ns)
                output = output_messages(answers[0], None) if answers else None
                tokens = usage(reported_usage.get()).attributes()
                if span is not None:
                    recorder.end(span, output=output, error=error, attributes=tokens)


def _open_call(recorder: Recorder, llm: Any, messages: Any, began_ns: int | None) -> Span | None:
    model = getattr(llm, "model", None) or type(llm).__name__
    # Its ``provider`` is not asked for: CrewAI says "openai" of every class that does not say otherwise.
    return recorder.start(
        SpanKind.LLM,
        model,
        input=input_messages(messages),
        start_ns=began_ns,
        attributes={GenAI.REQUEST_MODEL: model},
    )
