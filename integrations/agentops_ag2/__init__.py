"""Records runs of AG2 as agentops sessions."""

__all__: list[str] = []
