"""Which of LangChain's runs is current here: what LangChain itself keeps in its context variable."""

from langchain_core.runnables.config import var_child_runnable_config

from agentops import Span
from agentops_langchain.tracker import tracker

__all__ = ["current_run", "watch"]

_is_watching = False


def current_run() -> Span | None:
    """Return the span around the caller, where the caller was called by LangChain: in a tool, a node, a lambda."""
    config = var_child_runnable_config.get()
    # A callback manager bound to a run; a plain list of handlers where no run is around.
    run_id = getattr(config.get("callbacks"), "parent_run_id", None) if config is not None else None
    tree = tracker().tree
    return tree.holder(tree.runs.around(run_id))


def watch() -> None:
    """Let spans of others nest in LangChain's runs, also where a handler is used and the integration is not enabled."""
    global _is_watching
    if not _is_watching:
        _is_watching = True
        tracker().recorder.add_parent_resolver(current_run)
