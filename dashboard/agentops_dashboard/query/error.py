"""What is wrong with a query, and where."""

from agentops.errors import AgentOpsError

__all__ = ["QueryError"]


class QueryError(AgentOpsError, ValueError):
    """A query that cannot be understood.

    Attributes:
        message: One sentence, with the nearest right word where there is one.
        position: Index of the first wrong character, from 0.
        length: Number of wrong characters, at least 1.
        suggestion: What probably was meant in their place, or None.
    """

    def __init__(self, message: str, position: int, length: int = 1, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = max(length, 1)
        self.suggestion = suggestion
