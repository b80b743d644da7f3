"""What agentops is told about AG2; imports no part of it."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration: AG2 1, whose module has the distribution's name, not the AutoGen of its version 0."""
    return [
        Integration(
            name="ag2",
            distribution="ag2",
            minimum="1.0.5",
            trigger="ag2",
            probe="Agent",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_ag2.installation import install

    return install(recorder)
