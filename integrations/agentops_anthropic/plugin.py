"""What agentops has to know about the integration before the anthropic library is imported."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="anthropic",
            distribution="anthropic",
            minimum="0.70",
            trigger="anthropic",
            probe="AsyncAnthropic",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_anthropic.installation import install

    return install(recorder)
