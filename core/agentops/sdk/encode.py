"""Turning a span as it stands into its line on the wire. Runs in the writing thread."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from agentops.sdk.filters import SpanFilter, SpanRecord
from agentops.sdk.guard import attempt, guard
from agentops.sdk.redaction import redact
from agentops.sdk.span import Span
from agentops.semconv import CONTENT_ATTRIBUTES, GenAI, Operation, SpanKind, SpanStatus
from agentops.semconv import Session as SessionAttr
from agentops.semconv import Span as Attr
from agentops.wire import encode_attributes, encode_span

__all__ = ["SpanEncoder", "span_name"]

_STATUS_CODE: Final = {SpanStatus.OK: 1, SpanStatus.ERROR: 2}
_OPERATION: Final = {
    SpanKind.AGENT: Operation.INVOKE_AGENT,
    SpanKind.TOOL: Operation.EXECUTE_TOOL,
    SpanKind.LLM: Operation.CHAT,
    SpanKind.EMBEDDING: Operation.EMBEDDINGS,
    SpanKind.RETRIEVER: Operation.RETRIEVAL,
    SpanKind.WORKFLOW: Operation.INVOKE_WORKFLOW,
}
_NAME_ATTRIBUTE: Final = {
    SpanKind.AGENT: GenAI.AGENT_NAME,
    SpanKind.TOOL: GenAI.TOOL_NAME,
    SpanKind.WORKFLOW: GenAI.WORKFLOW_NAME,
}
_ATTRIBUTES: Final = '"attributes":['
_LARGE_CHARS: Final = 8192
_SAFE_NAME: Final = 19
"""Characters of a span's name in which no secret has room."""
_NEVER_WITH_OFF: Final = frozenset({SessionAttr.METADATA, SessionAttr.USER_ID, SessionAttr.END_REASON})


