"""Builders for what models read and write, in the shape of the OpenTelemetry GenAI conventions.

Shape: a list of ``{"role", "parts", "finish_reason"?}``, each part ``{"type": "text" | "reasoning", "content"}``,
``{"type": "tool_call", "id", "name", "arguments"}`` or ``{"type": "tool_call_response", "id", "response"}``.
Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ (``gen_ai.input.messages`` and its JSON schema).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agentops.sdk.values import Snapshot
from agentops.semconv import GenAI

__all__ = ["Message", "Part", "Snapshot", "Usage", "blob", "message", "reasoning", "text", "tool_call", "tool_result"]

Part = dict[str, Any]
Message = dict[str, Any]


def text(content: object) -> Part:
    """Return a text part."""
    return {"type": "text", "content": content}


def reasoning(content: object) -> Part:
    """Return a part with the model's reasoning ("thinking")."""
    return {"type": "reasoning", "content": content}


def tool_call(name: str | None, arguments: object, call_id: str | None = None) -> Part:
    """Return a part in which the model asks for a tool. Arguments given as JSON text are parsed where they can be."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": _parsed(arguments)}


def tool_result(response: object, call_id: str | None = None) -> Part:
    """Return a part that carries a tool's result back to the model."""
    return {"type": "tool_call_response", "id": call_id, "response": response}


def blob(modality: str, mime_type: str | None, content: str) -> Part:
    """Return a part with inline data (an image, sound): base64 text or a ``data:`` URL."""
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": content}


def message(role: str, parts: Iterable[Part] | str, finish_reason: str | None = None) -> Message:
    """Return a message. ``parts`` may be the text itself. Roles: ``system user assistant tool``."""
    body = [text(parts)] if isinstance(parts, str) else list(parts)
    result: Message = {"role": role, "parts": body}
    if finish_reason is not None:
        result["finish_reason"] = finish_reason
    return result


def _parsed(arguments: object) -> object:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call; None is "not reported", which is not zero.

    ``input_tokens`` includes what was read from and written to a cache, ``output_tokens`` includes reasoning
    (OpenTelemetry's reading). Providers that report them apart must be added up at the integration's border.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int | None = None
    cache_creation: int | None = None
    reasoning: int | None = None

    def attributes(self) -> dict[str, object]:
        """Return the span attributes for what was reported."""
        values = {
            GenAI.USAGE_INPUT_TOKENS: self.input_tokens,
            GenAI.USAGE_OUTPUT_TOKENS: self.output_tokens,
            GenAI.USAGE_CACHE_READ: self.cache_read,
            GenAI.USAGE_CACHE_CREATION: self.cache_creation,
            GenAI.USAGE_REASONING: self.reasoning,
        }
        return {name: value for name, value in values.items() if value is not None}
