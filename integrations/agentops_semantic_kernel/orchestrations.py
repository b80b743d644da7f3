"""Orchestrations: several agents that a runtime runs, each message in the context in which the runtime was started.

An orchestration tells all that belong to one of its runs apart by a topic, which is part of the ids of its agents.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agentops import Recorder, Span, activate, guard
from agentops.patches import Patches
from agentops.semconv import SpanKind
from agentops_semantic_kernel.contents import said_in

__all__ = ["Orchestrations"]


@dataclass(slots=True)
class _Run:
    """A run of an orchestration: it is over when there is an outcome and no agent is at work any more.

    An agent gives the outcome while it works; what it has begun ends first.
    """

    span: Span
    working: int = 0
    is_decided: bool = False
    output: object = None
    error: BaseException | None = None

    def end_if_over(self, recorder: Recorder) -> None:
        if self.is_decided and not self.working and not self.span.has_ended:
            recorder.end(self.span, output=self.output, error=self.error)


class Orchestrations:
    """Each run of an orchestration is a ``workflow`` span, known by its topic; its agents run below it."""

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        self._recorder = recorder
        self._patches = patches
        self._runs: dict[str, _Run] = {}

    def prepare(self, method: Callable[..., Awaitable[None]]) -> Any:
        """Wrap ``_prepare``, which is given the topic, and whom to tell of the result."""

        @functools.wraps(method)
        async def prepare(
            orchestration: Any,
            runtime: Any,
            internal_topic_type: str,
            exception_callback: Callable[[BaseException], None],
            result_callback: Callable[[Any], Awaitable[None]],
        ) -> None:
            if not self._patches.is_active:
                await method(orchestration, runtime, internal_topic_type, exception_callback, result_callback)
                return

            def failed(error: BaseException) -> None:
                with guard("semantic_kernel.orchestration"):
                    self._decide(internal_topic_type, error=error)
                exception_callback(error)

            async def answered(result: Any) -> None:
                with guard("semantic_kernel.orchestration"):
                    self._decide(internal_topic_type, output=said_in(result))
                await result_callback(result)

            name = orchestration.name or type(orchestration).__name__
            span = self._recorder.start(SpanKind.WORKFLOW, name)
            if span is not None:
                self._runs[internal_topic_type] = _Run(span)
            with activate(span):
                await method(orchestration, runtime, internal_topic_type, failed, answered)

        return prepare

    def start(self, method: Callable[..., Awaitable[None]]) -> Any:
        """Wrap ``_start``, which is given the task."""

        @functools.wraps(method)
        async def start(orchestration: Any, task: Any, runtime: Any, topic: str, cancellation_token: Any) -> None:
            run = self._runs.get(topic)
            if run is not None:
                with guard("semantic_kernel.orchestration"):
                    run.span.set_input(said_in(task))
                    cancellation_token.add_callback(lambda: self._decide(topic, error=asyncio.CancelledError()))
            try:
                with activate(run.span if run is not None else None):
                    await method(orchestration, task, runtime, topic, cancellation_token)
            except BaseException as error:
                with guard("semantic_kernel.orchestration"):
                    self._decide(topic, error=error)
                raise

        return start

    def message(self, method: Callable[..., Awaitable[Any]]) -> Any:
        """Wrap an agent's handling of a message: what it does is part of its orchestration's run."""

        @functools.wraps(method)
        async def on_message_impl(actor: Any, message: Any, ctx: Any) -> Any:
            run = self._runs.get(str(actor.id.type).rpartition("_")[2])
            if run is None or run.span.has_ended:
                return await method(actor, message, ctx)
            run.working += 1
            try:
                with activate(run.span):
                    return await method(actor, message, ctx)
            finally:
                run.working -= 1
                run.end_if_over(self._recorder)

        return on_message_impl

    def _decide(self, topic: str, *, output: object = None, error: BaseException | None = None) -> None:
        run = self._runs.pop(topic, None)
        if run is not None:
            run.is_decided, run.output, run.error = True, output, error
            run.end_if_over(self._recorder)
