"""What is installed, what is switched on, what waits where, and what stands in the way; for ``agentops doctor``."""

import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from agentops.compatibility import known_versions, remarks
from agentops.plugins import Entry, PluginState, installed_version, plugins
from agentops.sdk.address import without_login
from agentops.sdk.config import SECRET_SETTINGS, Config
from agentops.sdk.outbox import Outbox, read_destination
from agentops.sdk.transport import Outcome, Transport
from agentops.version import __version__
from agentops.wire import list_segments
from agentops.wire.owner import owner_is_alive
from agentops.wire.segment import LOCAL

__all__ = ["Finding", "describe_plugins", "describe_settings", "describe_spool", "diagnose", "find_other_tracers"]

_OTHER_TRACERS: Final = {
    "langsmith": ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"),
    "crewai": ("CREWAI_TRACING_ENABLED",),
    "mlflow": ("MLFLOW_TRACKING_URI",),
}
"""Distributions that trace when one of these variables is set."""
_INSTRUMENTATION: Final = (
    "openinference-instrumentation-",
    "opentelemetry-instrumentation-",
    "traceloop-sdk",
    "langfuse",
)
_INSTRUMENTED: Final = ("langchain", "crewai", "autogen", "openai", "anthropic", "litellm", "traceloop", "langfuse")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at: ``ok``, ``note`` or ``problem``, and for the last two what to do."""

    level: str
    text: str
    fix: str = ""


def diagnose(config: Config) -> dict[str, Any]:
    """Look at everything.

    Returns:
        Plain data: ``agentops, location, python, platform, home, settings, plugins, spool, findings``.
    """
    spool = describe_spool(config.home)
    found = describe_plugins(config)
    findings = [
        _check_home(config.home),
        *_check_plugins(found),
        *_check_versions(found),
        *_check_spool(spool, config.disk_budget_bytes),
        _check_endpoint(config),
        *find_other_tracers(),
    ]
    return {
        "agentops": __version__,
        "location": str(Path(__file__).parent),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "home": str(config.home),
        "settings": describe_settings(config),
        "plugins": found,
        "spool": spool,
        "findings": [asdict(item) for item in findings],
    }


def describe_settings(config: Config) -> dict[str, object]:
    """Return the settings that differ from their defaults; of secrets only that they are set."""
    changed = {item.name: getattr(config, item.name) for item in fields(Config)}
    defaults = {item.name: item.default for item in fields(Config)}
    return {
        name: "(set)" if name in SECRET_SETTINGS else without_login(value) if isinstance(value, str) else value
        for name, value in changed.items()
        if value != defaults[name] and name != "home"
    }


def describe_plugins(config: Config) -> list[dict[str, Any]]:
    """Return each integration.

    ``name, framework, version, minimum, state, reason, trigger, extra, is_builtin``, ``tested`` (the oldest and the
    newest version that it was tested with; None if that is not known), and ``remarks`` on the versions that are
    installed: ``text, fix, is_bad`` each.
    """
    return [_describe_plugin(entry) for entry in plugins.survey(config)]


def _describe_plugin(entry: Entry) -> dict[str, Any]:
    integration = entry.integration
    extra = integration.extra or integration.name
    return {
        "name": integration.name,
        "framework": integration.distribution,
        "version": entry.version,
        "minimum": integration.minimum,
        "tested": known_versions(extra).get(integration.distribution),
        "state": entry.state,
        "reason": entry.reason,
        "trigger": integration.trigger,
        "extra": extra,
        "is_builtin": integration.is_builtin,
        "remarks": [asdict(item) for item in remarks(extra, installed_version)],
    }


def describe_spool(home: Path) -> list[dict[str, Any]]:
    """Return what lies in the spool, per destination.

    ``destination`` (its directory), ``url`` (None for this machine's own store), ``segments``, ``waiting_bytes``,
    ``rejected_bytes``, ``writers`` (processes that are recording now) and ``oldest_s`` (age of the oldest segment).
    """
    spool = home / "spool"
    directories = sorted(item for item in spool.iterdir() if item.is_dir()) if spool.is_dir() else []
    return [_describe_destination(item) for item in directories]


def _describe_destination(directory: Path) -> dict[str, Any]:
    segments, outbox = list_segments(directory), Outbox(directory, sends_partial=True)
    note = read_destination(directory)
    oldest_ns = min((int(item.name.partition("-")[0]) for item in segments), default=None)
    return {
        "destination": directory.name,
        "url": note.get("exporter_endpoint") or note.get("endpoint"),
        "segments": len(segments),
        "waiting_bytes": outbox.waiting_bytes(),
        "rejected_bytes": outbox.rejected_bytes(),
        "writers": len({item.process for item in segments if owner_is_alive(item)}),
        "oldest_s": None if oldest_ns is None else max(0, (time.time_ns() - oldest_ns) // 1_000_000_000),
    }


def _check_home(home: Path) -> Finding:
    nearest = next(item for item in (home, *home.parents) if item.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("ok", f"records are kept in {home}")
    return Finding(
        "problem",
        f"{home} cannot be written to; records go to the system's temporary directory instead",
        f"chown -R $USER {nearest}   # or: export AGENTOPS_HOME=<a directory of yours>",
    )


def _check_plugins(found: list[dict[str, Any]]) -> Iterable[Finding]:
    for item in found:
        name, fix = item["name"], f"pip install 'agentops[{item['extra']}]'"
        if item["state"] in {PluginState.TOO_OLD, PluginState.FAILED}:
            yield Finding("problem", f"{name} is not recorded: {item['reason']}", fix)
        elif item["state"] in {PluginState.READY, PluginState.ENABLED} and not item["is_builtin"]:
            how = item["reason"] or "on"
            yield Finding("ok", f"{name} is recorded ({item['framework']} {item['version']}; {how})")
    for name, reason in sorted(plugins.failures.items()):
        text = f"the plugin {name} cannot be loaded: {reason}"
        yield Finding("problem", text, f"pip install --upgrade agentops {name}")


def _check_versions(found: list[dict[str, Any]]) -> Iterable[Finding]:
    """Say what is to be said of the versions of frameworks that are recorded; once, if two integrations share one."""
    recorded = [item for item in found if item["state"] in {PluginState.READY, PluginState.ENABLED}]
    remarked = {remark["text"]: remark for item in recorded for remark in item["remarks"]}
    for remark in remarked.values():
        yield Finding("problem" if remark["is_bad"] else "note", remark["text"], remark["fix"])


def _check_spool(spool: list[dict[str, Any]], budget_bytes: int) -> Iterable[Finding]:
    for item in spool:
        if item["waiting_bytes"] + item["rejected_bytes"] >= budget_bytes:
            what = "local records" if item["destination"] == LOCAL else f"records for {item['url']}"
            text = f"{what} fill the disk budget of {budget_bytes / 1e6:,.0f} MB, so spans are kept without content"
            yield Finding("problem", text, "agentops sessions" if item["destination"] == LOCAL else "agentops push")
        if item["destination"] == LOCAL:
            if item["waiting_bytes"] > 100_000_000 and not item["writers"]:
                text = f"{item['waiting_bytes'] / 1e6:,.0f} MB of local records wait to be taken into the store"
                yield Finding("note", text, "agentops sessions")
            continue
        if item["waiting_bytes"] and not item["writers"]:
            text = f"{item['waiting_bytes'] / 1e3:,.1f} kB wait for {item['url']}, and no program is delivering them"
            yield Finding("note", text, "agentops push")
        if item["rejected_bytes"]:
            text = f"{item['rejected_bytes'] / 1e3:,.1f} kB were refused by {item['url']}"
            yield Finding("problem", text, "agentops push --rejected")


def _check_endpoint(config: Config) -> Finding:
    if config.endpoint is None and config.exporter_endpoint is None:
        return Finding("ok", "no endpoint is set, so everything stays on this machine")
    transport = Transport(config)
    answer = transport.authenticate() if config.api_key and config.endpoint else transport.send([])
    transport.close()
    if answer.outcome == Outcome.DELIVERED:
        return Finding("ok", f"{transport.shown_url} answers")
    is_about_key = "AGENTOPS_API_KEY" in answer.reason
    fix = "export AGENTOPS_API_KEY=<a key of that server>" if is_about_key else f"curl -v {transport.shown_url}"
    return Finding("problem", f"{answer.reason}; records wait on this machine until it does", fix)


def find_other_tracers() -> list[Finding]:
    """Find what else records the same calls, in this environment or in this process."""
    found = []
    for name, variables in _OTHER_TRACERS.items():
        active = [item for item in variables if os.environ.get(item, "").lower() not in {"", "0", "false"}]
        if active and installed_version(name):
            text = f"{name} traces the same calls, because {active[0]} is set"
            found.append(Finding("note", text, f"unset {active[0]}   # unless you want both"))
    for distribution in metadata.distributions():
        name = str(distribution.metadata["Name"] or "").lower()
        if name.startswith(_INSTRUMENTATION) and any(word in name for word in _INSTRUMENTED):
            text = f"{name} is installed and, where a program switches it on, records the same calls to its own place"
            found.append(Finding("note", text, f"pip uninstall {name}   # unless you want both"))
    return [*found, *_tracers_in_process()]


def _tracers_in_process() -> list[Finding]:
    """In a program that calls ``diagnose`` itself: which instrumentation is active right now."""
    prefix = "openinference.instrumentation."
    loaded = sorted(name for name in sys.modules if name.startswith(prefix) and name.count(".") == 2)
    return [
        Finding("note", f"{name} is active in this process and records the same calls", "call its uninstrument()")
        for name in loaded
    ]
