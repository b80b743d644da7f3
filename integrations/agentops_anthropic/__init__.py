"""Records what programs ask Anthropic's models through the anthropic library."""

__all__: list[str] = []
