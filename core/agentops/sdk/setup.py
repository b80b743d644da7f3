"""What ``init()`` does: reads the settings, loads the plugins, and puts a runtime for them in place.

Apart from ``agentops.sdk.api``, so that importing agentops loads nothing that only set-up needs.
"""

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentops.errors import ConfigurationError
from agentops.plugins import plugins
from agentops.sdk import process
from agentops.sdk.assembly import derive, make_runtime
from agentops.sdk.config import LOG_IN_HOME, Config, config_from_environment, is_fail_safe, updated, usable
from agentops.sdk.guard import logger
from agentops.sdk.session import Session

__all__ = ["begin", "begin_by_itself", "configure", "settings"]


def settings(given: dict[str, Any]) -> Config:
    """Return the environment's settings with the given ones on top; a value of None is not given.

    Raises:
        ConfigurationError: A name or value cannot be used; with ``fail_safe`` this is logged instead.
    """
    try:
        return updated(config_from_environment(), given)
    except ConfigurationError as error:
        if not (given.get("fail_safe") or is_fail_safe()):
            raise
        logger.error("agentops: %s It goes on without that.", error)
        return usable(given)


def configure(given: Mapping[str, Any]) -> None:
    """Put settings in force on top of those that are.

    Raises:
        ConfigurationError: As in ``settings()``.
    """
    current = process.current()
    begin(updated(current.config if current is not None else config_from_environment(), given))


def begin(config: Config) -> Session | None:
    """Put settings in force. The same settings again change nothing."""
    runtime = process.current()
    if runtime is None or runtime.config != config:
        _set_up_logging(config)
        plugins.discover()
        process.on_session_started[:] = [_say_url, *_implementations("agentops_session_started", config)]
        process.on_session_ended[:] = _implementations("agentops_session_ended", config)
        exporters = plugins.call_collected("agentops_exporters", config)
        runtime = derive(config, exporters)
        if runtime is None:
            process.span_filters[:] = plugins.call_collected("agentops_span_filters", config)
            runtime = make_runtime(config, exporters)
        process.replace(runtime)
    plugins.activate(config)
    return runtime.automatic_session() if config.auto_start_session and not config.disabled else None


def _implementations(hook: str, config: Config) -> list[Any]:
    found = getattr(plugins.manager.hook, hook).get_hookimpls()
    return [item.function for item in found if item.plugin_name not in config.disabled_plugins]


def _say_url(session: Session) -> None:
    """Say once per session where it can be seen, if it can be seen anywhere."""
    if session.runtime.config.log_session_replay_url and session.url is not None:
        logger.info("AgentOps: Session Replay for %s: %s", session.name, session.url)


def _set_up_logging(config: Config) -> None:
    """Let our own messages be seen, unless the program has set up the ``agentops`` logger itself."""
    logger.setLevel(config.log_level)
    if not logger.handlers and not logging.getLogger().handlers:
        handler = _StandardError()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    if config.logging_to_file and not any(isinstance(item, logging.FileHandler) for item in logger.handlers):
        path = config.home / "agentops.log" if config.logging_to_file == LOG_IN_HOME else config.logging_to_file
        try:
            config.home.mkdir(parents=True, exist_ok=True)
            logger.addHandler(logging.FileHandler(path, mode="a", encoding="utf-8"))
        except OSError as error:
            logger.warning(
                "agentops: logging_to_file: %s cannot be opened (%s); messages go to stderr only.", path, error
            )


if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[Any]
else:
    _StreamHandler = logging.StreamHandler  # takes no parameter before Python 3.11


class _StandardError(_StreamHandler):
    """Writes to whatever ``sys.stderr`` is at the moment, which programs and tests replace."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        """Never kept."""


def begin_by_itself() -> None:
    """What the first use of a decorator, a handler or ``start_session`` does where ``init()`` was not called."""
    try:
        config = config_from_environment()
    except ConfigurationError as error:
        logger.error("agentops: %s It goes on with the defaults.", error)
        config = updated(Config(), {})
    if config.auto_init:
        begin(config)
    else:
        process.replace(make_runtime(updated(config, {"disabled": True})))
