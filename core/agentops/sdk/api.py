"""The functions that a program calls: ``init``, sessions, ``enable`` and ``disable``."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentops.sdk import process
from agentops.sdk.context import CURRENT
from agentops.sdk.guard import logger
from agentops.sdk.session import Session
from agentops.sdk.tags import Tags
from agentops.semconv import State

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from agentops.sdk.arguments import FurtherSettings, Settings

__all__ = [
    "configure",
    "current_session",
    "disable",
    "enable",
    "end_all_sessions",
    "end_session",
    "end_trace",
    "flush",
    "init",
    "is_enabled",
    "start_session",
    "start_trace",
    "update_trace_metadata",
]


def init(  # noqa: PLR0917 - the order of AgentOps 0.4, whose callers give some by position
    api_key: str | None = None,
    endpoint: str | None = None,
    app_url: str | None = None,
    max_wait_time: int | None = None,
    max_queue_size: int | None = None,
    tags: Tags | None = None,
    default_tags: Tags | None = None,
    trace_name: str | None = None,
    instrument_llm_calls: bool | None = None,
    auto_start_session: bool | None = None,
    auto_init: bool | None = None,
    skip_auto_end_session: bool | None = None,
    env_data_opt_out: bool | None = None,
    log_level: str | int | None = None,
    fail_safe: bool | None = None,
    log_session_replay_url: bool | None = None,
    exporter_endpoint: str | None = None,
    **settings: "Unpack[FurtherSettings]",
) -> Session | None:
    """Begin to record; frameworks in use are recorded from here on.

    Without ``endpoint`` or ``exporter_endpoint`` everything stays on this machine, whatever ``api_key`` says. Calling
    it again with other settings really switches: new sessions follow the new settings, running ones end as they began,
    and integrations that are no longer asked for are taken out.

    Every argument is a field of ``agentops.Config``, which says what it means; None leaves it as the environment has
    it. ``tags`` is another name of ``default_tags``; given both, both count. ``settings`` takes the further fields.

    Returns:
        The automatic session, or None when ``auto_start_session`` is off or recording is disabled.

    Raises:
        ConfigurationError: An argument or environment variable is unknown or cannot be used; with ``fail_safe``
            this is logged instead.
    """
    given = {**locals(), **settings}
    del given["settings"]
    from agentops.sdk import setup

    return setup.begin(setup.settings(given))


def configure(**settings: "Unpack[Settings]") -> None:
    """Change settings; takes effect as ``init()`` with these on top of the settings in force would.

    Raises:
        ConfigurationError: As in ``init()``.
    """
    from agentops.sdk import setup

    setup.configure(settings)


def start_session(
    name: str | None = None,
    tags: Tags | None = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    user: str | None = None,
) -> Session:
    """Start a session of its own and make it the caller's current one. Usable with ``with`` and ``async with``.

    Args:
        name: Name of the session. A list in this place is taken as the tags, as AgentOps' older clients pass it.
        tags: Strings, or a mapping (``env: prod`` becomes ``env:prod``); added to ``default_tags``.
        metadata: Values kept with the session.
        user: Id of the user that the session serves.

    Raises:
        ConfigurationError: The tags are not text.
    """
    if name is not None and not isinstance(name, str):
        name, tags = None, name
    session = process.runtime().start_session(name, tags, metadata, user)
    CURRENT.set(session.root)
    return session


def end_session(
    session_or_status: object = None,
    end_state: object = None,
    end_state_reason: str | None = None,
    *,
    is_auto_end: bool = False,
) -> None:
    """End the caller's session, or the one given. A session of another thread or task is never touched.

    Args:
        session_or_status: A ``Session``, or an end state in any spelling.
        end_state: The state, where the first argument is a session or left out; ``success`` if none is given.
        end_state_reason: A sentence kept beside the state.
        is_auto_end: Whether a framework calls this on its own account; then ``skip_auto_end_session`` keeps it open.
    """
    if isinstance(session_or_status, Session):
        session: Session | None = session_or_status
    else:
        session = current_session()
        end_state = session_or_status if session_or_status is not None else end_state
    if session is None:
        logger.warning("agentops: end_session() was called where no session is running; nothing was ended.")
        return
    if is_auto_end and session.runtime.config.skip_auto_end_session:
        return
    session.end(end_state if end_state is not None else State.SUCCESS, reason=end_state_reason)


def start_trace(trace_name: str = "session", tags: Tags | None = None) -> Session:
    """Start a session; AgentOps 0.4's name of ``start_session``."""
    return start_session(trace_name, tags)


def end_trace(trace_context: Session | None = None, end_state: object = State.SUCCESS) -> None:
    """End a session, the caller's own if none is given; AgentOps 0.4's name of ``end_session``."""
    end_session(trace_context, end_state) if trace_context is not None else end_session(None, end_state)


def end_all_sessions() -> None:
    """End every session that is open in this process, as ``indeterminate``."""
    runtime = process.current()
    if runtime is not None:
        runtime.end_all_sessions()


def current_session() -> Session | None:
    """Return the session that an event recorded here would belong to; None if there is none."""
    runtime = process.current()
    return runtime.current_session() if runtime is not None else None


def update_trace_metadata(metadata: Mapping[str, Any], prefix: str = "trace.metadata") -> bool:
    """Merge values, also nested ones, into the metadata of the caller's session; False if there is none.

    ``prefix`` is accepted for AgentOps 0.4's sake: a prefix other than its default becomes part of the names.
    """
    session = current_session()
    if session is None:
        logger.warning("agentops: update_trace_metadata() was called where no session is running; nothing was kept.")
        return False
    plain = prefix in {"", "trace.metadata"}
    session.set_metadata(metadata if plain else {f"{prefix}.{key}": value for key, value in metadata.items()})
    return True


def flush(timeout_s: float | None = 5.0, *, delivered: bool = False) -> bool:
    """Wait until what was recorded so far is on the disk and, if asked, with the endpoint.

    Args:
        timeout_s: Seconds to wait; None waits for as long as it takes.
        delivered: Whether to wait for the endpoint too. Without an endpoint there is nothing more to wait for.

    Returns:
        False when the time ran out.
    """
    end = None if timeout_s is None else time.monotonic() + timeout_s

    def left() -> float | None:
        return None if end is None else max(0.0, end - time.monotonic())

    # Also of settings before these: their sessions may still be running.
    runtimes = process.runtimes()
    answers = [item.sink.flush(left()) for item in runtimes]
    if delivered and all(answers):
        answers = [item.delivery.flush(left()) for item in runtimes if item.delivery is not None]
    return all(answers)


def enable(name: str) -> None:
    """Enable one integration by name, such as ``crewai``, whether or not its framework is imported yet.

    Raises:
        PluginError: There is none of that name or it cannot be enabled; the text says what to install.
    """
    from agentops.plugins import plugins

    process.runtime()
    plugins.enable(name)


def is_enabled(name: str) -> bool:
    """Say whether an integration of this name is recording now."""
    from agentops.plugins import PluginState, plugins

    entry = plugins.entries.get(name)
    return entry is not None and entry.state == PluginState.ENABLED


def disable(name: str | None = None) -> None:
    """Disable an integration, and leave the framework as it was. Without a name: all of them, and our threads end.

    What is recorded by hand goes on being recorded; ``init()`` or ``enable()`` switches integrations on again.

    Raises:
        PluginError: There is none of that name.
    """
    from agentops.plugins import plugins

    plugins.disable(name)
    if name is None:
        process.rest()
