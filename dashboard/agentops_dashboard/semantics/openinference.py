"""OpenInference (Arize Phoenix and its instrumentations).

Source: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import Session as SessionName
from agentops.semconv import Span as SpanName
from agentops.semconv import SpanKind
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.messages import from_chat, has_prefix, unflatten
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_data, as_object, as_strings

__all__ = ["OPENINFERENCE"]


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    if record.kind == SpanKind.LLM:
        if has_prefix(attributes, "llm.input_messages."):
            record.input = _messages(attributes, "llm.input_messages")
        if has_prefix(attributes, "llm.output_messages."):
            record.output = _messages(attributes, "llm.output_messages")
    if record.output is None and has_prefix(attributes, "retrieval.documents."):
        documents = unflatten(attributes, "retrieval.documents")
        record.output = [item.get("document", item) if type(item) is dict else item for item in documents]
    if record.input is None:
        parameters = attributes.get("tool.parameters") if record.kind == SpanKind.TOOL else None
        record.input = as_data(attributes.get(SpanName.INPUT, parameters))
    if record.output is None:
        record.output = as_data(attributes.get(SpanName.OUTPUT))
    record.tags += [tag for tag in as_strings(attributes.get("tag.tags")) if tag not in record.tags]
    metadata = as_object(attributes.get("metadata"))
    if metadata and record.parent_id is None:
        record.facts.metadata = metadata
    if record.kind == SpanKind.AGENT and record.agent is None:
        record.agent = record.name


def _messages(attributes: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    found = unflatten(attributes, prefix)
    return [from_chat(item.get("message", item) if type(item) is dict else item) for item in found]


OPENINFERENCE = Convention(
    name="openinference",
    fields={
        "agent.name": "agent",
        "tool.name": "tool",
        "llm.model_name": "model",
        "embedding.model_name": "model",
        "llm.provider": "provider",
        "llm.system": "provider",
        "llm.token_count.prompt": "input_tokens",
        "llm.token_count.completion": "output_tokens",
        "llm.token_count.prompt_details.cache_read": "cached_tokens",
        "llm.token_count.prompt_details.cache_write": "cache_write_tokens",
        "llm.token_count.completion_details.reasoning": "reasoning_tokens",
        "llm.cost.total": "cost_nano",
        "session.id": "session_id",
        SessionName.USER_ID: "user",
    },
    kind_attribute="openinference.span.kind",
    kinds={
        "llm": SpanKind.LLM,
        "chain": SpanKind.CHAIN,
        "agent": SpanKind.AGENT,
        "tool": SpanKind.TOOL,
        "retriever": SpanKind.RETRIEVER,
        "reranker": SpanKind.RETRIEVER,
        "embedding": SpanKind.EMBEDDING,
        "guardrail": SpanKind.GUARDRAIL,
        "evaluator": SpanKind.OPERATION,
        "prompt": SpanKind.OPERATION,
        "unknown": SpanKind.OPERATION,
    },
    prefixes=(
        "openinference.", "llm.", "input.", "output.", "tool.", "tag.", "session.", "embedding.", "retrieval.",
        "reranker.", "document.", "graph.", "prompt.", "metadata", "user.", "agent.",
    ),
    consumed=("llm.input_messages.", "llm.output_messages.", "input.value", "output.value", "retrieval.documents.",
              "tool.parameters"),
    finish=_finish,
)  # fmt: skip
