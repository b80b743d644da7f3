"""Records runs of Microsoft Agent Framework as agentops sessions."""

__all__: list[str] = []
