"""Model calls: what ``ChatCompletionClient.create`` and ``create_stream`` are given and give back."""

from collections.abc import Mapping
from typing import Any, Final

from autogen_core.models import ChatCompletionClient, CreateResult, ModelFamily

from agentops import Span, guard
from agentops.messages import Usage
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops_autogen.messages import finish_reason, input_messages, output_message, tool_definitions

__all__ = ["ModelRecording"]

_PROVIDER_OF_CLASS: Final = {
    "OpenAIChatCompletionClient": "openai",
    "AzureOpenAIChatCompletionClient": "azure.ai.openai",
    "AzureAIChatCompletionClient": "azure.ai.inference",
    "AnthropicChatCompletionClient": "anthropic",
    "AnthropicBedrockChatCompletionClient": "aws.bedrock",
    "OllamaChatCompletionClient": "ollama",
}
_PROVIDER_OF_MODEL: Final = {"claude-": "anthropic", "gemini-": "gcp.gemini"}
"""Models that AutoGen's OpenAI client calls at their own providers' compatible endpoints."""

_PARAMETERS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
    "stop": GenAI.REQUEST_STOP_SEQUENCES,
}


class ModelRecording(Recording):
    """Each call of a model is an ``llm`` span; a client that hands the call to another one is not a call of its own."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a model call."""
        settings = {**(getattr(owner, "_create_args", None) or {}), **(given.get("extra_create_args") or {})}
        if outer is not None and outer.span.kind == SpanKind.LLM:
            _name(outer, owner, settings)
            return None
        model = _model(owner, settings)
        span = self.recorder.start(SpanKind.LLM, model or type(owner).__name__)
        if span is None:
            return None
        with guard("autogen.model"):
            span.set(_request(owner, model, settings))
            if span.session.captures_content:
                span.set_input(input_messages(given.get("messages") or ()))
                span.set({GenAI.TOOL_DEFINITIONS: tool_definitions(given.get("tools") or ()) or None})
        return span

    def note(self, call: Call, item: Any) -> None:
        """Take the time of the first chunk, and the result."""
        if isinstance(item, CreateResult):
            call.result = item
        elif item and "first" not in call.notes:
            call.notes["first"] = True
            seconds = (call.span.session.now_ns() - call.span.start_ns) / 1e9
            call.span.set({GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: seconds})

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer and the tokens."""
        if not isinstance(result, CreateResult):
            self.recorder.end(call.span)
            return
        span = call.span
        attributes: dict[str, Any] = {GenAI.RESPONSE_FINISH_REASONS: [finish_reason(result)]}
        if result.cached and _is_wrapper(call.owner):
            # A cache repeats the usage of the call whose answer it kept; nobody is charged for it again.
            span.add_event("cache_hit")
        else:
            attributes.update(_usage(result).attributes())
        output = output_message(result) if span.session.captures_content else None
        self.recorder.end(span, output=output, attributes=attributes)

    def is_final(self, item: Any) -> bool:
        """A stream's last item is the whole result."""
        return isinstance(item, CreateResult)


class StreamedModelRecording(ModelRecording):
    """The same for ``create_stream``."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a streamed model call."""
        span = super().start(owner, given, outer)
        if span is not None:
            span.set({GenAI.REQUEST_STREAM: True})
        return span


def _usage(result: CreateResult) -> Usage:
    """AutoGen says 0 and 0 where a provider reported nothing, as with streams that were not asked for usage."""
    used = result.usage
    if not used.prompt_tokens and not used.completion_tokens:
        return Usage()
    return Usage(used.prompt_tokens, used.completion_tokens)


def _request(owner: Any, model: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {GenAI.REQUEST_MODEL: model, GenAI.PROVIDER_NAME: _provider(owner, model)}
    for name, attribute in _PARAMETERS.items():
        value = settings.get(name)
        if value is not None:
            attributes[attribute] = [value] if name == "stop" and isinstance(value, str) else value
    return attributes


def _name(call: Call, owner: Any, settings: Mapping[str, Any]) -> None:
    """Give a span that a wrapping client opened the name of the model that is really called."""
    model = _model(owner, settings)
    if model is not None and GenAI.REQUEST_MODEL not in call.span.attributes:
        call.span.name = model
        call.span.set(_request(owner, model, settings))


def _model(owner: Any, settings: Mapping[str, Any]) -> str | None:
    """Return the model's name: what the client sends, else what it calls itself, else the family it belongs to."""
    for value in (settings.get("model"), getattr(owner, "model", None), getattr(owner, "_model_name", None)):
        if isinstance(value, str) and value:
            return value
    wrapped = _wrapped(owner)
    if wrapped is not None:
        return _model(wrapped, getattr(wrapped, "_create_args", None) or {})
    family = (getattr(owner, "model_info", None) or {}).get("family")
    return family if isinstance(family, str) and family != ModelFamily.UNKNOWN else None


def _provider(owner: Any, model: str | None) -> str | None:
    by_class = next((found for kind in type(owner).__mro__ if (found := _PROVIDER_OF_CLASS.get(kind.__name__))), None)
    if by_class == "openai":
        return next((name for start, name in _PROVIDER_OF_MODEL.items() if (model or "").startswith(start)), by_class)
    return by_class


def _wrapped(owner: Any) -> Any:
    """Return the client that a caching client hands its calls to."""
    inner = getattr(owner, "client", None)
    return inner if isinstance(inner, ChatCompletionClient) else None


def _is_wrapper(owner: Any) -> bool:
    return _wrapped(owner) is not None
