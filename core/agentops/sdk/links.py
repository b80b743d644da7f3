"""Addresses of session pages, where there is a dashboard that would show them."""

import json

from agentops.sdk.address import without_login
from agentops.sdk.config import Config

__all__ = ["SERVE_FILE", "session_url"]

SERVE_FILE = "serve.json"
"""Left in the home directory by a running ``agentops serve``: ``{"url": …, "pid": …}``."""


def session_url(config: Config, session_id: str) -> str | None:
    """Return the page of a session: at the configured address, else at this machine's running dashboard, else None."""
    base = config.app_url or config.endpoint
    if base is None and config.exporter_endpoint is None:
        try:
            base = json.loads((config.home / SERVE_FILE).read_text())["url"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return f"{without_login(str(base)).rstrip('/')}/sessions/{session_id}" if base else None
