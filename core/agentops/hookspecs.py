"""The hooks of agentops: what a plugin may implement. Mark implementations with ``agentops.hookimpl``.

A plugin is a module (or object) named by an entry point of the group ``agentops``. Hooks run at start-up and at the
borders of sessions, never once per span.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from agentops.sdk.config import Config
    from agentops.sdk.filters import SpanFilter
    from agentops.sdk.recorder import Recorder
    from agentops.sdk.session import Session, Sink
    from agentops.sdk.span import Span

__all__ = ["Integration", "hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("agentops")
hookimpl = pluggy.HookimplMarker("agentops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What is to be known about an integration without importing its framework."""

    name: str
    """By which users enable and disable it; lower case."""
    distribution: str
    """The framework's distribution, as ``pip`` names it."""
    trigger: str
    """The module whose completed import activates the integration, such as ``langchain_core``."""
    install: "Callable[[Recorder], Callable[[], None]]"
    """Called once when it is enabled, with its recorder; returns the function that undoes all of it exactly."""
    minimum: str = "0"
    """The lowest version of the distribution that it supports."""
    probe: str | None = None
    """An attribute that the trigger module must have. Proves that a common name such as ``agents`` is the right one."""
    supersedes: tuple[str, ...] = ()
    """Names of integrations that would record the same calls and are left off while this one is on."""
    extra: str | None = None
    """The extra of ``agentops`` that installs the framework; None if it is the name."""
    is_builtin: bool = False
    """Whether it serves recording itself rather than a framework, and so is on whichever integrations are chosen."""


@hookspec
def agentops_integrations() -> "Iterable[Integration]":  # type: ignore[empty-body]
    """Describe this plugin's integrations. Runs once, at ``init()``; must import no framework and change nothing."""


@hookspec
def agentops_current_parent() -> "Hashable | Span | None":
    """Say which of this integration's runs is current in the calling context, by its key or span; None if none is.

    Collected once, when the integration is enabled, and from then on called without pluggy, for each span that is
    opened without a parent of its own: so it must be quick, open no span and import nothing that is not imported yet.
    A plugin that implements it describes one integration only.
    """


@hookspec
def agentops_exporters(config: "Config") -> "Iterable[Sink]":  # type: ignore[empty-body]
    """Give further places where spans go, beside the spool. Runs once per ``init()`` with new settings.

    They get copies of what is written to the disk, past span filters and redaction, in a thread of their own; a span
    that begins and ends within a moment is handed over once. ``span.session`` is the program's own, as it was given.
    """


@hookspec
def agentops_span_filters(config: "Config") -> "Iterable[SpanFilter]":  # type: ignore[empty-body]
    """Give functions that redact, drop or enrich spans before they touch the disk. Runs once per ``init()``."""


@hookspec
def agentops_session_started(session: "Session") -> None:
    """Take notice of a session that has begun. Runs once per session, in the thread that started it."""


@hookspec
def agentops_session_ended(session: "Session") -> None:
    """Take notice of a session that is over. Runs once per session, in the thread that ended it."""
