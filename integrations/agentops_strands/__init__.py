"""Records runs of Strands Agents as agentops sessions."""

__all__: list[str] = []
