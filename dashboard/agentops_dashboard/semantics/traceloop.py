"""OpenLLMetry (Traceloop): workflows and tasks over the older GenAI names.

Source: https://github.com/traceloop/openllmetry, package opentelemetry-semantic-conventions-ai
"""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import SpanKind
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_data, as_text

__all__ = ["TRACELOOP"]

_ASSOCIATED = "traceloop.association.properties."
_REQUEST_KINDS = {
    "chat": SpanKind.LLM, "completion": SpanKind.LLM, "rerank": SpanKind.RETRIEVER, "embedding": SpanKind.EMBEDDING,
}  # fmt: skip


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    if not record.kind:
        record.kind = _REQUEST_KINDS.get(str(attributes.get("llm.request.type", "")).lower(), "")
    if record.input is None:
        record.input = _entity(attributes.get("traceloop.entity.input"), "inputs")
    if record.output is None:
        record.output = _entity(attributes.get("traceloop.entity.output"), "outputs")
    entity = as_text(attributes.get("traceloop.entity.name"))
    if record.kind == SpanKind.TOOL and record.tool is None:
        record.tool = entity
    if record.kind == SpanKind.AGENT and record.agent is None:
        record.agent = entity
    properties = {key[len(_ASSOCIATED) :]: value for key, value in attributes.items() if key.startswith(_ASSOCIATED)}
    if properties and record.parent_id is None:
        record.facts.metadata = properties


def _entity(value: Any, member: str) -> Any:
    """Inputs are wrapped: ``{"inputs": …, "tags": [], "metadata": {}, "kwargs": {}}``."""
    data = as_data(value)
    return data[member] if type(data) is dict and data.get(member) else data


TRACELOOP = Convention(
    name="traceloop",
    fields={
        "llm.usage.prompt_tokens": "input_tokens",
        "llm.usage.completion_tokens": "output_tokens",
        "llm.usage.cache_read_input_tokens": "cached_tokens",
        "llm.usage.cache_creation_input_tokens": "cache_write_tokens",
        "llm.usage.reasoning_tokens": "reasoning_tokens",
        "llm.response.finish_reason": "finish_reason",
        "llm.response.stop_reason": "finish_reason",
        _ASSOCIATED + "session_id": "session_id",
        _ASSOCIATED + "user_id": "user",
    },
    kind_attribute="traceloop.span.kind",
    kinds={
        "workflow": SpanKind.WORKFLOW,
        "task": SpanKind.TASK,
        "agent": SpanKind.AGENT,
        "tool": SpanKind.TOOL,
        "unknown": SpanKind.OPERATION,
    },
    prefixes=("traceloop.", "llm."),
    consumed=("traceloop.entity.input", "traceloop.entity.output"),
    finish=_finish,
)
