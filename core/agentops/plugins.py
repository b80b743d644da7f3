"""Finding plugins, and switching their integrations on when their framework is in use.

Entry-point metadata is read at ``init()``; a plugin that cannot be imported is reported once and the others go on.
"""

import importlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from typing import Any, Final, cast

import pluggy

from agentops import hookspecs
from agentops.compatibility import as_numbers
from agentops.errors import PluginError
from agentops.hookspecs import Integration
from agentops.sdk import process
from agentops.sdk.config import Config
from agentops.sdk.guard import attempt, logger, say_once
from agentops.sdk.import_hook import ImportHook
from agentops.sdk.recorder import Recorder

__all__ = ["GROUP", "Entry", "PluginState", "Plugins", "installed_version", "plugins"]

GROUP: Final = "agentops"


class PluginState:
    """Where an integration stands, in the order in which it is found out."""

    BLOCKED: Final = "blocked"
    ABSENT: Final = "framework absent"
    TOO_OLD: Final = "too old"
    FAILED: Final = "failed"
    READY: Final = "ready"
    ENABLED: Final = "enabled"


def installed_version(distribution: str) -> str | None:
    """Return the installed version of a distribution; None if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


@dataclass(slots=True)
class Entry:
    """An integration and where it stands."""

    integration: Integration
    plugin: object
    state: str = PluginState.READY
    reason: str = ""
    is_by_hand: bool = False
    """Whether ``enable()`` was called for it; then only ``disable()``, ``disabled_plugins`` and ``disabled`` end it."""
    undo: list[Callable[[], None]] = field(default_factory=list)
    stop_waiting: Callable[[], None] | None = None

    @property
    def version(self) -> str | None:
        """Installed version of the framework; None if it is not installed."""
        return installed_version(self.integration.distribution)

    def wait_no_longer(self) -> None:
        """Do not enable it any more when its framework is imported."""
        if self.stop_waiting is not None:
            self.stop_waiting()
            self.stop_waiting = None


class Plugins:
    """All plugins of the process."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.entries: dict[str, Entry] = {}
        self.failures: dict[str, str] = {}
        self._hook = ImportHook()
        self._has_discovered = False

    def discover(self) -> None:
        """Read entry points and register their plugins; once per process."""
        if self._has_discovered:
            return
        self._has_discovered = True
        for point in sorted(metadata.entry_points(group=GROUP), key=lambda item: item.name):
            if not self.manager.has_plugin(point.name):
                module = attempt(_load, partial(self._failed, point.name), point.value)
                if module is not None:
                    self.register(module, point.name)

    def register(self, plugin: object, name: str) -> None:
        """Register a plugin by hand; what its entry point would have done.

        Raises:
            PluginError: It implements a hook in a way that cannot be called.
        """
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            self.manager.unregister(name=name)
            raise PluginError(f"plugin {name!r} cannot be used: {error}") from error
        describe: Callable[[], Iterable[Integration]] = getattr(plugin, "agentops_integrations", tuple)
        for integration in attempt(describe, partial(self._failed, name)) or ():
            self.entries.setdefault(integration.name, Entry(integration, plugin))

    def activate(self, config: Config) -> None:
        """Enable what the settings ask for: now what is imported already, the rest when it is imported.

        What settings before these asked for, and these do not, is disabled first.
        """
        self.discover()
        for entry in self.entries.values():
            self._withdraw(entry, config)
        for entry in self.entries.values():
            if entry.state != PluginState.ENABLED:
                self._consider(entry, config)

    def enable(self, name: str) -> None:
        """Enable an integration now, importing its framework; beside any others.

        Raises:
            PluginError: There is none of that name, or it cannot be enabled; the text says why and what to install.
        """
        self.discover()
        entry = self._entry(name)
        if entry.state == PluginState.ENABLED:
            entry.is_by_hand = True
            return
        self._check_installed(entry)
        if entry.state in {PluginState.ABSENT, PluginState.TOO_OLD}:
            extra = entry.integration.extra or entry.integration.name
            raise PluginError(f"{name} cannot be enabled: {entry.reason}; run: pip install 'agentops[{extra}]'")
        entry.wait_no_longer()
        try:
            importlib.import_module(entry.integration.trigger)
        except ImportError as error:
            trigger = entry.integration.trigger
            raise PluginError(f"{name} cannot be enabled: importing {trigger} failed: {error}") from error
        self._install(entry)
        if entry.state == PluginState.FAILED:
            raise PluginError(f"{name} cannot be enabled: {entry.reason}")
        entry.is_by_hand = True

    def disable(self, name: str | None = None) -> None:
        """Disable an integration, or all, and leave everything as it was before it was enabled.

        Raises:
            PluginError: There is none of that name.
        """
        entries = [self._entry(name)] if name is not None else list(self.entries.values())
        for entry in entries:
            self._uninstall(entry, PluginState.READY, "disabled by hand")

    def call_collected(self, hook: str, config: Config) -> list[Any]:
        """Call a hook that gives several things per plugin, and return them all, in order of registration."""
        found: list[Any] = []
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            if implementation.plugin_name in config.disabled_plugins:
                continue
            arguments = {"config": config} if "config" in implementation.argnames else {}
            given = attempt(implementation.function, partial(self._failed, implementation.plugin_name), **arguments)
            found.extend(cast("Iterable[Any] | None", given) or ())
        return found

    def _entry(self, name: str) -> Entry:
        if name not in self.entries:
            reason = f" ({self.failures[name]})" if name in self.failures else ""
            known = ", ".join(sorted(self.entries)) or "none"
            raise PluginError(f"there is no integration {name!r}{reason}; known are: {known}. See: agentops plugins")
        return self.entries[name]

    def survey(self, config: Config) -> list[Entry]:
        """Find out where each integration stands under some settings, without enabling any; sorted by name."""
        self.discover()
        for entry in self.entries.values():
            if entry.state not in {PluginState.ENABLED, PluginState.FAILED}:
                self._judge(entry, config)
                if entry.state == PluginState.READY:
                    trigger = entry.integration.trigger
                    entry.reason = (
                        "switched on by init()" if trigger in sys.modules else f"waits for `import {trigger}`"
                    )
        return [self.entries[name] for name in sorted(self.entries)]

    def _uninstall(self, entry: Entry, state: str, reason: str) -> None:
        """Undo what installing or awaiting it did; ``state`` and ``reason`` say what an enabled one is from now on."""
        entry.wait_no_longer()
        entry.is_by_hand = False
        while entry.undo:
            attempt(entry.undo.pop(), partial(_warn_undo, entry))
        if entry.state == PluginState.ENABLED:
            process.frameworks.pop(entry.integration.distribution, None)
            entry.state, entry.reason = state, reason

    def _withdraw(self, entry: Entry, config: Config) -> None:
        """Disable an integration, or stop waiting for its framework, where these settings do not want it."""
        reason = self._refusal(entry, config)
        is_ruled_out = config.disabled or entry.integration.name in config.disabled_plugins
        if reason and (is_ruled_out or not entry.is_by_hand):
            self._uninstall(entry, PluginState.BLOCKED, reason)

    def _consider(self, entry: Entry, config: Config) -> None:
        self._judge(entry, config)
        if entry.state != PluginState.READY:
            return
        name = entry.integration.trigger
        trigger = sys.modules.get(name)
        if trigger is not None and not getattr(getattr(trigger, "__spec__", None), "_initializing", False):
            self._install(entry)
        else:
            entry.reason = f"waits for `import {name}`"
            entry.wait_no_longer()
            entry.stop_waiting = self._hook.when_imported(name, lambda: self._install(entry))

    def _judge(self, entry: Entry, config: Config) -> None:
        """Find out whether an integration may be enabled under these settings."""
        reason = self._refusal(entry, config)
        entry.state, entry.reason = (PluginState.BLOCKED, reason) if reason else (PluginState.READY, "")
        if not reason and not entry.integration.is_builtin:
            self._check_installed(entry)

    def _refusal(self, entry: Entry, config: Config) -> str:
        """Say why these settings do not want an integration; empty where they do."""
        integration, chosen = entry.integration, config.integrations
        if config.disabled:
            return "recording is disabled"
        if integration.name in config.disabled_plugins:
            return "named in disabled_plugins"
        if integration.is_builtin:
            return ""
        if chosen is not None and integration.name not in chosen:
            return "not among the chosen integrations"
        return "" if config.instrument_llm_calls else "instrument_llm_calls is off"

    def _check_installed(self, entry: Entry) -> None:
        integration, version = entry.integration, entry.version
        if version is None:
            entry.state, entry.reason = PluginState.ABSENT, f"{integration.distribution} is not installed"
        elif as_numbers(version) < as_numbers(integration.minimum):
            entry.state = PluginState.TOO_OLD
            entry.reason = f"{integration.distribution} {version} is older than {integration.minimum}"
        elif entry.state in {PluginState.ABSENT, PluginState.TOO_OLD}:
            entry.state, entry.reason = PluginState.READY, ""

    def _install(self, entry: Entry) -> None:
        integration = entry.integration
        module = sys.modules.get(integration.trigger)
        if integration.probe is not None and not hasattr(module, integration.probe):
            entry.state = PluginState.FAILED
            entry.reason = f"module {integration.trigger} has no {integration.probe}, so it is another package"
            return
        for name in self._enabled():
            if integration.name in self.entries[name].integration.supersedes:
                entry.state, entry.reason = PluginState.BLOCKED, f"{name} records the same calls"
                return
        for name in integration.supersedes:
            if name in self._enabled():
                self._uninstall(self.entries[name], PluginState.BLOCKED, f"{integration.name} records the same calls")
        recorder = Recorder(integration.name)
        undo = attempt(integration.install, partial(self._install_failed, entry), recorder)
        if undo is None:
            return
        entry.undo = [undo]
        resolver = getattr(entry.plugin, "agentops_current_parent", None)
        if resolver is not None:
            remove = recorder.add_parent_resolver(resolver)
            if remove is not None:
                entry.undo.append(remove)
        entry.state, entry.reason = PluginState.ENABLED, ""
        if not integration.is_builtin:
            process.frameworks[integration.distribution] = entry.version or "unknown"

    def _enabled(self) -> Iterable[str]:
        return [name for name, entry in self.entries.items() if entry.state == PluginState.ENABLED]

    def _install_failed(self, entry: Entry, error: Exception) -> None:
        entry.state, entry.reason = PluginState.FAILED, f"{type(error).__name__}: {error}"
        version = entry.version
        logger.warning(
            "agentops: the %s integration could not be enabled with %s %s (%s); the others go on. "
            "See: agentops plugins",
            entry.integration.name,
            entry.integration.distribution,
            version,
            entry.reason,
        )

    def _failed(self, name: str, error: Exception) -> None:
        self.failures[name] = f"{type(error).__name__}: {error}"
        say_once(f"plugin {name}", "agentops: plugin %s could not be used (%s); the others go on.", name, error)


def _load(value: str) -> object:
    module_name, _, attribute = value.partition(":")
    module: Any = importlib.import_module(module_name)
    for part in filter(None, attribute.split(".")):
        module = getattr(module, part)
    found: object = module
    return found


def _warn_undo(entry: Entry, error: Exception) -> None:
    logger.warning("agentops: %s could not be disabled completely (%s).", entry.integration.name, error)


plugins = Plugins()
