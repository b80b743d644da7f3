"""Addresses of pages that show what is behind an alert."""

from datetime import datetime, timezone
from typing import Final
from urllib.parse import urlencode

from agentops_dashboard.alerts.rule import FIRING, Rule
from agentops_dashboard.query.writing import narrowed, term

__all__ = ["moment_text", "sessions_of"]

_SORTS: Final = {
    **{measure: f"-{measure}" for measure in ("duration", "cost", "tokens", "llm", "tools", "errors")},
    "failed": "-errors", "success": "-errors", "failed_calls": "-errors",
}  # fmt: skip
_SPANS: Final = {"model": "kind:(llm OR embedding)", "tool": "kind:tool", "agent": "kind:agent"}


def sessions_of(rule: Rule, since_ns: int, until_ns: int, standing: str = "", label: str | None = None) -> str:
    """The part of an address that makes the list show the sessions behind a figure, those that count most first.

    Of a model, tool or agent, the sessions in which it was called; while it fires, those with calls that count: that
    failed, or took longer than the threshold.

    Args:
        rule: Whose figure it is.
        since_ns: The first moment.
        until_ns: The one after the last.
        standing: How the figure stands.
        label: Of a rule about each model, tool or agent: which one; None: any.
    """
    wanted = {
        "q": _query(rule, standing, label), "sort": _SORTS.get(rule.measure), "from": moment_text(since_ns),
        "to": moment_text(until_ns), "project": rule.project,
    }  # fmt: skip
    return urlencode({name: value for name, value in wanted.items() if value})


def _query(rule: Rule, standing: str, label: str | None) -> str:
    kind, name = rule.subject
    name = label if name is None else name
    if not kind or name is None:
        return rule.query
    limit = ""
    if standing == FIRING and rule.side == "above":
        slow = f"duration:>{rule.threshold * 1000:.3f}ms"
        limit = {"failed_calls": "status:error", "errors": "status:error", "latency": slow}.get(rule.measure, "")
    wanted = term(kind, name)
    return narrowed(rule.query, f"any({_SPANS[kind]} {wanted} {limit})" if limit else wanted)


def moment_text(time_ns: int) -> str:
    """A moment in whole microseconds as addresses have it."""
    seconds, rest_ns = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest_ns // 1000:06d}Z"
