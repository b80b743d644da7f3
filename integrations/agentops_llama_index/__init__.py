"""Records runs of LlamaIndex as agentops sessions."""

__all__: list[str] = []
