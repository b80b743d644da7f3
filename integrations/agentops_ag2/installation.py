"""Switching on and off: a middleware of ours around those of every turn, without touching an agent."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ag2 import Agent

from agentops import Recorder, guard
from agentops.patches import Patches
from agentops_ag2.middleware import RecordingMiddleware

__all__ = ["install"]


def install(recorder: Recorder) -> Callable[[], None]:
    """Record every turn from now on, of agents that exist already included."""
    patches = Patches()

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def turn(agent: Agent[Any], *args: Any, **kwargs: Any) -> Any:
            if patches.is_active:
                with guard("ag2.turn_scope"):
                    given = kwargs.get("additional_middleware") or ()
                    config = kwargs.get("config") or agent.config
                    # The last is the innermost: it sees a turn as the user's own middleware leaves it.
                    ours = functools.partial(RecordingMiddleware, recorder=recorder, agent=agent, model=_model(config))
                    kwargs["additional_middleware"] = (*given, ours)
            return original(agent, *args, **kwargs)

        return turn

    patches.replace(Agent, "_turn_scope", make)
    return patches.undo


def _model(config: Any) -> tuple[str | None, str | None]:
    """Return the names of model and provider; a configuration that does not say raises."""
    model = provider = None
    with suppress(NotImplementedError, AttributeError):
        model = config.model
    with suppress(NotImplementedError, AttributeError):
        provider = str(getattr(config.provider, "value", config.provider))
    return model, provider
