"""OTLP/JSON requests to raw spans and ledgers."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import orjson

from agentops.wire import LEDGER_SCOPE, Ledger
from agentops_dashboard.semantics.record import RawSpan

__all__ = ["Batch", "decode"]


@dataclass(slots=True)
class Batch:
    """What one request holds. ``rejected`` maps a reason to the number of spans refused for it."""

    spans: list[RawSpan] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        """Count one span that cannot be taken."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1


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
        resource_value = resource_spans.get("resource")
        resource = attributes(resource_value.get("attributes")) if isinstance(resource_value, dict) else {}
        for scope_spans in _objects(resource_spans, "scopeSpans", "scope_spans"):
            _decode_scope(scope_spans, resource, batch)
    return batch


def _objects(parent: dict[str, Any], name: str, other: str) -> list[dict[str, Any]]:
    value = parent.get(name)
    if value is None:
        value = parent.get(other)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _decode_scope(scope_spans: dict[str, Any], resource: dict[str, Any], batch: Batch) -> None:
    scope = scope_spans.get("scope")
    scope = scope if isinstance(scope, dict) else {}
    scope_name = str(scope.get("name") or "")
    if scope_name == LEDGER_SCOPE:
        try:
            batch.ledgers.append(Ledger.from_scope(attributes(scope.get("attributes"))))
        except ValueError:
            batch.reject("a ledger of unknown shape")
        return
    for item in _objects(scope_spans, "spans", "spans"):
        try:
            batch.spans.append(_span(item, resource, scope_name))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            batch.reject("a span without valid ids, name or times")


def _span(item: dict[str, Any], resource: dict[str, Any], scope: str) -> RawSpan:
    status = item.get("status") or {}
    return RawSpan(
        trace_id=_hex_id(item["traceId"], 32),
        span_id=_hex_id(item["spanId"], 16),
        parent_id=_hex_id(item["parentSpanId"], 16) if item.get("parentSpanId") else None,
        name=str(item.get("name") or ""),
        otlp_kind=int(item["kind"]) if isinstance(item.get("kind"), int) else 0,
        start_ns=_time(item.get("startTimeUnixNano")),
        end_ns=_time(item.get("endTimeUnixNano")),
        attributes=attributes(item.get("attributes")),
        events=[_event(event) for event in item.get("events") or ()],
        links=[link for link in item.get("links") or () if isinstance(link, dict)],
        status_code=_status_code(status.get("code")),
        status_message=str(status.get("message") or ""),
        resource=resource,
        scope=scope,
    )


def _event(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(item.get("name") or ""),
        "time_ns": _time(item.get("timeUnixNano")),
        "attributes": attributes(item.get("attributes")),
    }


def _hex_id(text: str, digits: int) -> str:
    """Ids are hex in OTLP/JSON; the protobuf-JSON mapping some senders use gives base64."""
    if len(text) == digits and text.isascii():
        value = text.lower()
        if int(value, 16) and "_" not in value and value[1] != "x" and value[0] not in "+- ":
            return value
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if len(raw) * 2 != digits or not any(raw):
        raise ValueError(text)
    return raw.hex()


def _time(value: Any) -> int:
    time_ns = int(value or 0)
    if not 0 <= time_ns < 2**63:
        raise ValueError(value)
    return time_ns


_STATUS_NAMES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


def _status_code(value: Any) -> int:
    if isinstance(value, str):
        return _STATUS_NAMES.get(value, 0)
    return value if value in (1, 2) else 0


def attributes(items: Any) -> dict[str, Any]:
    """Turn an OTLP ``attributes`` array into a dictionary of plain values."""
    if not isinstance(items, list):
        return {}
    result: dict[str, Any] = {}
    for item in items:
        value = item.get("value")
        if value:
            text = value.get("stringValue")
            result[item["key"]] = text if type(text) is str else _plain(value)
    return result


def _plain(value: dict[str, Any]) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "doubleValue" in value:
        return float(value["doubleValue"])
    if "arrayValue" in value:
        return [_plain(item) for item in (value["arrayValue"] or {}).get("values") or ()]
    if "kvlistValue" in value:
        return attributes((value["kvlistValue"] or {}).get("values"))
    return next(iter(value.values()), None)
