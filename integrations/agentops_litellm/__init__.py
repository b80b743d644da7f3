"""Records what programs ask models of any provider through litellm."""

__all__: list[str] = []
