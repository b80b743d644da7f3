"""OTLP protobuf requests to raw spans and ledgers."""

import base64
from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agentops.wire import LEDGER_SCOPE
from agentops_dashboard.ingest.batch import BAD_SPAN, Batch, bounded
from agentops_dashboard.semantics.record import FARTHEST_NS, RawSpan

__all__ = ["decode", "encode_response"]


def decode(body: bytes) -> Batch:
    """Decode one request body.

    Raises:
        ValueError: The bytes are no trace export request.
    """
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise ValueError(f"not an OTLP trace request: {error}") from error
    batch = Batch()
    for resource_spans in request.resource_spans:
        resource = bounded(_attributes(resource_spans.resource.attributes))
        for scope_spans in resource_spans.scope_spans:
            if scope_spans.scope.name == LEDGER_SCOPE:
                batch.add_ledger(_attributes(scope_spans.scope.attributes))
                continue
            for span in scope_spans.spans:
                if _is_valid(span):
                    batch.spans.append(_span(span, resource, scope_spans.scope.name))
                else:
                    batch.reject(BAD_SPAN)
    return batch


def encode_response(rejected: int, message: str) -> bytes:
    """Encode the answer; empty when everything was taken."""
    if not rejected:
        return b""
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
    encoded: bytes = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    return encoded


def _is_valid(span: Any) -> bool:
    has_ids = len(span.trace_id) == 16 and any(span.trace_id) and len(span.span_id) == 8 and any(span.span_id)
    has_parent = len(span.parent_span_id) in (0, 8)
    return has_ids and has_parent and max(span.start_time_unix_nano, span.end_time_unix_nano) <= FARTHEST_NS


def _span(span: Any, resource: dict[str, Any], scope: str) -> RawSpan:
    parent = span.parent_span_id
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=parent.hex() if any(parent) else None,
        name=span.name,
        otlp_kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=bounded(_attributes(span.attributes)),
        events=[
            {
                "name": event.name,
                "time_ns": min(event.time_unix_nano, FARTHEST_NS),
                "attributes": bounded(_attributes(event.attributes)),
            }
            for event in span.events
        ],
        links=[{"traceId": link.trace_id.hex(), "spanId": link.span_id.hex()} for link in span.links],
        status_code=span.status.code,
        status_message=span.status.message,
        resource=resource,
        scope=scope,
    )


def _attributes(items: Iterable[Any]) -> dict[str, Any]:
    return {item.key: _plain(item.value) for item in items}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return None if kind is None else getattr(value, kind)
