"""Records runs of Pydantic AI as agentops sessions."""

__all__: list[str] = []
