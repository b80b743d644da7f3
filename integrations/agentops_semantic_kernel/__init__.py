"""Records runs of Semantic Kernel as agentops sessions."""

__all__: list[str] = []
