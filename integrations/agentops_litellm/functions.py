"""litellm's functions: how their arguments read, and who reads what they return."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agentops.chat_answers import ChatAnswer, EmbeddingAnswer, ResponseAnswer
from agentops.chat_format import chat_messages, field_of, response_messages
from agentops.messages import text
from agentops.semconv import GenAI, SpanKind
from agentops.stainless import Answer, Asked

__all__ = ["COMPLETION", "EMBEDDING", "RESPONSE", "Function"]

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
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""litellm's names of providers, where the conventions have others."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function, its asynchronous sibling included."""

    positions: tuple[str, str]
    """Names of the first two parameters."""
    input_name: str
    read_input: Callable[[Any], object]
    answer: Callable[[], Answer]
    async_mark: str
    """The argument with which the asynchronous function calls the other one."""
    kind: str = SpanKind.LLM

    def read(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Asked:
        """Describe a call; model and input may be given by position."""
        positional = dict(zip(self.positions, args, strict=False))
        arguments = {**positional, **kwargs}
        model = str(arguments.get("model") or "model")
        found: dict[str, Any] = {GenAI.REQUEST_MODEL: model}
        prefix = arguments.get("custom_llm_provider") or (model.partition("/")[0] if "/" in model else None)
        if prefix is not None:
            found[GenAI.PROVIDER_NAME] = _PROVIDERS.get(prefix, prefix)
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
        if isinstance(arguments.get("instructions"), str):
            found[GenAI.SYSTEM_INSTRUCTIONS] = [text(arguments["instructions"])]
        return Asked(model, self.read_input(arguments.get(self.input_name)), found)

    def served_by(self, result: Any) -> dict[str, Any]:
        """Return who has answered, which litellm finds out from the model's name."""
        hidden = field_of(result, "_hidden_params") or {}
        provider = hidden.get("custom_llm_provider") if isinstance(hidden, dict) else None
        return {GenAI.PROVIDER_NAME: _PROVIDERS.get(provider, provider)} if provider else {}


COMPLETION: Final = Function(("model", "messages"), "messages", chat_messages, ChatAnswer, "acompletion")
EMBEDDING: Final = Function(
    ("model", "input"), "input", lambda value: value, EmbeddingAnswer, "aembedding", SpanKind.EMBEDDING
)
RESPONSE: Final = Function(("input", "model"), "input", response_messages, ResponseAnswer, "aresponses")
