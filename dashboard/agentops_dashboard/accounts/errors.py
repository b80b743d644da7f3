"""What can go wrong with accounts."""

from agentops.errors import AgentOpsError

__all__ = ["AccountError"]


class AccountError(AgentOpsError):
    """A project, user, role or key cannot be made or changed as asked."""
