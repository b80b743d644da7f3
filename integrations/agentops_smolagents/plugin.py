"""What agentops is told about smolagents; imports no part of it."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="smolagents",
            distribution="smolagents",
            minimum="1.20",
            trigger="smolagents",
            probe="CodeAgent",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_smolagents.installation import install

    return install(recorder)
