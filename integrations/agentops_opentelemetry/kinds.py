"""What a foreign span is: its kind in our tree, and the name of what it ran."""

from collections.abc import Mapping
from typing import Any, Final

from agentops.semconv import GenAI, Operation, SpanKind
from agentops_opentelemetry.conversations import parsed

__all__ = [
    "ENTITY_NAME",
    "INVOCATION_PARAMETERS",
    "kind_of",
    "name_of",
    "operation_in",
    "presumed_kind",
    "requested_model",
]

Attributes = Mapping[str, Any]

_OPERATIONS: Final = {
    Operation.INVOKE_AGENT: SpanKind.AGENT,
    Operation.CHAT: SpanKind.LLM,
    Operation.GENERATE_CONTENT: SpanKind.LLM,
    Operation.TEXT_COMPLETION: SpanKind.LLM,
    Operation.EXECUTE_TOOL: SpanKind.TOOL,
    Operation.INVOKE_WORKFLOW: SpanKind.WORKFLOW,
    Operation.EMBEDDINGS: SpanKind.EMBEDDING,
    Operation.RETRIEVAL: SpanKind.RETRIEVER,
    "invoke_swarm": SpanKind.WORKFLOW,
    "invoke_graph": SpanKind.WORKFLOW,
    "workflow.run": SpanKind.WORKFLOW,
}
_OPENINFERENCE: Final = {
    "LLM": SpanKind.LLM,
    "CHAIN": SpanKind.CHAIN,
    "AGENT": SpanKind.AGENT,
    "TOOL": SpanKind.TOOL,
    "RETRIEVER": SpanKind.RETRIEVER,
    "RERANKER": SpanKind.RETRIEVER,
    "EMBEDDING": SpanKind.EMBEDDING,
    "GUARDRAIL": SpanKind.GUARDRAIL,
    "EVALUATOR": SpanKind.OPERATION,
    "PROMPT": SpanKind.OPERATION,
}
_TRACELOOP: Final = {
    "workflow": SpanKind.WORKFLOW,
    "task": SpanKind.TASK,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
}
_REQUEST_TYPES: Final = {
    "chat": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "embedding": SpanKind.EMBEDDING,
    "rerank": SpanKind.RETRIEVER,
}
_OLD_NAMES: Final = {
    "agent run": Operation.INVOKE_AGENT,
    "running tool": Operation.EXECUTE_TOOL,
    "running output function": Operation.EXECUTE_TOOL,
}
"""Span names of Pydantic AI 1, whose spans of agents and tools have no operation."""
_PROVIDERS: Final = {
    "anthropic",
    "bedrock",
    "cohere",
    "google_genai",
    "google_generativeai",
    "groq",
    "mistralai",
    "ollama",
    "openai",
    "together",
    "vertexai",
}
"""Libraries that do nothing but ask models, in the scopes of their instrumentations."""
INVOCATION_PARAMETERS: Final = "llm.invocation_parameters"
ENTITY_NAME: Final = "traceloop.entity.name"
_NAMES: Final = {
    SpanKind.AGENT: (GenAI.AGENT_NAME, "agent.name", "agent_name", ENTITY_NAME),
    SpanKind.TOOL: (GenAI.TOOL_NAME, "tool.name", ENTITY_NAME),
    SpanKind.LLM: (GenAI.REQUEST_MODEL, "llm.model_name", GenAI.RESPONSE_MODEL),
    SpanKind.EMBEDDING: (GenAI.REQUEST_MODEL, "embedding.model_name", GenAI.RESPONSE_MODEL),
    SpanKind.WORKFLOW: (GenAI.WORKFLOW_NAME, "workflow.name", ENTITY_NAME, GenAI.AGENT_NAME),
}


def operation_in(name: str) -> str | None:
    """Return the GenAI operation with which a span's name begins, as the conventions ask; None if there is none."""
    if name in _OLD_NAMES:
        return _OLD_NAMES[name]
    first = name.partition(" ")[0]
    return first if first in _OPERATIONS else None


def kind_of(name: str, attributes: Attributes) -> str | None:
    """Return the kind of a span in our tree; None for one that is no part of it (yet: attributes may follow)."""
    operation = attributes.get(GenAI.OPERATION_NAME)
    if operation is not None:
        return _OPERATIONS.get(str(operation))
    kind = attributes.get("openinference.span.kind")
    if kind is not None:
        return _OPENINFERENCE.get(str(kind).upper(), SpanKind.OPERATION)
    kind = attributes.get("traceloop.span.kind")
    if kind is not None:
        return _TRACELOOP.get(str(kind), SpanKind.OPERATION)
    kind = attributes.get("llm.request.type")
    if kind is not None:
        return _REQUEST_TYPES.get(str(kind), SpanKind.OPERATION)
    operation = operation_in(name)
    return _OPERATIONS[operation] if operation is not None else None


def requested_model(attributes: Attributes) -> Any:
    """Return the model that was asked for; None if it is not said. OpenInference's own name is the answering one's."""
    settings = parsed(attributes.get(INVOCATION_PARAMETERS))
    said = settings.get("model") if isinstance(settings, dict) else None
    return attributes.get(GenAI.REQUEST_MODEL) or said


def presumed_kind(scope: str, name: str) -> str | None:
    """Return what a span of OpenInference or OpenLLMetry will be, as far as one can tell before it says so.

    Both give their attributes when the work is done, and by then what happened inside has long been recorded.
    """
    is_openinference = scope.startswith("openinference.")
    if not is_openinference and not scope.startswith("opentelemetry.instrumentation."):
        return None
    if any(part in _PROVIDERS for part in scope.split(".")):
        return SpanKind.EMBEDDING if "embed" in name.lower() else SpanKind.LLM
    if is_openinference:
        return SpanKind.CHAIN
    entity = name.rpartition(".")[2]
    return _TRACELOOP.get(entity) or _REQUEST_TYPES.get(entity)


def name_of(kind: str, name: str, attributes: Attributes) -> str:
    """Return the name of what ran: the agent's, the tool's or the model's, without the operation before it."""
    model = requested_model(attributes) if kind == SpanKind.LLM else None
    if model:
        return str(model)
    for attribute in _NAMES.get(kind, (ENTITY_NAME,)):
        if attributes.get(attribute):
            return str(attributes[attribute])
    operation = operation_in(name)
    if operation is None:
        entity, _, suffix = name.rpartition(".")
        return entity if entity and suffix in _TRACELOOP else name
    target = name.removeprefix(operation).strip()
    return target or ("model" if kind == SpanKind.LLM else operation.removeprefix("invoke_"))
