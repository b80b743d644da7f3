"""Settings: each one's name, its environment variable, its default, and how a given value is read."""

import contextlib
import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from agentops.errors import ConfigurationError
from agentops.sdk.address import without_login
from agentops.sdk.tags import normalize_tags

__all__ = [
    "CONTENT_MODES",
    "LOG_IN_HOME",
    "Config",
    "config_from_environment",
    "is_fail_safe",
    "updated",
    "usable",
]

LOG_IN_HOME: Final = "agentops.log in AGENTOPS_HOME"
"""What ``logging_to_file=True`` becomes. AgentOps 0.4 wrote into the working directory, over what was there."""
CONTENT_MODES: Final = ("full", "metadata_only", "off")
_HOME: Final = Path("~/.agentops")
_TRUE: Final = {"1", "true", "yes", "on", "t", "y"}
_FALSE: Final = {"0", "false", "no", "off", "f", "n", ""}


def _bool(value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("true or false")


def _int(value: object) -> int:
    number = int(str(value))
    if number <= 0:
        raise ValueError("a whole number above 0")
    return number


def _names(value: object) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
    return tuple(str(item).strip() for item in items if str(item).strip())


def _tags(value: object) -> tuple[str, ...]:
    return tuple(normalize_tags(_names(value) if isinstance(value, str) else value))


def _url(value: object) -> str:
    text = str(value).rstrip("/")
    if not text.startswith(("http://", "https://")):
        raise ValueError("a URL that starts with http:// or https://")
    return text


def _mode(value: object) -> str:
    text = str(value).strip().lower()
    if text not in CONTENT_MODES:
        raise ValueError(" or ".join(CONTENT_MODES))
    return text


def _level(value: object) -> str:
    import logging

    text = logging.getLevelName(value) if isinstance(value, int) else str(value).strip().upper()
    if text not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError("DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return text


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((str(name), str(text)) for name, text in value.items())
    if not isinstance(value, str):
        return tuple((str(name), str(text)) for name, text in value)  # type: ignore[attr-defined]
    pairs = [item.partition("=") for item in _names(value)]
    if not all(name and sign for name, sign, _ in pairs):
        raise ValueError("a mapping, or text such as `Authorization=Basic abc,X-Project=1`")
    return tuple((name.strip(), text.strip()) for name, _, text in pairs)


def _log_file(value: object) -> str:
    """Read a path, or AgentOps 0.4's true and false."""
    text = str(value).strip()
    if text.lower() in _FALSE:
        return ""
    return LOG_IN_HOME if text.lower() in _TRUE else text


def _text(value: object) -> str:
    return str(value)


def _path(value: object) -> Path:
    return Path(str(value)).expanduser()


def _setting(variable: str | None, read: Callable[[Any], Any], default: Any = None, doc: str = "") -> Any:
    return field(default=default, metadata={"variable": variable, "read": read, "doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings in force. Each field is an argument of ``init()`` and, where it has one, an environment variable."""

    api_key: str | None = _setting("AGENTOPS_API_KEY", _text, doc="Key for `endpoint`; unused without one.")
    endpoint: str | None = _setting(
        "AGENTOPS_API_ENDPOINT", _url, doc="Base URL of an agentops server. None: record on this machine only."
    )
    exporter_endpoint: str | None = _setting(
        "AGENTOPS_EXPORTER_ENDPOINT", _url, doc="URL that takes OTLP/HTTP traces, of any OpenTelemetry backend."
    )
    exporter_headers: tuple[tuple[str, str], ...] = _setting(
        "AGENTOPS_EXPORTER_HEADERS", _headers, (), "Headers for `exporter_endpoint`: `name=value`, separated by commas."
    )
    app_url: str | None = _setting("AGENTOPS_APP_URL", _url, doc="Base URL of the pages that session links lead to.")
    default_tags: tuple[str, ...] = _setting("AGENTOPS_DEFAULT_TAGS", _tags, (), "Tags of every session.")
    trace_name: str | None = _setting("AGENTOPS_TRACE_NAME", _text, doc="Name of the automatic session.")
    instrument_llm_calls: bool = _setting(
        "AGENTOPS_INSTRUMENT_LLM_CALLS", _bool, True, "Enable integrations for frameworks in use."
    )
    auto_start_session: bool = _setting(
        "AGENTOPS_AUTO_START_SESSION", _bool, True, "Record what happens outside explicit sessions in an automatic one."
    )
    auto_init: bool = _setting(
        "AGENTOPS_AUTO_INIT", _bool, True, "Initialise by itself when a decorator or handler is used before init()."
    )
    skip_auto_end_session: bool = _setting(
        "AGENTOPS_SKIP_AUTO_END_SESSION", _bool, False, "Leave sessions open at exit that nobody ended."
    )
    env_data_opt_out: bool = _setting(
        "AGENTOPS_ENV_DATA_OPT_OUT", _bool, False, "Leave out host, system, command and process data."
    )
    log_level: str = _setting("AGENTOPS_LOG_LEVEL", _level, "INFO", "Level of the `agentops` logger.")
    logging_to_file: str | None = _setting(
        "AGENTOPS_LOGGING_TO_FILE",
        _log_file,
        doc="File that agentops' own log messages are appended to; `true`: `agentops.log` in `AGENTOPS_HOME`.",
    )
    fail_safe: bool = _setting("AGENTOPS_FAIL_SAFE", _bool, False, "Log set-up errors instead of raising them.")
    log_session_replay_url: bool = _setting(
        "AGENTOPS_LOG_SESSION_REPLAY_URL", _bool, True, "Say each session's address when it starts, if it has one."
    )
    max_wait_time: int = _setting(
        "AGENTOPS_MAX_WAIT_TIME", _int, 5000, "Milliseconds after which records are delivered at the latest."
    )
    export_flush_interval: int = _setting(
        "AGENTOPS_EXPORT_FLUSH_INTERVAL", _int, 1000, "Milliseconds between deliveries to an endpoint."
    )
    max_queue_size: int = _setting(
        "AGENTOPS_MAX_QUEUE_SIZE", _int, 200_000, "Spans that may wait in memory; beyond it content goes first."
    )
    prefetch_jwt_token: bool = _setting(
        "AGENTOPS_PREFETCH_JWT_TOKEN",
        _bool,
        False,
        "Fetch the endpoint's token at init() instead of at first delivery.",
    )
    capture_content: str = _setting(
        "AGENTOPS_CAPTURE_CONTENT", _mode, "full", "`full`, `metadata_only` (no inputs and outputs) or `off`."
    )
    integrations: tuple[str, ...] | None = _setting(
        "AGENTOPS_INTEGRATIONS", _names, doc="Names of the integrations to enable; None: all that are in use."
    )
    disabled_plugins: tuple[str, ...] = _setting(
        "AGENTOPS_DISABLED_PLUGINS", _names, (), "Names of plugins and integrations that stay off."
    )
    disabled: bool = _setting("AGENTOPS_DISABLED", _bool, False, "Record nothing at all.")
    home: Path = _setting(  # noqa: RUF009 - it returns a field
        "AGENTOPS_HOME", _path, _HOME, "Directory of the spool and the local store."
    )
    disk_budget_bytes: int = _setting(
        "AGENTOPS_DISK_BUDGET_BYTES", _int, 1_000_000_000, "Size at which the spool drops content, then spans."
    )
    redact: bool = _setting("AGENTOPS_REDACT", _bool, True, "Remove keys and tokens of known shapes before the disk.")
    environment: str | None = _setting("AGENTOPS_ENVIRONMENT", _text, doc="Deployment environment, as in `production`.")
    service_name: str | None = _setting("OTEL_SERVICE_NAME", _text, doc="Name of the program; default: its script.")
    service_version: str | None = _setting("AGENTOPS_SERVICE_VERSION", _text, doc="Version or release of the program.")

    @property
    def captures_content(self) -> bool:
        """Whether inputs and outputs are recorded."""
        return self.capture_content == "full"


SECRET_SETTINGS: Final = frozenset({"api_key", "exporter_headers"})
"""Settings whose values are never shown."""
_FIELDS: Final = {item.name: item for item in fields(Config)}
_OTHER_NAMES: Final = {"tags": "default_tags"}


def updated(config: Config, values: Mapping[str, Any]) -> Config:
    """Return settings with some of them changed; a value of None leaves a setting as it is.

    Raises:
        ConfigurationError: A name is not a setting, or a value cannot be used.
    """
    changes: dict[str, Any] = {}
    for given, value in values.items():
        name = _OTHER_NAMES.get(given, given)
        if name not in _FIELDS:
            raise ConfigurationError(_unknown(given))
        if value is None:
            continue
        read = _read(name, value, f"{given}=")
        changes[name] = (*changes.get(name, ()), *read) if name == "default_tags" else read
    if "default_tags" in changes:
        changes["default_tags"] = tuple(dict.fromkeys(changes["default_tags"]))
    return replace(config, **changes)


def config_from_environment(environment: Mapping[str, str] = os.environ) -> Config:
    """Return the settings that environment variables and defaults give.

    Raises:
        ConfigurationError: A variable has a value that cannot be used.
    """
    changes = {}
    for name, item in _FIELDS.items():
        variable = item.metadata["variable"]
        text = environment.get(variable) if variable else None
        if text:
            changes[name] = _read(name, text, f"{variable}=")
    config = replace(Config(), **changes)
    return replace(config, home=config.home.expanduser())


def is_fail_safe(environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether the environment asks for set-up errors to be logged, whatever else is wrong in it."""
    return environment.get("AGENTOPS_FAIL_SAFE", "").strip().lower() in _TRUE


def usable(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Config:
    """Return the settings with whatever cannot be used left out; for ``fail_safe``."""
    config = replace(Config(), home=Config().home.expanduser())
    variables = {item.metadata["variable"]: name for name, item in _FIELDS.items()}
    sources = [(variables[key], text) for key, text in environment.items() if key in variables and text]
    for name, value in [*sources, *given.items()]:
        with contextlib.suppress(ConfigurationError):
            config = updated(config, {name: value})
    return config


def _read(name: str, value: Any, shown: str) -> Any:
    try:
        return _FIELDS[name].metadata["read"](value)
    except ConfigurationError:
        raise
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{shown}{_shown(name, value)} cannot be used: it must be {error}.") from None


def _shown(name: str, value: Any) -> str:
    """A value in a message: of secrets only that there is one."""
    if name in SECRET_SETTINGS:
        return "(not shown)"
    return repr(without_login(value) if isinstance(value, str) else value)


def _unknown(name: str) -> str:
    known = sorted([*_FIELDS, *_OTHER_NAMES])
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}."
    return f"init() has no argument {name!r}; {hint}"
