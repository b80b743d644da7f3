"""Turning a span as it stands into its line on the wire. Runs in the writing thread."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

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
_OF_IDENTITY: Final = frozenset({Attr.ORIGIN, GenAI.OPERATION_NAME, *_NAME_ATTRIBUTE.values()})
_CLIENT_KINDS: Final = frozenset({SpanKind.LLM, SpanKind.EMBEDDING})
_KIND: Final = f'{{"key":"{Attr.KIND}","value":{{"stringValue":"'
_STATUS: Final = f'"}}}},{{"key":"{Attr.STATUS}","value":{{"stringValue":"'
_SEQ: Final = f'"}}}},{{"key":"{Attr.SEQ}","value":{{"intValue":"'
_VERSION: Final = f'"}}}},{{"key":"{Attr.VERSION}","value":{{"intValue":"'
_NONE: Final[Sequence[tuple[str, int, dict[str, object]]]] = ()
_LIMIT_IDENTITIES: Final = 1024
_ATTRIBUTES: Final = '"attributes":['
_LONG_CHARS: Final = 2048
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
        self._identities: dict[tuple[str, str, str], _Identity] = {}
        self.record: SpanRecord | None = None
        """Where ``keeps_record``: the span that was encoded last, as the filters left it."""

    def encode(self, span: Span, *, without_content: bool = False) -> str | None:
        """Return the span as OTLP/JSON text; None when a filter left it out.

        ``without_content`` leaves inputs, outputs and stacks out, for a full disk.
        """
        without_content = without_content or self.is_off
        attributes = self._attributes(span, without_content=without_content)
        events = _NONE if span.events is None and span.error is None else self._events(span, without_content)
        message = "" if span.error is None or self.is_off else span.error.message
        parent = span.parent
        while parent is not None and parent.written_version == Span.FILTERED:
            parent = parent.parent
        if self.filters or self.keeps_record or not _OF_IDENTITY.isdisjoint(attributes):
            identity = _Identity(span_name(span), "", 0)
            record = self.record = self._filtered(
                SpanRecord(
                    span.session.id,
                    span.id,
                    parent.id if parent else None,
                    span.kind,
                    identity.name,
                    span.status,
                    _identity_attributes(span) | attributes,
                    list(events),
                    message,
                )
            )
            if record is None:
                return None
            attributes, events, message = record.attributes, record.events, record.status_message
            identity = self._redacted_identity(record.name, "")
        else:
            identity = self._identity(span)
        encoded = encode_attributes(attributes, are_long=span.size > _LONG_CHARS)
        count = identity.redactions
        if self.redacts:
            encoded, found = redact(encoded)
            count += found
        return self._encode_span(
            span, parent, identity, attributes=encoded, events=events, message=message, redactions=count
        )

    def _encode_span(
        self,
        span: Span,
        parent: Span | None,
        identity: "_Identity",
        *,
        attributes: str,
        events: Sequence[tuple[str, int, dict[str, object]]],
        message: str,
        redactions: int,
    ) -> str:
        outer = span.session.outer if span.parent is None else None
        text = encode_span(
            trace_id=span.session.id,
            span_id=span.id,
            parent_id=parent.id if parent is not None else None,
            name=identity.name,
            is_client=span.kind in _CLIENT_KINDS,
            start_ns=span.start_ns,
            end_ns=span.end_ns,
            attributes=attributes,
            first_attributes=identity.text + self._fixed(span),
            events=events,
            status_code=_STATUS_CODE.get(span.status, 0),
            status_message=message,
            link=(outer.session.id, outer.id) if outer is not None else None,
        )
        if self.redacts and (events or message):
            text, found = redact(text)
            redactions += found
        return self._with_note(span, text, redactions) if redactions else text

    def _identity(self, span: Span) -> "_Identity":
        """Return what spans of this kind, origin and name have in common; most spans are one of a few."""
        key = (span.kind, span.origin, span.name)
        identity = self._identities.get(key)
        if identity is None:
            identity = self._redacted_identity(span_name(span), encode_attributes(_identity_attributes(span)) + ",")
            if len(self._identities) >= _LIMIT_IDENTITIES:
                self._identities.clear()
            self._identities[key] = identity
        return identity

    def _redacted_identity(self, name: str, text: str) -> "_Identity":
        if not self.redacts:
            return _Identity(name, text, 0)
        name, in_name = redact(name) if len(name) > _SAFE_NAME else (name, 0)
        text, in_text = redact(text) if text else (text, 0)
        return _Identity(name, text, in_name + in_text)

    def _fixed(self, span: Span) -> str:
        """The attributes of every span, built as text because their names and values need no escaping."""
        return (
            f'{_KIND}{span.kind}{_STATUS}{span.status}{_SEQ}{span.seq}{_VERSION}{span.version}"}}}},'
            f"{span.session.wire_attributes()}"
        )

    def _attributes(self, span: Span, *, without_content: bool) -> dict[str, object]:
        # One copy in C, which no other thread's write can break off.
        attributes = dict(span.attributes)
        if span.outlived_parent:
            attributes[Attr.OUTLIVED_PARENT] = True
        if span.parent is None and span.end_ns:
            attributes[SessionAttr.STATE] = span.session.state
            attributes[SessionAttr.SPAN_COUNT] = span.session.ledger.spans
        if without_content:
            left_out = CONTENT_ATTRIBUTES | _NEVER_WITH_OFF if self.is_off else CONTENT_ATTRIBUTES
            return {name: value for name, value in attributes.items() if name not in left_out}
        return attributes

    @staticmethod
    def _events(span: Span, without_content: bool) -> list[tuple[str, int, dict[str, object]]]:
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

    @staticmethod
    def _with_note(span: Span, text: str, redactions: int) -> str:
        """Note where the attributes begin how many secrets were removed."""
        at = text.index(_ATTRIBUTES) + len(_ATTRIBUTES)
        span.session.ledger.redactions += redactions
        return f'{text[:at]}{{"key":"{Attr.REDACTED}","value":{{"intValue":"{redactions}"}}}},{text[at:]}'


class _Identity(NamedTuple):
    """What all spans of one kind, origin and name share, without the secrets that it may have held."""

    name: str
    text: str
    """Encoded attributes, with a comma behind."""
    redactions: int


def _identity_attributes(span: Span) -> dict[str, object]:
    attributes: dict[str, object] = {Attr.ORIGIN: span.origin}
    operation = _OPERATION.get(span.kind)
    if operation is not None:
        attributes[GenAI.OPERATION_NAME] = operation
    named = _NAME_ATTRIBUTE.get(span.kind)
    if named is not None:
        attributes[named] = span.name
    return attributes


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
