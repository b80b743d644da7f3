"""What agentops has to know about the integration before litellm is imported."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="litellm",
            distribution="litellm",
            minimum="1.80",
            trigger="litellm",
            probe="acompletion",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_litellm.installation import install

    return install(recorder)
