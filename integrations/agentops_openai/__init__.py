"""Records what programs ask OpenAI's models, and those of providers with the same API, through the openai library."""

__all__: list[str] = []
