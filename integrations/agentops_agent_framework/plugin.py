"""What agentops is told about Microsoft Agent Framework; imports no part of it."""

import sys
from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, Span, hookimpl

__all__ = ["agentops_current_parent", "agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="agent-framework",
            distribution="agent-framework-core",
            minimum="1.11",
            trigger="agent_framework",
            probe="Agent",
            install=_install,
        )
    ]


@hookimpl
def agentops_current_parent() -> Span | None:
    """Return the span of ours that stands for the framework's span which is current here."""
    tracing = sys.modules.get("agentops_opentelemetry.tracing")
    return tracing.current_place() if tracing is not None else None


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_agent_framework.installation import install

    return install(recorder)
