"""Model calls: what ``Model.invoke`` and its kin are given and give back; each attempt is one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agno.models.response import ModelResponse

from agentops import Span, guard
from agentops.messages import Usage
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops_agno.messages import answer_message, input_messages

__all__ = ["ModelRecording"]

_PARAMETERS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_output_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
}
_STOPS: Final = ("stop", "stop_sequences")
_PROVIDERS: Final = {
    "AwsBedrock": "aws.bedrock",
    "Azure": "azure.ai.openai",
    "AzureFoundry": "azure.ai.inference",
    "Google": "gcp.gemini",
    "IBM": "ibm.watsonx.ai",
    "Mistral": "mistral_ai",
    "VertexAI": "gcp.vertex_ai",
    "xAI": "x_ai",
}
"""agno's words, where OpenTelemetry has another than the same in small letters."""
_CACHE_APART: Final = frozenset({"Anthropic", "AwsBedrock"})
_ANTHROPIC: Final = "agno.models.anthropic"
_GOOGLE: Final = "agno.models.google"


class ModelRecording(Recording):
    """Each call of a model is an ``llm`` span; a model that hands the call to another one is not a call of its own."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a model call."""
        if outer is not None and outer.span.kind == SpanKind.LLM:
            return None
        span = self.recorder.start(SpanKind.LLM, str(getattr(owner, "id", None) or type(owner).__name__))
        if span is None:
            return None
        with guard("agno.model"):
            span.set(_request(owner))
            if span.session.captures_content:
                span.set_input(input_messages(given.get("messages") or ()))
                span.set_content(GenAI.TOOL_DEFINITIONS, given.get("tools") or None)
        return span

    def note(self, call: Call, item: Any) -> None:
        """Keep the pieces of a streamed answer, and when the first one came that says something."""
        if call.result is None:
            call.result = []
            call.span.set({GenAI.REQUEST_STREAM: True})
        if "first" not in call.notes and (item.content or item.tool_calls or item.reasoning_content):
            call.notes["first"] = True
            seconds = (call.span.session.now_ns() - call.span.start_ns) / 1e9
            call.span.set({GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: seconds})
        call.result.append(item)

    def finish(self, call: Call, result: Any) -> None:
        """Record the answer and the tokens; what the provider's own library has recorded stands."""
        span, owner = call.span, call.owner
        pieces = result if isinstance(result, list) else [result]
        pieces = [piece for piece in pieces if isinstance(piece, ModelResponse)]
        known = _usage(owner, pieces).attributes()
        known[GenAI.PROVIDER_NAME] = _provider(owner)
        known[GenAI.RESPONSE_ID] = _answer_id(pieces)
        output = None
        if pieces and span.output is None and span.session.captures_content:
            output = _answer(owner, pieces, is_stream=isinstance(result, list))
        facts = {name: value for name, value in known.items() if name not in span.attributes}
        self.recorder.end(span, output=output, attributes=facts)


def _answer(owner: Any, pieces: list[ModelResponse], *, is_stream: bool) -> Any:
    contents = [piece.content for piece in pieces if piece.content is not None]
    texts = [content for content in contents if isinstance(content, str)]
    content = "".join(texts) if texts else next(iter(contents), None)
    if content is None:
        content = next((piece.parsed for piece in pieces if piece.parsed is not None), None)
    thoughts = "".join(piece.reasoning_content for piece in pieces if piece.reasoning_content)
    calls: list[Any] = [call for piece in pieces for call in piece.tool_calls or ()]
    # Each provider streams calls of tools in pieces of its own, which its class puts together.
    return answer_message(content, thoughts, owner.parse_tool_calls(calls) if is_stream and calls else calls)


def _usage(owner: Any, pieces: list[ModelResponse]) -> Usage:
    """Return the tokens that agno has counted; it adds up what comes in pieces, and takes what is not told for 0."""
    counted = [piece.response_usage for piece in pieces if piece.response_usage is not None]
    if not counted:
        return Usage()

    def total(name: str) -> int:
        return sum(getattr(usage, name, 0) or 0 for usage in counted)

    read, written, thought = (total(f"{name}_tokens") for name in ("cache_read", "cache_write", "reasoning"))
    given, answered = total("input_tokens"), total("output_tokens")
    if owner.provider in _CACHE_APART or _is_of(owner, _ANTHROPIC):
        given += read + written
    if _is_of(owner, _GOOGLE):
        answered += thought
    return Usage(given, answered, read or None, written or None, thought or None)


def _request(owner: Any) -> dict[str, Any]:
    found: dict[str, Any] = {GenAI.REQUEST_MODEL: owner.id}
    # A client of one provider that speaks to an address of its own: its library may know who is behind that.
    if not getattr(owner, "base_url", None):
        found[GenAI.PROVIDER_NAME] = _provider(owner)
    for name, attribute in _PARAMETERS.items():
        value = getattr(owner, name, None)
        if isinstance(value, int | float):
            found[attribute] = value
    stop = next((value for name in _STOPS if (value := getattr(owner, name, None))), None)
    if isinstance(stop, str | Sequence):
        found[GenAI.REQUEST_STOP_SEQUENCES] = [stop] if isinstance(stop, str) else list(stop)
    return found


def _provider(owner: Any) -> str | None:
    provider = getattr(owner, "provider", None)
    return _PROVIDERS.get(provider, str(provider).lower()) if provider else None


def _answer_id(pieces: list[ModelResponse]) -> str | None:
    for piece in pieces:
        told = piece.provider_data or {}
        found = told.get("id") or told.get("response_id")
        if found:
            return str(found)
    return None


def _is_of(owner: Any, package: str) -> bool:
    return any(kind.__module__.startswith(package) for kind in type(owner).__mro__)
