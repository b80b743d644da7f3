"""What agentops reads at start-up. It imports no framework: that is what ``trigger`` is for."""

from collections.abc import Callable, Iterable

from agentops import Integration, Recorder, hookimpl

__all__ = ["agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="tiny-agents",
            distribution="agentops-tiny-agents",
            minimum="0.1",
            trigger="tiny_agents",
            probe="listeners",
            install=_install,
        )
    ]


def _install(recorder: Recorder) -> Callable[[], None]:
    """Listen to every agent; returns what takes the listener away again."""
    import tiny_agents

    from agentops_tiny_agents.listener import Listener

    listener = Listener(recorder)
    tiny_agents.listeners.append(listener)
    return lambda: tiny_agents.listeners.remove(listener)
