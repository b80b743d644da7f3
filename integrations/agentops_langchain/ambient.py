"""Which of LangChain's runs is current here: what LangChain itself keeps in its context variable."""

from langchain_core.runnables.config import var_child_runnable_config

from agentops import Span
from agentops_langchain.tracker import tracker

__all__ = ["current_run"]


def current_run() -> Span | None:
    """Return the span around the caller, where the caller was called by LangChain: in a tool, a node, a lambda."""
    config = var_child_runnable_config.get()
    if config is None:
        return None
    # A callback manager bound to a run; a plain list of handlers where no run is around.
    run_id = getattr(config.get("callbacks"), "parent_run_id", None)
    return None if run_id is None else tracker().recorder.get(run_id)
