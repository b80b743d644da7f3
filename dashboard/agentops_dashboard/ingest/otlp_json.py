"""OTLP/JSON requests to raw spans and ledgers.

Format: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Written for speed and for bad input: one
wrong span costs itself only.
"""

import base64
import binascii
from functools import lru_cache
from typing import Any

import orjson

from agentops.wire import LEDGER_SCOPE
from agentops_dashboard.beside import BESIDE_SCOPE
from agentops_dashboard.ingest.batch import BAD_SPAN, Batch, bounded
from agentops_dashboard.semantics.record import FARTHEST_NS, RawSpan

__all__ = ["decode"]

_DEEPEST = 32
_STATUS_NAMES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_WRONG = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


def decode(body: bytes) -> Batch:
    """Decode one request body.

    Raises:
        ValueError: The body is no JSON, or no trace export request.
    """
    document = orjson.loads(body)
    if not isinstance(document, dict):
        raise ValueError("not an OTLP trace request: the body is no JSON object")
    batch = Batch()
    for resource_spans in _objects(document, "resourceSpans", "resource_spans"):
        resource = _attributes_of(resource_spans.get("resource"))
        for scope_spans in _objects(resource_spans, "scopeSpans", "scope_spans"):
            _decode_scope(scope_spans, resource, batch)
    return batch


def _objects(parent: dict[str, Any], name: str, other: str) -> list[dict[str, Any]]:
    value = parent.get(name)
    if value is None:
        value = parent.get(other)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _attributes_of(owner: Any) -> dict[str, Any]:
    if not isinstance(owner, dict):
        return {}
    try:
        return bounded(_attributes(owner.get("attributes")))
    except _WRONG:
        return {}


def _decode_scope(scope_spans: dict[str, Any], resource: dict[str, Any], batch: Batch) -> None:
    scope = scope_spans.get("scope")
    scope_name = str(scope.get("name") or "") if isinstance(scope, dict) else ""
    if scope_name == LEDGER_SCOPE:
        batch.add_ledger(_attributes_of(scope))
        return
    if scope_name == BESIDE_SCOPE:
        batch.add_beside(_attributes_of(scope))
        return
    for item in _objects(scope_spans, "spans", "spans"):
        try:
            batch.spans.append(_span(item, resource, scope_name))
        except _WRONG:
            batch.reject(BAD_SPAN)


def _span(item: dict[str, Any], resource: dict[str, Any], scope: str) -> RawSpan:
    status = item.get("status") or {}
    parent = item.get("parentSpanId")
    links = item.get("links") or ()
    return RawSpan(
        trace_id=_hex_id(item["traceId"], 32),
        span_id=_hex_id(item["spanId"], 16),
        parent_id=_hex_id(parent, 16) if parent and parent.strip("0") else None,
        name=str(item.get("name") or ""),
        otlp_kind=item["kind"] if type(item.get("kind")) is int else 0,
        start_ns=_time(item.get("startTimeUnixNano")),
        end_ns=_time(item.get("endTimeUnixNano")),
        attributes=bounded(_attributes(item.get("attributes"))),
        events=[_event(event) for event in item.get("events") or ()],
        links=[link for link in links if isinstance(link, dict)],
        status_code=_status_code(status.get("code")),
        status_message=str(status.get("message") or ""),
        resource=resource,
        scope=scope,
    )


def _event(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(item.get("name") or ""),
        "time_ns": min(max(int(item.get("timeUnixNano") or 0), 0), FARTHEST_NS),
        "attributes": bounded(_attributes(item.get("attributes"))),
    }


@lru_cache(maxsize=4096)
def _hex_id(text: str, digits: int) -> str:
    """Ids are hex in OTLP/JSON; the protobuf-JSON mapping that some senders use gives base64."""
    if len(text) == digits:
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if len(raw) * 2 == digits and any(raw):
            return text if text.islower() or text.isdigit() else text.lower()
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if len(raw) * 2 != digits or not any(raw):
        raise ValueError(text)
    return raw.hex()


def _time(value: Any) -> int:
    time_ns = int(value or 0)
    if not 0 <= time_ns <= FARTHEST_NS:
        raise ValueError(value)
    return time_ns


def _status_code(value: Any) -> int:
    if isinstance(value, str):
        return _STATUS_NAMES.get(value, 0)
    return value if value in (1, 2) else 0


def _attributes(items: Any, depth: int = 0) -> dict[str, Any]:
    if not isinstance(items, list):
        return {}
    result: dict[str, Any] = {}
    for item in items:
        value = item.get("value")
        if value:
            # Nearly all are texts, so these are not asked anything else.
            text = value.get("stringValue")
            result[item["key"]] = text if type(text) is str else _plain(value, depth)
    return result


def _plain(value: dict[str, Any], depth: int) -> Any:
    """A plain value of an ``AnyValue``.

    Raises:
        ValueError: It nests too deep.
    """
    if depth > _DEEPEST:
        raise ValueError("an attribute nests too deep")
    if "intValue" in value:
        number = int(value["intValue"])
        return number if -(2**63) <= number < 2**63 else str(number)
    if "doubleValue" in value:
        return float(value["doubleValue"])
    if "arrayValue" in value:
        return [_plain(item, depth + 1) for item in (value["arrayValue"] or {}).get("values") or ()]
    if "kvlistValue" in value:
        return _attributes((value["kvlistValue"] or {}).get("values"), depth + 1)
    return next(iter(value.values()), None)
