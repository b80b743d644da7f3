"""What agentops has to know about the integration before the OpenAI Agents SDK is imported."""

import sys
from collections.abc import Callable, Hashable, Iterable

from agentops import Integration, Recorder, Span, hookimpl

__all__ = ["agentops_current_parent", "agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="openai-agents",
            distribution="openai-agents",
            minimum="0.14",
            trigger="agents",
            probe="add_trace_processor",
            install=_install,
        )
    ]


@hookimpl
def agentops_current_parent() -> Hashable | Span | None:
    """Return the id of the SDK's span, or else of its trace, that is current in the calling context."""
    tracing = sys.modules.get("agents.tracing")
    if tracing is None:
        return None
    current = tracing.get_current_span() or tracing.get_current_trace()
    if current is None:
        return None
    found: Hashable = getattr(current, "key", None) or getattr(current, "span_id", None) or current.trace_id
    return found


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_openai_agents.installation import install

    return install(recorder)
