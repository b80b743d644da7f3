"""What agentops is told about Pydantic AI; imports no part of it."""

import sys
from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, Span, hookimpl

__all__ = ["agentops_current_parent", "agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="pydantic-ai",
            distribution="pydantic-ai-slim",
            minimum="1.0.12",
            trigger="pydantic_ai",
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
    from agentops_pydantic_ai.installation import install

    return install(recorder)
