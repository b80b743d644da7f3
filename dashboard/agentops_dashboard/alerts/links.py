"""Addresses of pages that show what is behind an alert."""

from datetime import datetime, timezone
from typing import Final
from urllib.parse import urlencode

from agentops_dashboard.alerts.rule import Rule

__all__ = ["moment_text", "sessions_of"]

_SORTS: Final = {
    **{measure: f"-{measure}" for measure in ("duration", "cost", "tokens", "llm", "tools", "errors")},
    "failed": "-errors", "success": "-errors",
}  # fmt: skip


def sessions_of(rule: Rule, since_ns: int, until_ns: int) -> str:
    """The part of an address that makes the list show the sessions behind a figure, those that count most first."""
    wanted = {
        "q": rule.query, "sort": _SORTS.get(rule.measure), "from": moment_text(since_ns), "to": moment_text(until_ns),
        "project": rule.project,
    }  # fmt: skip
    return urlencode({name: value for name, value in wanted.items() if value})


def moment_text(time_ns: int) -> str:
    """A moment in whole microseconds as addresses have it."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest_ns // 1000:06d}Z"
