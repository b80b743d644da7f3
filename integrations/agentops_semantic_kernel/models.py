"""Model calls: what a service is asked, what it answers, and what that used."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final

from agentops import Span
from agentops.chat_format import usage_of
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops_semantic_kernel.contents import messages_of, output_messages

__all__ = ["EmbeddingRecording", "ModelRecording"]

_PROVIDERS: Final = {
    "azureai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "googleai": "gcp.gemini",
    "mistralai": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
}
"""Semantic Kernel's words for who serves a model, where OpenTelemetry has others."""
_SETTINGS: Final = {
    "temperature": GenAI.REQUEST_TEMPERATURE,
    "top_p": GenAI.REQUEST_TOP_P,
    "top_k": GenAI.REQUEST_TOP_K,
    "max_tokens": GenAI.REQUEST_MAX_TOKENS,
    "max_completion_tokens": GenAI.REQUEST_MAX_TOKENS,
    "seed": GenAI.REQUEST_SEED,
    "frequency_penalty": GenAI.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": GenAI.REQUEST_PRESENCE_PENALTY,
    "stop": GenAI.REQUEST_STOP_SEQUENCES,
    "tools": GenAI.TOOL_DEFINITIONS,
}


class ModelRecording(Recording):
    """Each request to a service is an ``llm`` span; the loop in which it asks for functions is none."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a request, unless somebody's model is made of this service and recorded already."""
        if outer is not None and outer.span.kind == SpanKind.LLM:
            return None
        settings = given.get("settings")
        model = getattr(settings, "ai_model_id", None) or owner.ai_model_id
        asked = messages_of(given.get("chat_history", given.get("prompt")))
        attributes = {**_request(owner, model), **_parameters(settings)}
        return self.recorder.start(SpanKind.LLM, model, input=asked, attributes=attributes)

    def note(self, call: Call, item: Any) -> None:
        """Keep the pieces of a streamed answer, and when the first one came."""
        pieces = [piece for piece in item if piece is not None]
        if call.result is None:
            seconds = (call.span.session.now_ns() - call.span.start_ns) / 1e9
            call.span.set({GenAI.REQUEST_STREAM: True, GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: seconds})
            call.result = []
        call.result.extend(pieces)

    def finish(self, call: Call, result: Any) -> None:
        """Record the answers and the tokens."""
        pieces = result or []
        answers = _joined(pieces) if GenAI.REQUEST_STREAM in call.span.attributes else pieces
        reasons = [answer.finish_reason.value for answer in answers if getattr(answer, "finish_reason", None)]
        facts = {GenAI.RESPONSE_FINISH_REASONS: reasons or None, **_usage(pieces)}
        if answers:
            facts[GenAI.RESPONSE_ID] = answers[0].metadata.get("id")
        self.recorder.end(call.span, output=output_messages(answers), attributes=facts)


class EmbeddingRecording(Recording):
    """Texts that are embedded."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a request."""
        attributes = _request(owner, owner.ai_model_id)
        return self.recorder.start(
            SpanKind.EMBEDDING, owner.ai_model_id, input=given.get("texts"), attributes=attributes
        )

    def finish(self, call: Call, result: Any) -> None:
        """End it; the vectors say nothing to a reader."""
        self.recorder.end(call.span)


def _request(owner: Any, model: str) -> dict[str, Any]:
    provider = getattr(owner, "MODEL_PROVIDER_NAME", None)
    return {GenAI.REQUEST_MODEL: model, GenAI.PROVIDER_NAME: _PROVIDERS.get(str(provider), provider)}


def _parameters(settings: Any) -> dict[str, Any]:
    """Return what was set; settings of no service in particular keep all of it aside."""
    extra = getattr(settings, "extension_data", None) or {}
    found = {ours: getattr(settings, name, extra.get(name)) for name, ours in _SETTINGS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _joined(pieces: Sequence[Any]) -> list[Any]:
    """Put the pieces of a stream together, for each choice."""
    choices: dict[int, list[Any]] = {}
    for piece in pieces:
        choices.setdefault(piece.choice_index, []).append(piece)
    return [reduce(lambda first, second: first + second, choice) for _, choice in sorted(choices.items())]


def _usage(answers: Sequence[Any]) -> dict[str, object]:
    """Return the tokens as last reported: each choice repeats them, and a stream may tell them bit by bit."""
    usage: dict[str, object] = {}
    for answer in answers:
        usage.update(usage_of(answer.metadata.get("usage")).attributes())
    return usage
