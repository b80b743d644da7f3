"""The Vercel AI SDK's ``ai.*`` attributes.

Source: https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import SpanKind
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.messages import normalise
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.semantics.values import as_data

__all__ = ["VERCEL"]

_METADATA = "ai.telemetry.metadata."


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    operation = str(attributes.get("ai.operationId") or "")
    if not operation:
        return
    if operation == "ai.toolCall":
        record.kind = SpanKind.TOOL
    elif operation.endswith((".doGenerate", ".doStream")):
        record.kind = SpanKind.LLM
    elif operation.endswith((".doEmbed", ".embed", ".embedMany")):
        record.kind = SpanKind.EMBEDDING if operation.endswith(".doEmbed") else SpanKind.CHAIN
    else:
        # The call as a whole repeats the usage of its steps.
        record.kind = SpanKind.CHAIN
    if record.input is None:
        for name in ("ai.toolCall.args", "ai.prompt.messages", "ai.prompt"):
            if name in attributes:
                record.input = normalise(attributes[name])
                break
    if record.output is None:
        for name in ("ai.toolCall.result", "ai.response.text", "ai.response.toolCalls", "ai.response.object"):
            if attributes.get(name):
                record.output = as_data(attributes[name])
                break
    metadata = {key[len(_METADATA) :]: value for key, value in attributes.items() if key.startswith(_METADATA)}
    if metadata and record.parent_id is None:
        record.facts.metadata = metadata


VERCEL = Convention(
    name="vercel",
    fields={
        "ai.toolCall.name": "tool",
        "ai.response.model": "model",
        "ai.model.id": "model",
        "ai.model.provider": "provider",
        "ai.usage.promptTokens": "input_tokens",
        "ai.usage.inputTokens": "input_tokens",
        "ai.usage.completionTokens": "output_tokens",
        "ai.usage.outputTokens": "output_tokens",
        "ai.usage.cachedInputTokens": "cached_tokens",
        "ai.usage.reasoningTokens": "reasoning_tokens",
        "ai.response.finishReason": "finish_reason",
        "ai.finishReason": "finish_reason",
        _METADATA + "sessionId": "session_id",
        _METADATA + "userId": "user",
    },
    prefixes=("ai.",),
    consumed=(
        "ai.toolCall.args", "ai.toolCall.result", "ai.prompt", "ai.prompt.messages", "ai.response.text",
        "ai.response.toolCalls", "ai.response.object",
    ),
    finish=_finish,
)  # fmt: skip
