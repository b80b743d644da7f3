"""What CrewAI's model calls say, in the shape of the OpenTelemetry GenAI conventions."""

import ast
import functools
import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from agentops.chat_format import chat_messages, field_of
from agentops.messages import Part, Usage, message, text, tool_call
from agentops.semconv import GenAI

__all__ = [
    "AskedTools",
    "asked_tools",
    "input_messages",
    "output_messages",
    "plain",
    "provider_name",
    "reported_usage",
    "request",
    "usage",
]

reported_usage: ContextVar[Mapping[str, Any] | None] = ContextVar("agentops_crewai_usage", default=None)
"""What the client of the running call has reported, where the event of its end does not say it."""

_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "claude": "anthropic",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "aws": "aws.bedrock",
}
"""CrewAI's names of providers to those of OpenTelemetry, where they differ."""

_REQUEST: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "stop_sequences": GenAI.REQUEST_STOP_SEQUENCES,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
    "n": GenAI.REQUEST_CHOICE_COUNT,
    "stream": GenAI.REQUEST_STREAM,
}
_DEPTH_OF_REPR: Final = 5
_LIMIT_SHORT: Final = 500
_DESCRIPTION: Final = "Tool Description:"
"""Older versions tell the model a tool's name, arguments and description in one text; the last begins with this."""


def request(source: Any, event: Any) -> dict[str, Any]:
    """Return the attributes of a request. Versions before 1.15 tell only of messages and tools."""
    attributes = {name: getattr(event, field, None) for field, name in _REQUEST.items()}
    attributes[GenAI.REQUEST_MODEL] = event.model
    attributes[GenAI.PROVIDER_NAME] = provider_name(source)
    attributes[GenAI.TOOL_DEFINITIONS] = _restored(event.tools) or None
    return attributes


def provider_name(llm: Any) -> str | None:
    """Name the provider behind one of CrewAI's LLM objects."""
    provider = getattr(llm, "provider", None)
    return _PROVIDERS.get(provider, provider) if isinstance(provider, str) else None


def input_messages(messages: Any) -> list[dict[str, Any]]:
    """Return what was sent to the model."""
    return chat_messages(_restored(messages))


def output_messages(response: Any, finish_reason: str | None) -> list[dict[str, Any]]:
    """Return what the model answered: text, a structured answer, or the tools that it asks for."""
    asked = asked_tools(response)
    parts: list[Part] = [tool_call(name, arguments, call_id) for name, arguments, call_id in asked]
    if not asked:
        parts = [text(response if isinstance(response, str) else json.dumps(response, default=str))]
    return [message("assistant", parts, finish_reason)]


def asked_tools(response: Any) -> list[tuple[str, Any, str | None]]:
    """Return name, arguments and call id of each tool that a response asks for; empty where it asks for none.

    A response that asks for tools is the list of the provider's own objects: OpenAI's nest name and arguments in
    ``function``, Anthropic's call the arguments ``input``, Gemini's ``args``, Bedrock's id is ``toolUseId``.
    """
    if not isinstance(response, list):
        return []
    asked = []
    for item in response:
        call = field_of(item, "function") or field_of(item, "function_call") or item
        name = field_of(call, "name")
        if not isinstance(name, str):
            return []
        arguments: Any = next((found for key in ("arguments", "input", "args") if (found := field_of(call, key))), {})
        call_id = field_of(item, "id") or field_of(item, "toolUseId") or field_of(item, "call_id")
        asked.append((name, arguments, call_id))
    return asked


def usage(reported: Mapping[str, Any] | None) -> Usage:
    """Read the usage of one call, as any of CrewAI's providers reports it; what is not reported is None."""
    if not reported or not any(isinstance(count, int) and count for count in reported.values()):
        return Usage()
    details = reported.get("prompt_tokens_details") or {}
    inputs = _first(reported, "prompt_tokens", "input_tokens", "prompt_token_count")
    cache_read = _first(reported, "cached_prompt_tokens", "cached_tokens")
    cache_creation = _first(reported, "cache_creation_tokens")
    if inputs is not None and "cache_read_input_tokens" in reported:
        # Anthropic's own report, which litellm hands on: the input tokens leave out what came from the cache.
        cache_read = reported["cache_read_input_tokens"] or 0
        cache_creation = reported.get("cache_creation_input_tokens") or 0
        inputs += (cache_read + cache_creation) if "input_tokens" in reported else 0
    return Usage(
        input_tokens=inputs,
        output_tokens=_first(reported, "completion_tokens", "output_tokens", "candidates_token_count"),
        cache_read=cache_read if cache_read is not None else field_of(details, "cached_tokens"),
        cache_creation=cache_creation,
        reasoning=_first(reported, "reasoning_tokens"),
    )


def _first(values: Mapping[str, Any], *names: str) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)


class AskedTools:
    """The tools that a model's last answer asked for, to be matched with the runs that follow.

    The events of a tool's run carry no call id.
    """

    def __init__(self, asked: list[tuple[str, Any, str | None]], definitions: Any) -> None:
        self._asked = list(asked)
        self._descriptions = {
            str(field_of(function, "name")): str(field_of(function, "description") or "")
            for definition in (definitions if isinstance(definitions, (list, tuple)) else ())
            if (function := field_of(definition, "function") or definition)
        }

    def take(self, name: str, arguments: Any) -> dict[str, Any]:
        """Return the attributes of a tool's run that only the model's call knows."""
        same = [call for call in self._asked if call[0] == name]
        exact = [call for call in same if plain(call[1]) == plain(arguments)]
        attributes: dict[str, Any] = {}
        for call in (exact or same)[:1]:
            self._asked.remove(call)
            attributes[GenAI.TOOL_CALL_ID] = call[2]
        description = self._descriptions.get(name, "").rpartition(_DESCRIPTION)[2].strip()
        if description:
            attributes[GenAI.TOOL_DESCRIPTION] = description
        return attributes


def _restored(value: Any, depth: int = 0) -> Any:
    """Undo what CrewAI does to the messages and tools of an event: what is nested deeper is there by its ``repr``.

    Source: ``crewai.utilities.serialization.to_serializable``. Without this a tool called ``add`` is called ``'add'``.
    """
    if depth == _DEPTH_OF_REPR:
        return _literal(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {key: _restored(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item, depth + 1) for item in value]
    return value


def _literal(text: str) -> Any:
    # The descriptions of the same few tools come with every call; what is long is seldom the same twice.
    return _short_literal(text) if len(text) <= _LIMIT_SHORT else _read_literal(text)


@functools.lru_cache(maxsize=512)
def _short_literal(text: str) -> Any:
    return _read_literal(text)


def _read_literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def plain(arguments: Any) -> Any:
    """Return arguments, which are JSON text where a model asks for a tool in words, as what they are."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