class SpanEncoder:
    """Encodes the spans of one destination.

    Args:
        filters: Span filters of plugins, in order.
        redacts: Whether secrets of known shapes are removed.
        content_mode: ``full``, ``metadata_only`` or ``off``.
    """

    def __init__(self, filters: Sequence[SpanFilter], *, redacts: bool, content_mode: str) -> None:
        self.filters = tuple(filters)
        self.redacts = redacts
        self.is_off = content_mode == "off"
        self.keeps_record = False
        self.record: SpanRecord | None = None
        """Where ``keeps_record``: the span that was encoded last, as the filters left it."""

    def encode(self, span: Span, *, without_content: bool = False) -> str | None:
        """Return the span as OTLP/JSON text; None when a filter left it out.

        ``without_content`` leaves inputs, outputs and stacks out, for a full disk.
        """
        attributes = self._attributes(span, without_content=without_content or self.is_off)
        events = self._events(span, without_content=without_content or self.is_off)
        message = "" if span.error is None or self.is_off else span.error.message
        name, parent = span_name(span), span.parent
        while parent is not None and parent.written_version == Span.FILTERED:
            parent = parent.parent
        if self.filters or self.keeps_record:
            record = self.record = self._filtered(
                SpanRecord(
                    span.session.id,
                    span.id,
                    parent.id if parent else None,
                    span.kind,
                    name,
                    span.status,
                    attributes,
                    events,
                    message,
                )
            )
            if record is None:
                return None
            attributes, events, name, message = record.attributes, record.events, record.name, record.status_message
        outer = span.session.outer if span.parent is None else None
        encoded = encode_attributes(attributes, is_large=span.size > _LARGE_CHARS)
        redacts_all = self.redacts and bool(events or message or len(name) > _SAFE_NAME)
        if self.redacts and not redacts_all:
            encoded = self._redacted(span, encoded, 0)
        text = encode_span(
            trace_id=span.session.id,
            span_id=span.id,
            parent_id=parent.id if parent is not None else None,
            name=name,
            is_client=span.kind in {SpanKind.LLM, SpanKind.EMBEDDING},
            start_ns=span.start_ns,
            end_ns=span.end_ns,
            attributes=encoded,
            first_attributes=self._fixed(span),
            events=events,
            status_code=_STATUS_CODE.get(span.status, 0),
            status_message=message,
            link=(outer.session.id, outer.id) if outer is not None else None,
        )
        return self._redacted(span, text, None) if redacts_all else text

    def _fixed(self, span: Span) -> str:
        """The attributes of every span, built as text because their names and values need no escaping."""
        return (
            f'{{"key":"{Attr.KIND}","value":{{"stringValue":"{span.kind}"}}}},'
            f'{{"key":"{Attr.STATUS}","value":{{"stringValue":"{span.status}"}}}},'
            f'{{"key":"{Attr.SEQ}","value":{{"intValue":"{span.seq}"}}}},'
            f'{{"key":"{Attr.VERSION}","value":{{"intValue":"{span.version}"}}}},'
            f"{span.session.wire_attributes()}"
        )

    def _attributes(self, span: Span, *, without_content: bool) -> dict[str, object]:
        attributes: dict[str, object] = {Attr.ORIGIN: span.origin}
        operation = _OPERATION.get(span.kind)
        if operation is not None:
            attributes[GenAI.OPERATION_NAME] = operation
        named = _NAME_ATTRIBUTE.get(span.kind)
        if named is not None:
            attributes[named] = span.name
        # One copy in C, which no other thread's write can break off.
        attributes.update(dict(span.attributes))
        if span.outlived_parent:
            attributes[Attr.OUTLIVED_PARENT] = True
        if span.parent is None and span.end_ns:
            attributes[SessionAttr.STATE] = span.session.state
            attributes[SessionAttr.SPAN_COUNT] = span.session.ledger.spans
        if without_content:
            left_out = CONTENT_ATTRIBUTES | _NEVER_WITH_OFF if self.is_off else CONTENT_ATTRIBUTES
            return {name: value for name, value in attributes.items() if name not in left_out}
        return attributes

    def _events(self, span: Span, *, without_content: bool) -> list[tuple[str, int, dict[str, object]]]:
        events = [] if without_content or span.events is None else list(span.events)
        error = span.error
        if error is not None:
            values: dict[str, object] = {Attr.EXCEPTION_TYPE: error.type}
            if not without_content:
                values |= {Attr.EXCEPTION_MESSAGE: error.message, Attr.EXCEPTION_STACKTRACE: error.stack}
            events.append((Attr.EVENT_EXCEPTION, span.end_ns, values))
        return events

    def _filtered(self, record: SpanRecord) -> SpanRecord | None:
        for span_filter in self.filters:
            result = attempt(span_filter, partial(_without_content, record, span_filter), record)
            if result is None:
                return None
            record = result
        return record

    def _redacted(self, span: Span, text: str, attributes_at: int | None) -> str:
        """Remove secrets from encoded text; how many there were is noted where its attributes begin."""
        text, count = redact(text)
        if count:
            if attributes_at is None:
                attributes_at = text.index(_ATTRIBUTES) + len(_ATTRIBUTES)
            span.session.ledger.redactions += count
            note = f'{{"key":"{Attr.REDACTED}","value":{{"intValue":"{count}"}}}},'
            text = text[:attributes_at] + note + text[attributes_at:]
        return text


def _without_content(record: SpanRecord, span_filter: SpanFilter, error: Exception) -> SpanRecord:
    """What is written when a filter fails: it may have been there to remove something, so all content goes."""
    with guard(f"span filter {getattr(span_filter, '__qualname__', span_filter)!s}"):
        raise error
    record.attributes = {name: value for name, value in record.attributes.items() if name not in CONTENT_ATTRIBUTES}
    record.events = []
    record.status_message = ""
    return record


def span_name(span: Span) -> str:
    """Return the name on the wire: the operation and what it was applied to, as OpenTelemetry's GenAI pages ask."""
    operation = _OPERATION.get(span.kind)
    if operation is None or span.kind == SpanKind.WORKFLOW:
        return span.name
    operation = str(span.attributes.get(GenAI.OPERATION_NAME) or operation)
    return span.name if span.name.startswith(f"{operation} ") else f"{operation} {span.name}"
