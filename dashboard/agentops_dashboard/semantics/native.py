"""Spans as agentops itself records them: ``agentops.*`` over OTel GenAI names."""

from typing import Any

import orjson

from agentops.semconv import GenAI, Resource, Session, Span, SpanKind, SpanStatus
from agentops_dashboard.semantics.record import RawSpan, SpanRecord, TraceFacts

__all__ = ["understand"]

_KNOWN = frozenset(
    {
        Span.KIND, Span.STATUS, Span.SEQ, Span.VERSION, Session.ID, Session.TAGS, GenAI.INPUT_MESSAGES,
        GenAI.OUTPUT_MESSAGES, GenAI.TOOL_CALL_ARGUMENTS, GenAI.TOOL_CALL_RESULT, Span.INPUT, Span.OUTPUT,
        Session.METADATA,
    }
)  # fmt: skip


def understand(raw: RawSpan) -> SpanRecord:
    """Turn a span of our own recorder into the internal form."""
    a = raw.attributes
    kind = str(a.get(Span.KIND) or SpanKind.OPERATION)
    record = SpanRecord(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        version=_integer(a.get(Span.VERSION)) or 1,
        kind=kind,
        name=raw.name or kind,
        status=str(a.get(Span.STATUS) or SpanStatus.OK),
        start_ns=raw.start_ns,
        end_ns=raw.end_ns or None,
        seq=_integer(a.get(Span.SEQ)),
        agent=_text(a.get(GenAI.AGENT_NAME)),
        tool=_text(a.get(GenAI.TOOL_NAME)),
        model=_text(a.get(GenAI.RESPONSE_MODEL) or a.get(GenAI.REQUEST_MODEL)),
        provider=_text(a.get(GenAI.PROVIDER_NAME)),
        origin=_text(a.get(Span.ORIGIN)),
        input_tokens=_integer(a.get(GenAI.USAGE_INPUT_TOKENS)),
        output_tokens=_integer(a.get(GenAI.USAGE_OUTPUT_TOKENS)),
        cached_tokens=_integer(a.get(GenAI.USAGE_CACHE_READ)),
        cache_write_tokens=_integer(a.get(GenAI.USAGE_CACHE_CREATION)),
        reasoning_tokens=_integer(a.get(GenAI.USAGE_REASONING)),
        swallowed=_text(a.get(Span.SWALLOWED_ERROR)),
        attempt=_integer(a.get(Span.ATTEMPT)),
        input=_content(a, GenAI.INPUT_MESSAGES, GenAI.TOOL_CALL_ARGUMENTS, Span.INPUT),
        output=_content(a, GenAI.OUTPUT_MESSAGES, GenAI.TOOL_CALL_RESULT, Span.OUTPUT),
        tags=[str(tag) for tag in a.get(Session.TAGS) or ()],
        attributes={key: value for key, value in a.items() if key not in _KNOWN},
        events=raw.events,
        resource=raw.resource,
        facts=_facts(raw, kind),
    )
    _take_error(record, raw)
    return record


def _facts(raw: RawSpan, kind: str) -> TraceFacts:
    a = raw.attributes
    facts = TraceFacts(session_id=raw.trace_id, user=_text(a.get(Session.USER_ID)), is_native=True)
    if kind == SpanKind.SESSION:
        facts.is_root = True
        facts.name = raw.name
        facts.state = _text(a.get(Session.STATE))
        facts.end_reason = _text(a.get(Session.END_REASON))
        facts.parent_session_id = _text(a.get(Session.PARENT_ID))
        facts.parent_span_id = _text(a.get(Session.PARENT_SPAN_ID))
        metadata = _json(a.get(Session.METADATA))
        facts.metadata = metadata if isinstance(metadata, dict) else None
    return facts


def _take_error(record: SpanRecord, raw: RawSpan) -> None:
    record.error_type = _text(raw.attributes.get(Span.ERROR_TYPE))
    for event in raw.events:
        if event["name"] == Span.EVENT_EXCEPTION:
            values = event["attributes"]
            record.error_type = record.error_type or _text(values.get(Span.EXCEPTION_TYPE))
            record.error_message = _text(values.get(Span.EXCEPTION_MESSAGE))
            record.error_stack = _text(values.get(Span.EXCEPTION_STACKTRACE))
    if raw.status_code == 2 and record.error_message is None:
        record.error_message = raw.status_message or None


def _content(attributes: dict[str, Any], *names: str) -> Any:
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return _json(value)
    return None


def _json(value: Any) -> Any:
    """JSON text becomes data, any other text stays text."""
    if type(value) is str and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _integer(value: Any) -> int | None:
    return value if type(value) is int else None


RESOURCE_FACTS = (Resource.SERVICE_NAME, Resource.ENVIRONMENT, Resource.FRAMEWORKS, Resource.HOST_NAME)
