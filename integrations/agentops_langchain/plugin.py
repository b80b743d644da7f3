"""The plugin: what agentops is told of this integration before LangChain is imported."""

import sys
from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, Span, hookimpl

__all__ = ["agentops_current_parent", "agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration of LangChain and LangGraph, which share one system of callbacks."""
    yield Integration(
        name="langchain",
        distribution="langchain-core",
        trigger="langchain_core",
        probe="__path__",
        minimum="1.0",
        install=_install,
    )


@hookimpl
def agentops_current_parent() -> Span | None:
    """Return the run of LangChain's that is current here; None while LangChain has not run."""
    ambient = sys.modules.get("agentops_langchain.ambient")
    span: Span | None = ambient.current_run() if ambient is not None else None
    return span


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_langchain.hook import install

    return install(recorder)
