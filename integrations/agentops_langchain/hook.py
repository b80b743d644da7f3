"""Getting into every run without a ``config``: LangChain's own hook for handlers that are always there."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from langchain_core.tracers import context

from agentops import Recorder
from agentops_langchain.handler import AgentOpsCallbackHandler, EveryRunHandler
from agentops_langchain.tracker import use_recorder

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Record all runs from here on; returns the function that stops it.

    The handler is the default of a context variable, so that threads and tasks which never saw a context of ours have
    it, too. LangChain adds it only to runs that have no handler of the class yet.
    """
    use_recorder(recorder)
    handler: Any = EveryRunHandler()
    variable: ContextVar[Any] = ContextVar("agentops_langchain_handler", default=handler)
    context.register_configure_hook(variable, inheritable=True, handle_class=AgentOpsCallbackHandler)

    def undo() -> None:
        hooks = context._configure_hooks  # there is a way in, and no public way out
        hooks[:] = [hook for hook in hooks if hook[0] is not variable]

    return undo
