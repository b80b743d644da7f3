"""What can go wrong with alerts."""

from agentops.errors import AgentOpsError

__all__ = ["AlertError"]


class AlertError(AgentOpsError):
    """A rule cannot be made or changed as asked."""
