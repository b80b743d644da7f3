"""What agentops is told about Semantic Kernel; imports no part of it."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="semantic-kernel",
            distribution="semantic-kernel",
            minimum="1.39",
            trigger="semantic_kernel",
            probe="Kernel",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_semantic_kernel.installation import install

    return install(recorder)
