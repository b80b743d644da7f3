"""OpenTelemetry GenAI conventions: today's names, and those of 2024 that senders still use.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ and its changelog of renamed attributes.
"""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import GenAI, Operation, SpanKind
from agentops.semconv import Session as SessionName
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.messages import from_chat, has_prefix, normalise, unflatten
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_data

__all__ = ["OTEL_GENAI"]

_ROLES = {
    "gen_ai.system.message": "system", "gen_ai.user.message": "user", "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}  # fmt: skip


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    if not record.kind:
        record.kind = _kind_by_shape(attributes)
    if record.input is None:
        record.input = _messages(attributes, GenAI.INPUT_MESSAGES, "gen_ai.prompt")
    if record.output is None:
        record.output = _messages(attributes, GenAI.OUTPUT_MESSAGES, "gen_ai.completion")
    if record.kind == SpanKind.TOOL:
        record.input = _first(record.input, as_data(attributes.get(GenAI.TOOL_CALL_ARGUMENTS)))
        record.output = _first(record.output, as_data(attributes.get(GenAI.TOOL_CALL_RESULT)))
    _read_events(record)
    details = attributes.get(GenAI.RESPONSE_TIME_TO_FIRST_CHUNK)
    if details is None and record.first_token_ns is None and record.kind == SpanKind.LLM:
        record.first_token_ns = _first_token(record)


def _kind_by_shape(attributes: Mapping[str, Any]) -> str:
    """Spans from before ``gen_ai.operation.name``."""
    if GenAI.TOOL_NAME in attributes:
        return SpanKind.TOOL
    return SpanKind.LLM if GenAI.REQUEST_MODEL in attributes or "gen_ai.system" in attributes else ""


def _messages(attributes: Mapping[str, Any], name: str, flat: str) -> Any:
    if name in attributes:
        return normalise(attributes[name])
    if flat in attributes:
        return normalise(attributes[flat])
    if has_prefix(attributes, flat + "."):
        return [from_chat(item) for item in unflatten(attributes, flat)]
    return None


def _first(value: Any, other: Any) -> Any:
    return other if value is None else value


def _read_events(record: SpanRecord) -> None:
    """Messages as span events: one event each (2024), or all in one (``gen_ai.content.*``, operation details)."""
    asked: list[dict[str, Any]] = []
    answered: list[dict[str, Any]] = []
    for event in record.events:
        name, values = event["name"], event["attributes"]
        if name in _ROLES:
            asked.append(from_chat({"role": _ROLES[name], **values}))
        elif name == "gen_ai.choice":
            message = as_data(values.get("message")) if "message" in values else values
            answered.append(from_chat({"role": "assistant", **(message if type(message) is dict else {})}))
        elif name == "gen_ai.content.prompt":
            record.input = _first(record.input, normalise(values.get("gen_ai.prompt")))
        elif name == "gen_ai.content.completion":
            record.output = _first(record.output, normalise(values.get("gen_ai.completion")))
        elif name == "gen_ai.client.inference.operation.details":
            record.input = _first(record.input, normalise(values.get(GenAI.INPUT_MESSAGES)))
            record.output = _first(record.output, normalise(values.get(GenAI.OUTPUT_MESSAGES)))
    record.input = _first(record.input, asked or None)
    record.output = _first(record.output, answered or None)


def _first_token(record: SpanRecord) -> int | None:
    for event in record.events:
        if event["name"] in (
            "gen_ai.content.completion.chunk",
            "llm.content.completion.chunk",
            "First Token Stream Event",
        ):
            return max(int(event["time_ns"]) - record.start_ns, 0)
    return None


OTEL_GENAI = Convention(
    name="otel",
    fields={
        GenAI.AGENT_NAME: "agent",
        GenAI.TOOL_NAME: "tool",
        GenAI.RESPONSE_MODEL: "model",
        GenAI.REQUEST_MODEL: "model",
        GenAI.PROVIDER_NAME: "provider",
        "gen_ai.system": "provider",
        GenAI.USAGE_INPUT_TOKENS: "input_tokens",
        "gen_ai.usage.prompt_tokens": "input_tokens",
        GenAI.USAGE_OUTPUT_TOKENS: "output_tokens",
        "gen_ai.usage.completion_tokens": "output_tokens",
        GenAI.USAGE_CACHE_READ: "cached_tokens",
        "gen_ai.usage.cache_read_input_tokens": "cached_tokens",
        "gen_ai.usage.details.cache_read_tokens": "cached_tokens",
        GenAI.USAGE_CACHE_CREATION: "cache_write_tokens",
        "gen_ai.usage.cache_creation_input_tokens": "cache_write_tokens",
        "gen_ai.usage.details.cache_write_tokens": "cache_write_tokens",
        GenAI.USAGE_REASONING: "reasoning_tokens",
        "gen_ai.usage.reasoning_tokens": "reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens": "reasoning_tokens",
        "gen_ai.usage.cost": "cost_nano",
        GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: "first_token_ns",
        "gen_ai.server.time_to_first_token": "first_token_ns",
        GenAI.RESPONSE_FINISH_REASONS: "finish_reason",
        "gen_ai.response.finish_reason": "finish_reason",
        GenAI.CONVERSATION_ID: "session_id",
        SessionName.USER_ID: "user",
    },
    kind_attribute=GenAI.OPERATION_NAME,
    kinds={
        Operation.CHAT: SpanKind.LLM,
        Operation.TEXT_COMPLETION: SpanKind.LLM,
        Operation.GENERATE_CONTENT: SpanKind.LLM,
        Operation.EMBEDDINGS: SpanKind.EMBEDDING,
        Operation.RETRIEVAL: SpanKind.RETRIEVER,
        Operation.EXECUTE_TOOL: SpanKind.TOOL,
        Operation.CREATE_AGENT: SpanKind.OPERATION,
        Operation.INVOKE_AGENT: SpanKind.AGENT,
        Operation.INVOKE_WORKFLOW: SpanKind.WORKFLOW,
    },
    prefixes=("gen_ai.",),
    consumed=(
        GenAI.INPUT_MESSAGES, GenAI.OUTPUT_MESSAGES, GenAI.TOOL_CALL_ARGUMENTS, GenAI.TOOL_CALL_RESULT, "gen_ai.prompt",
        "gen_ai.completion", "gen_ai.prompt.", "gen_ai.completion.",
    ),
    finish=_finish,
)  # fmt: skip
