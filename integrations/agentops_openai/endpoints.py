"""The endpoints: how each one's request reads, and which reader takes in its answer."""

from typing import Any, Final
from urllib.parse import urlsplit

from agentops.chat_answers import ChatAnswer, CompletionAnswer, EmbeddingAnswer, ResponseAnswer
from agentops.chat_format import chat_messages, response_messages
from agentops.messages import message, text
from agentops.semconv import GenAI, Operation, SpanKind
from agentops.stainless import Asked, Endpoint

__all__ = ["CHAT", "COMPLETION", "EMBEDDING", "RESPONSE", "provider_of"]

_PARAMETERS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_output_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "n": GenAI.REQUEST_CHOICE_COUNT,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
    "dimensions": GenAI.EMBEDDINGS_DIMENSION,
}
_PROVIDERS: Final = {
    "openai.azure.com": "azure.ai.openai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "openrouter.ai": "openrouter",
}
"""Hosts with OpenAI's API, and the conventions' names for who is behind them."""


def provider_of(base_url: str) -> str:
    """Return the name of the provider at an address; ``openai`` for one that is not known, as the conventions ask."""
    host = urlsplit(base_url).hostname or ""
    return next((name for known, name in _PROVIDERS.items() if host == known or host.endswith(f".{known}")), "openai")


def _asked(arguments: dict[str, Any], client: Any, asked_for: object) -> Asked:
    """Describe a request. Arguments that were not given hold an object of a type of its own: they are left out."""
    model = arguments.get("model")
    found: dict[str, Any] = {GenAI.PROVIDER_NAME: provider_of(str(getattr(client, "base_url", "")))}
    if isinstance(model, str):
        found[GenAI.REQUEST_MODEL] = model
    for name, attribute in _PARAMETERS.items():
        if isinstance(arguments.get(name), int | float):
            found[attribute] = arguments[name]
    stop = arguments.get("stop")
    if isinstance(stop, str | list):
        found[GenAI.REQUEST_STOP_SEQUENCES] = [stop] if isinstance(stop, str) else stop
    if arguments.get("stream") is True:
        found[GenAI.REQUEST_STREAM] = True
    tools = arguments.get("tools")
    if isinstance(tools, list | tuple):
        found[GenAI.TOOL_DEFINITIONS] = list(tools)
    instructions = arguments.get("instructions")
    if isinstance(instructions, str):
        found[GenAI.SYSTEM_INSTRUCTIONS] = [text(instructions)]
    return Asked(model if isinstance(model, str) else "model", asked_for, found)


def _chat(arguments: dict[str, Any], client: Any) -> Asked:
    return _asked(arguments, client, chat_messages(arguments.get("messages")))


def _response(arguments: dict[str, Any], client: Any) -> Asked:
    return _asked(arguments, client, response_messages(arguments.get("input")))


def _completion(arguments: dict[str, Any], client: Any) -> Asked:
    prompt = arguments.get("prompt")
    asked = _asked(arguments, client, [message("user", prompt)] if isinstance(prompt, str) else prompt)
    asked.attributes[GenAI.OPERATION_NAME] = Operation.TEXT_COMPLETION
    return asked


def _embedding(arguments: dict[str, Any], client: Any) -> Asked:
    return _asked(arguments, client, arguments.get("input"))


CHAT: Final = Endpoint(_chat, ChatAnswer)
RESPONSE: Final = Endpoint(_response, ResponseAnswer)
COMPLETION: Final = Endpoint(_completion, CompletionAnswer)
EMBEDDING: Final = Endpoint(_embedding, EmbeddingAnswer, SpanKind.EMBEDDING)
