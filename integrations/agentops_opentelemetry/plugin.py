"""What agentops is told about OpenTelemetry; imports no part of it."""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from agentops import Config, Integration, Recorder, Span, hookimpl
from agentops_opentelemetry.targets import targets

if TYPE_CHECKING:
    from agentops_opentelemetry.export import OpenTelemetrySink

__all__ = ["agentops_current_parent", "agentops_exporters", "agentops_integrations"]


@hookimpl
def agentops_integrations() -> Iterable[Integration]:
    """Describe the integration."""
    return [
        Integration(
            name="opentelemetry",
            distribution="opentelemetry-sdk",
            minimum="1.34",
            trigger="opentelemetry.sdk.trace",
            install=_install,
        )
    ]


@hookimpl
def agentops_exporters(config: Config) -> "Iterable[OpenTelemetrySink]":
    """Give what ``export_to`` was told."""
    return list(targets)


@hookimpl
def agentops_current_parent() -> Span | None:
    """Return the span of ours that stands for the OpenTelemetry span which is current here."""
    installation = sys.modules.get("agentops_opentelemetry.installation")
    return installation.current_place() if installation is not None else None


def _install(recorder: Recorder) -> Callable[[], None]:
    from agentops_opentelemetry.installation import install

    return install(recorder)
