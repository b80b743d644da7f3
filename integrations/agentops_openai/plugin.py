"""What agentops has to know about the integration before the openai library is imported."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="openai",
            distribution="openai",
            minimum="1.100",
            trigger="openai",
            probe="AsyncOpenAI",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_openai.installation import install

    return install(recorder)
