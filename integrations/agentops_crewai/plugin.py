"""What agentops is told about CrewAI; imports no part of it, which alone would take seconds."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration.

    It needs no ``agentops_current_parent``: CrewAI announces a run in the very context in which the run goes on, so
    each span is made current there by our own context variable.
    """
    return [
        Integration(
            name="crewai",
            distribution="crewai",
            minimum="1.11",
            trigger="crewai",
            probe="Crew",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_crewai.installation import install

    return install(recorder)
