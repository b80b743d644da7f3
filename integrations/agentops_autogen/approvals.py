"""Being asked before code runs: a ``human`` span, since a person usually answers."""

import copy
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from agentops import Recorder, Span, guard
from agentops.patches import Patches
from agentops.semconv import SpanKind

__all__ = ["Approvals"]


class Approvals:
    """The approval functions of ``CodeExecutorAgent`` (since autogen-agentchat 0.7)."""

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        self.recorder = recorder
        self.patches = patches

    def asking(self, method: Callable[..., Awaitable[Any]]) -> Any:
        """Wrap ``execute_code_block``, which asks."""

        @functools.wraps(method)
        async def execute(agent: Any, *args: Any, **kwargs: Any) -> Any:
            target = agent
            with guard("autogen.approval"):
                ask = getattr(agent, "_approval_func", None)
                if ask is not None and self.patches.is_active:
                    # A copy, so that the agent keeps the function that it was given.
                    target = copy.copy(agent)
                    target._approval_func = self._recorded(ask)
            return await method(target, *args, **kwargs)

        return execute

    def _recorded(self, ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def ask_and_wait(request: Any) -> Any:
            with self._question(ask, request) as answered:
                answer = await ask(request)
                answered(answer)
            return answer

        def ask_at_once(request: Any) -> Any:
            with self._question(ask, request) as answered:
                answer = ask(request)
                answered(answer)
            return answer

        return ask_and_wait if inspect.iscoroutinefunction(ask) else ask_at_once

    @contextmanager
    def _question(self, ask: Callable[[Any], Any], request: Any) -> Iterator[Callable[[Any], None]]:
        name = getattr(ask, "__name__", None) or "approval"
        with self.recorder.span(SpanKind.HUMAN, name) as span:
            _note(span, Span.set_input, getattr(request, "code", None))
            yield lambda answer: _note(span, Span.set_output, answer)


def _note(span: Span | None, setter: Callable[[Span, object], None], value: object) -> None:
    if span is not None:
        with guard("autogen.approval"):
            setter(span, value)
