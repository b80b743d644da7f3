"""Spans as agentops itself records them: ``agentops.*`` over OTel GenAI names."""

from typing import Any

from agentops.semconv import SESSION_STATES, SPAN_KINDS, SPAN_STATUSES, GenAI, Session, Span, SpanKind, SpanStatus
from agentops_dashboard.semantics.errors import take_error
from agentops_dashboard.semantics.record import RawSpan, SpanRecord, TraceFacts
from agentops_dashboard.semantics.values import (
    as_data,
    as_first_text,
    as_integer,
    as_nano,
    as_object,
    as_seconds_ns,
    as_session_id,
    as_strings,
    as_text,
)

__all__ = ["is_native", "understand_native"]

_MARKS = frozenset({Span.SEQ, Span.VERSION, Session.ID})
_TAKEN = frozenset(
    {
        Span.KIND, Span.STATUS, Span.SEQ, Span.VERSION, Span.ORIGIN, Session.ID, Session.TAGS, Session.METADATA,
        Session.STATE, Session.SPAN_COUNT, Session.PARENT_ID, Session.PARENT_SPAN_ID, GenAI.INPUT_MESSAGES,
        GenAI.OUTPUT_MESSAGES, GenAI.TOOL_CALL_ARGUMENTS, GenAI.TOOL_CALL_RESULT, Span.INPUT, Span.OUTPUT,
        Span.SWALLOWED_ERROR, Span.ATTEMPT, Span.COST_SOURCE, Session.NAME,
    }
)  # fmt: skip
_INPUTS = (GenAI.INPUT_MESSAGES, GenAI.TOOL_CALL_ARGUMENTS, Span.INPUT)
_OUTPUTS = (GenAI.OUTPUT_MESSAGES, GenAI.TOOL_CALL_RESULT, Span.OUTPUT)


def is_native(raw: RawSpan) -> bool:
    """Say whether our own recorder, or our own export, wrote a span."""
    return not _MARKS.isdisjoint(raw.attributes)


def understand_native(raw: RawSpan) -> SpanRecord:
    """Turn a span of our own recorder into the internal form."""
    a = raw.attributes
    kind, status = str(a.get(Span.KIND)), str(a.get(Span.STATUS))
    if kind not in SPAN_KINDS:
        kind = SpanKind.OPERATION
    end_ns = raw.end_ns or None
    if status not in SPAN_STATUSES or (end_ns is None) != (status == SpanStatus.RUNNING):
        status = SpanStatus.RUNNING if end_ns is None else SpanStatus.ERROR if raw.status_code == 2 else SpanStatus.OK
    cost_nano, cost_source = as_nano(a.get(Span.COST_USD)), as_text(a.get(Span.COST_SOURCE))
    record = SpanRecord(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        version=as_integer(a.get(Span.VERSION)) or 1,
        kind=kind,
        name=raw.name or kind,
        status=status,
        start_ns=raw.start_ns,
        end_ns=end_ns,
        seq=as_integer(a.get(Span.SEQ)),
        agent=as_text(a.get(GenAI.AGENT_NAME)),
        tool=as_text(a.get(GenAI.TOOL_NAME)),
        model=as_text(a.get(GenAI.RESPONSE_MODEL) or a.get(GenAI.REQUEST_MODEL)),
        provider=as_text(a.get(GenAI.PROVIDER_NAME)),
        origin=as_text(a.get(Span.ORIGIN)),
        input_tokens=as_integer(a.get(GenAI.USAGE_INPUT_TOKENS)),
        output_tokens=as_integer(a.get(GenAI.USAGE_OUTPUT_TOKENS)),
        cached_tokens=as_integer(a.get(GenAI.USAGE_CACHE_READ)),
        cache_write_tokens=as_integer(a.get(GenAI.USAGE_CACHE_CREATION)),
        reasoning_tokens=as_integer(a.get(GenAI.USAGE_REASONING)),
        cost_nano=cost_nano,
        cost_source=None if cost_nano is None else cost_source or "reported",
        first_token_ns=as_seconds_ns(a.get(GenAI.RESPONSE_TIME_TO_FIRST_CHUNK)),
        swallowed=as_text(a.get(Span.SWALLOWED_ERROR)),
        attempt=as_integer(a.get(Span.ATTEMPT)),
        finish_reason=as_first_text(a.get(GenAI.RESPONSE_FINISH_REASONS)),
        input=_first(a, _INPUTS),
        output=_first(a, _OUTPUTS),
        tags=as_strings(a[Session.TAGS]) if Session.TAGS in a else [],
        attributes={
            key: value for key, value in a.items() if key not in _TAKEN and (key != Span.COST_USD or not cost_source)
        },
        events=raw.events,
        resource=raw.resource,
        facts=_facts(raw, kind),
    )
    take_error(record, raw)
    return record


def _first(attributes: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if name in attributes:
            return as_data(attributes[name])
    return None


def _facts(raw: RawSpan, kind: str) -> TraceFacts:
    a = raw.attributes
    facts = TraceFacts(
        session_id=as_session_id(a.get(Session.ID)) or raw.trace_id, user=as_text(a.get(Session.USER_ID))
    )
    # Our own recorder numbers its spans; what it exports of others has no number, and no heartbeat either.
    facts.is_native = Span.SEQ in a
    if kind == SpanKind.SESSION or raw.parent_id is None:
        facts.is_root = True
        facts.name = as_text(a.get(Session.NAME)) or raw.name or None
        state = as_text(a.get(Session.STATE))
        facts.state = state if state in SESSION_STATES else None
        facts.end_reason = as_text(a.get(Session.END_REASON))
        facts.parent_session_id = as_session_id(a.get(Session.PARENT_ID))
        facts.parent_span_id = as_text(a.get(Session.PARENT_SPAN_ID))
        facts.metadata = as_object(a.get(Session.METADATA))
    return facts
