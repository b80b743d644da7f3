"""Model calls: what ``Model.generate`` and ``generate_stream`` are given and give back."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from smolagents.models import ChatMessage, agglomerate_stream_deltas

from agentops import Span, guard
from agentops.messages import Usage
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops_smolagents.messages import answer_in, chat_message, input_messages, tool_definitions

__all__ = ["ModelRecording"]

_PARAMETERS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_new_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
}
_PROVIDER_OF_CLASS: Final = {
    "AmazonBedrockModel": "aws.bedrock",
    "AmazonBedrockServerModel": "aws.bedrock",
    "AzureOpenAIModel": "azure.ai.openai",
    "AzureOpenAIServerModel": "azure.ai.openai",
    "InferenceClientModel": "hugging_face",
    "OpenAIModel": "openai",
    "OpenAIServerModel": "openai",
}
"""The classes with the names that they had before smolagents 1.23, too."""
_PROVIDER_OF_PREFIX: Final = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""What litellm's names of models begin with, where OpenTelemetry has another word."""


class ModelRecording(Recording):
    """Each call of a model is an ``llm`` span; a model that hands the call to another one is not a call of its own."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a model call."""
        model = getattr(owner, "model_id", None)
        if outer is not None and outer.span.kind == SpanKind.LLM:
            _name(outer, owner, model)
            return None
        span = self.recorder.start(SpanKind.LLM, model or type(owner).__name__)
        if span is None:
            return None
        with guard("smolagents.model"):
            span.set(_request(owner, model, given))
            if span.session.captures_content:
                span.set_input(input_messages(given.get("messages") or ()))
                offered = given.get("tools_to_call_from")
                span.set_content(GenAI.TOOL_DEFINITIONS, tool_definitions(offered) if offered else None)
        return span

    def note(self, call: Call, item: Any) -> None:
        """Keep the pieces of a streamed answer, and when the first one came that says something."""
        if call.result is None:
            call.result = []
            call.span.set({GenAI.REQUEST_STREAM: True})
        if "first" not in call.notes and (item.content or item.tool_calls):
            call.notes["first"] = True
            seconds = (call.span.session.now_ns() - call.span.start_ns) / 1e9
            call.span.set({GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: seconds})
        call.result.append(item)

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer and the tokens; what the provider's own library has recorded stands."""
        span = call.span
        pieces = result if isinstance(result, list) else None
        message = result if pieces is None else agglomerate_stream_deltas(pieces)
        known: dict[str, Any] = {}
        output: Any = None
        if isinstance(message, ChatMessage):
            answer = answer_in(message.raw)
            is_counted = pieces is None or any(piece.token_usage for piece in pieces)
            known = _usage(message).attributes() if is_counted else {}
            if answer is not None:
                known |= answer.attributes
            if span.output is None and span.session.captures_content:
                output = answer.output if answer is not None else [chat_message(message)]
        known.setdefault(GenAI.PROVIDER_NAME, _provider(call.owner))
        facts = {name: value for name, value in known.items() if name not in span.attributes}
        self.recorder.end(span, output=output, attributes=facts)


def _usage(message: ChatMessage) -> Usage:
    """Return the tokens; those read from a cache and those of reasoning are told by the provider's own answer."""
    used = message.token_usage
    return Usage() if used is None else Usage(used.input_tokens, used.output_tokens)


def _request(owner: Any, model: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {GenAI.REQUEST_MODEL: model}
    if not _is_elsewhere(owner):
        found[GenAI.PROVIDER_NAME] = _provider(owner)
    # What a model was made with goes before what it is called with, as smolagents has it.
    settings = {**given, **(getattr(owner, "kwargs", None) or {})}
    for name, attribute in _PARAMETERS.items():
        value = settings.get(name)
        if isinstance(value, int | float):
            found[attribute] = value
    stop = settings.get("stop", settings.get("stop_sequences"))
    if isinstance(stop, str | Sequence):
        found[GenAI.REQUEST_STOP_SEQUENCES] = [stop] if isinstance(stop, str) else list(stop)
    return found


def _name(call: Call, owner: Any, model: str | None) -> None:
    """Give a span that a wrapping model opened without a name that of the model which is really called."""
    if model and GenAI.REQUEST_MODEL not in call.span.attributes:
        call.span.name = model
        call.span.set({GenAI.REQUEST_MODEL: model, GenAI.PROVIDER_NAME: _provider(owner)})


def _is_elsewhere(owner: Any) -> bool:
    """Whether a client of one provider speaks to an address of its own: its library may know who is behind that."""
    return bool((getattr(owner, "client_kwargs", None) or {}).get("base_url"))


def _provider(owner: Any) -> str | None:
    names = [kind.__name__ for kind in type(owner).__mro__]
    if "LiteLLMModel" in names:
        prefix, slash, _ = str(owner.model_id).partition("/")
        return _PROVIDER_OF_PREFIX.get(prefix, prefix) if slash else None
    found = next((_PROVIDER_OF_CLASS[name] for name in names if name in _PROVIDER_OF_CLASS), None)
    if found == "hugging_face":
        return str((getattr(owner, "client_kwargs", None) or {}).get("provider") or found)
    return found
