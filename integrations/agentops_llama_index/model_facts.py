"""What LlamaIndex's models say about a call: settings, usage, finish reason, in OpenTelemetry's names."""

from contextlib import suppress
from typing import Any, Final

from agentops.chat_format import field_of, response_finish_reason, usage_of
from agentops.messages import Usage
from agentops.semconv import GenAI

__all__ = ["finish_reason_of", "model_name", "request_facts", "usage_in"]

_PROVIDERS: Final = {
    "azure_inference": "azure.ai.inference",
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "mistralai": "mistral_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""The package of LlamaIndex's class where OpenTelemetry's ``gen_ai.provider.name`` is another word."""
_SETTINGS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
}
_NAMES: Final = ("model", "model_name", "model_id", "engine")
_CACHE_READ: Final = ("cache_read_input_tokens", "cacheReadInputTokens")
_CACHE_WRITTEN: Final = ("cache_creation_input_tokens", "cacheWriteInputTokens")


def model_name(instance: Any) -> str:
    """Return the model's name, or else that of the class that calls it."""
    names = [getattr(instance, name, None) for name in _NAMES]
    if not any(names):
        # Asked last: some models do not know what to say of themselves, and raise.
        with suppress(AttributeError, NotImplementedError, ValueError):
            names = [instance.metadata.model_name]
    known = (name for name in names if isinstance(name, str) and name not in {"", "unknown"})
    return next(known, type(instance).__name__)


def request_facts(instance: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a request.

    Args:
        instance: The model, with its settings.
        given: What the call was given beside the messages, which goes before those.
    """
    facts: dict[str, Any] = {GenAI.REQUEST_MODEL: given.get("model") or model_name(instance)}
    package = type(instance).__module__.split(".")
    if package[:2] == ["llama_index", "llms"]:
        facts[GenAI.PROVIDER_NAME] = _PROVIDERS.get(package[2], package[2])
    for name, attribute in _SETTINGS.items():
        value = given.get(name, getattr(instance, name, None))
        if isinstance(value, (int, float)):
            facts[attribute] = value
    return facts


def usage_in(response: Any) -> Usage | None:
    """Return the tokens that a response reports; None where it does not.

    Args:
        response: A ``ChatResponse`` or ``CompletionResponse``, or a piece of a streamed one. ``raw`` is whatever the
            provider sent.
    """
    raw = response.raw
    for holder in (raw, field_of(raw, "message"), field_of(raw, "response")):
        reported = field_of(holder, "usage")
        if reported:
            return _usage(reported)
    reported = field_of(raw, "usage_metadata")
    if reported:
        return _gemini_usage(reported)
    if field_of(raw, "eval_count") is not None:  # Ollama
        return Usage(input_tokens=field_of(raw, "prompt_eval_count"), output_tokens=field_of(raw, "eval_count"))
    beside = response.additional_kwargs
    if beside.get("prompt_tokens") is not None:
        return Usage(input_tokens=beside["prompt_tokens"], output_tokens=beside.get("completion_tokens"))
    return None


def finish_reason_of(response: Any) -> str | None:
    """Return why the model stopped, in its provider's word; None where the response does not say."""
    raw = response.raw
    choices = field_of(raw, "choices") or field_of(raw, "candidates")
    holders = [choices[0]] if isinstance(choices, (list, tuple)) and choices else []
    for holder in (*holders, raw, field_of(raw, "delta")):
        for name in ("finish_reason", "stop_reason", "stopReason", "done_reason"):
            reason = field_of(holder, name)
            if reason:
                return str(getattr(reason, "value", reason))
    return response_finish_reason(raw) if field_of(raw, "output") else None


def _usage(reported: Any) -> Usage:
    """Read OpenAI's usage, or that of Anthropic and Bedrock, who count what a cache took part in apart."""
    read, written = _first(reported, _CACHE_READ), _first(reported, _CACHE_WRITTEN)
    inputs = _first(reported, ("input_tokens", "inputTokens"))
    if field_of(reported, "inputTokens") is None and read is None and written is None:
        return usage_of(reported)
    return Usage(
        input_tokens=None if inputs is None else inputs + (read or 0) + (written or 0),
        output_tokens=_first(reported, ("output_tokens", "outputTokens")),
        cache_read=read,
        cache_creation=written,
    )


def _gemini_usage(reported: Any) -> Usage:
    said, thought = field_of(reported, "candidates_token_count"), field_of(reported, "thoughts_token_count")
    return Usage(
        input_tokens=field_of(reported, "prompt_token_count"),
        output_tokens=None if said is None and thought is None else (said or 0) + (thought or 0),
        cache_read=field_of(reported, "cached_content_token_count"),
        reasoning=thought,
    )


def _first(values: Any, names: tuple[str, ...]) -> Any:
    return next((found for found in (field_of(values, name) for name in names) if found is not None), None)
