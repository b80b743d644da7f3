"""Logfire, and Pydantic AI's own spans, over OTel GenAI names."""

from collections.abc import Mapping
from typing import Any

from agentops.semconv import SpanKind
from agentops_dashboard.semantics.convention import Convention
from agentops_dashboard.semantics.messages import normalise
from agentops_dashboard.semantics.record import RawSpan, SpanRecord
from agentops_dashboard.semantics.values import as_data, as_strings

__all__ = ["LOGFIRE", "resolve_pending"]

_PENDING_PARENT = "logfire.pending_parent_id"


def resolve_pending(raw: RawSpan) -> RawSpan:
    """Turn a pending span into the start record that it is.

    Logfire announces an open span by a finished one of zero length: its parent is the span that it announces, and
    ``logfire.pending_parent_id`` is that span's real parent.
    """
    if raw.attributes.get("logfire.span_type") != "pending_span" or raw.parent_id is None:
        return raw
    parent = str(raw.attributes.get(_PENDING_PARENT) or "")
    raw.span_id = raw.parent_id
    raw.parent_id = parent if len(parent) == 16 and parent.strip("0") else None
    raw.end_ns = 0
    return raw


def _finish(record: SpanRecord, attributes: Mapping[str, Any]) -> None:
    message = attributes.get("logfire.msg")
    if type(message) is str and message and not record.kind:
        record.name = message
    if not record.kind and "agent_name" in attributes and "model_name" in attributes:
        record.kind = SpanKind.AGENT
    if record.input is None:
        for name in ("pydantic_ai.all_messages", "all_messages_events", "request_data", "tool_arguments"):
            if name in attributes:
                record.input = normalise(attributes[name])
                break
    if record.output is None:
        for name in ("final_result", "tool_response", "response_data", "return"):
            if name in attributes:
                record.output = as_data(attributes[name])
                break
    record.tags += [tag for tag in as_strings(attributes.get("logfire.tags")) if tag not in record.tags]


LOGFIRE = Convention(
    name="logfire",
    fields={"agent_name": "agent", "tool_name": "tool"},
    prefixes=("logfire.", "pydantic_ai."),
    consumed=(
        "pydantic_ai.all_messages", "all_messages_events", "final_result", "tool_arguments", "tool_response",
        "request_data", "response_data", "logfire.json_schema", "logfire.msg_template",
    ),
    finish=_finish,
)  # fmt: skip
