"""What LangChain's chat models say about a call: settings, usage, finish reason, in OpenTelemetry's names."""

from collections.abc import Mapping
from typing import Any, Final

from langchain_core.outputs import ChatGeneration, LLMResult

from agentops.messages import Usage, message
from agentops.semconv import GenAI
from agentops_langchain.content import message_of

__all__ = ["model_name", "request_facts", "response_facts", "said"]

_PROVIDERS: Final = {
    "amazon_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""LangChain's ``ls_provider`` where OpenTelemetry's ``gen_ai.provider.name`` is another word."""
_SETTINGS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_output_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
    "stop": GenAI.REQUEST_STOP_SEQUENCES,
    "n": GenAI.REQUEST_CHOICE_COUNT,
}
_MODEL_KEYS: Final = ("model", "model_name", "model_id", "deployment_name", "azure_deployment", "repo_id")
_FINISH_KEYS: Final = ("finish_reason", "stop_reason", "done_reason", "finishReason")


def model_name(serialized: Mapping[str, Any] | None, metadata: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """Return the model's name, or else that of the class which calls it."""
    name = _first(parameters, _MODEL_KEYS) or metadata.get("ls_model_name")
    return str(name or ((serialized or {}).get("id") or ["model"])[-1])


def request_facts(metadata: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a request."""
    facts: dict[str, Any] = {}
    model = _first(parameters, _MODEL_KEYS) or metadata.get("ls_model_name")
    if model:
        facts[GenAI.REQUEST_MODEL] = str(model)
    provider = metadata.get("ls_provider")
    if provider:
        facts[GenAI.PROVIDER_NAME] = _PROVIDERS.get(provider, provider)
    for name, value in parameters.items():
        attribute = _SETTINGS.get(name)
        if attribute is not None and value is not None and value != []:
            facts[attribute] = value
    if GenAI.REQUEST_TEMPERATURE not in facts and metadata.get("ls_temperature") is not None:
        facts[GenAI.REQUEST_TEMPERATURE] = metadata["ls_temperature"]
    if GenAI.REQUEST_MAX_TOKENS not in facts and metadata.get("ls_max_tokens") is not None:
        facts[GenAI.REQUEST_MAX_TOKENS] = metadata["ls_max_tokens"]
    return facts


def said(response: LLMResult) -> list[dict[str, Any]]:
    """Return what the model answered: one message per candidate."""
    return [
        message_of(item.message, _finish_reason(item))
        if isinstance(item, ChatGeneration)
        else message("assistant", item.text, _finish_reason(item))
        for item in (response.generations[0] if response.generations else ())
    ]


def response_facts(response: LLMResult) -> dict[str, Any]:
    """Return the attributes of a response: model, id, finish reasons and tokens."""
    candidates = response.generations[0] if response.generations else []
    overall = response.llm_output or {}
    facts: dict[str, Any] = {}
    reasons = tuple(reason for reason in map(_finish_reason, candidates) if reason)
    if reasons:
        facts[GenAI.RESPONSE_FINISH_REASONS] = reasons
    first = getattr(candidates[0], "message", None) if candidates else None
    answered = getattr(first, "response_metadata", None) or {}
    model = answered.get("model_name") or answered.get("model") or overall.get("model_name")
    if model:
        facts[GenAI.RESPONSE_MODEL] = str(model)
    response_id = answered.get("id") or overall.get("id")
    if response_id:
        facts[GenAI.RESPONSE_ID] = str(response_id)
    facts.update(_usage(getattr(first, "usage_metadata", None), overall).attributes())
    return facts


def _usage(reported: Mapping[str, Any] | None, overall: Mapping[str, Any]) -> Usage:
    """Read LangChain's usage, or what models that complete text leave in ``llm_output``."""
    if reported:
        inputs, outputs = reported.get("input_token_details") or {}, reported.get("output_token_details") or {}
        return Usage(
            input_tokens=reported.get("input_tokens"),
            output_tokens=reported.get("output_tokens"),
            cache_read=inputs.get("cache_read"),
            cache_creation=inputs.get("cache_creation"),
            reasoning=outputs.get("reasoning"),
        )
    usage = overall.get("token_usage") or overall.get("usage") or {}
    if not isinstance(usage, Mapping):
        return Usage()
    return Usage(
        input_tokens=_first(usage, ("prompt_tokens", "input_tokens")),
        output_tokens=_first(usage, ("completion_tokens", "output_tokens")),
    )


def _finish_reason(candidate: Any) -> str | None:
    found = _first(getattr(getattr(candidate, "message", None), "response_metadata", None) or {}, _FINISH_KEYS)
    if found is None:
        found = _first(candidate.generation_info or {}, _FINISH_KEYS)
    return str(found) if found is not None else None


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)
