"""Records runs of smolagents as agentops sessions."""

__all__: list[str] = []
