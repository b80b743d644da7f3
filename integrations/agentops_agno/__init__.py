"""Records runs of agno as agentops sessions."""

__all__: list[str] = []
