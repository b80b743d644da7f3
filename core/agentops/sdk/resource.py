"""Who records: the OTLP resource of this process."""

import os
import sys
from pathlib import Path

from agentops.sdk.config import Config
from agentops.semconv import Resource
from agentops.version import __version__

__all__ = ["SCOPE", "resource_attributes"]

SCOPE = f'{{"name":"agentops","version":"{__version__}"}}'


def resource_attributes(config: Config, process: str, frameworks: tuple[str, ...]) -> dict[str, object]:
    """Return the attributes of this process; with ``env_data_opt_out``, nothing about its host or its command."""
    attributes: dict[str, object] = {
        Resource.SERVICE_NAME: config.service_name or _program_name(),
        Resource.SERVICE_VERSION: config.service_version,
        Resource.INSTANCE_ID: process,
        Resource.ENVIRONMENT: config.environment,
        Resource.SDK_NAME: "agentops",
        Resource.SDK_LANGUAGE: "python",
        Resource.SDK_VERSION: __version__,
        Resource.FRAMEWORKS: frameworks or None,
    }
    if not config.env_data_opt_out:
        import platform

        attributes |= {
            Resource.PROCESS_PID: os.getpid(),
            Resource.PROCESS_COMMAND: _command(),
            Resource.RUNTIME_NAME: sys.implementation.name,
            Resource.RUNTIME_VERSION: ".".join(map(str, sys.version_info[:3])),
            Resource.HOST_NAME: platform.node(),
            Resource.HOST_ARCH: platform.machine(),
            Resource.OS_TYPE: sys.platform,
        }
    return attributes


def _command() -> str:
    return sys.argv[0] if getattr(sys, "argv", None) else ""


def _program_name() -> str:
    """Name the program by its script or, run with ``-m``, by its package."""
    path = Path(_command() or "python")
    return (path.parent.name if path.stem == "__main__" else path.stem) or "python"
