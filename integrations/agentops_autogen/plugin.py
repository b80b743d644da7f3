"""What agentops is told about AutoGen; imports no part of it."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_autogen.install import install

    return install(recorder)


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration.

    It needs no ``agentops_current_parent``: each of its spans is made current, by our own context variable, wherever
    AutoGen runs the work of that span, be it a task of a runtime that was started elsewhere or an executor's thread.
    """
    return [
        Integration(
            name="autogen",
            distribution="autogen-agentchat",
            trigger="autogen_agentchat",
            minimum="0.6.4",
            install=_install,
        )
    ]
