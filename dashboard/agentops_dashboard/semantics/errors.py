"""Why a span failed, as OTel says it: the ``exception`` event, ``error.type``, the status message."""

from agentops.semconv import Span
from agentops_dashboard.semantics.record import RawSpan, SpanRecord
from agentops_dashboard.semantics.values import as_text

__all__ = ["take_error"]


def take_error(record: SpanRecord, raw: RawSpan) -> None:
    """Fill the error fields; the last exception event tells most, since retries may have failed before it."""
    record.error_type = as_text(raw.attributes.get(Span.ERROR_TYPE))
    for event in raw.events:
        if event["name"] == Span.EVENT_EXCEPTION:
            values = event["attributes"]
            record.error_type = as_text(values.get(Span.EXCEPTION_TYPE)) or record.error_type
            record.error_message = as_text(values.get(Span.EXCEPTION_MESSAGE))
            record.error_stack = as_text(values.get(Span.EXCEPTION_STACKTRACE))
    if raw.status_code == 2 and record.error_message is None:
        record.error_message = raw.status_message or None
