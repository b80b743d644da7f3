"""Records runs of Google's Agent Development Kit as agentops sessions."""

__all__: list[str] = []
