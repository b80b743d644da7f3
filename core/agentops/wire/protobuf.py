"""OTLP protobuf from our OTLP/JSON, for endpoints that take nothing else.

Written by hand: the protobuf library pins versions that clash between frameworks, and is not needed for five messages.
Field numbers: opentelemetry-proto ``trace/v1/trace.proto`` and ``common/v1/common.proto``.
"""

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

__all__ = ["encode_request"]

_FIXED64: Final = struct.Struct("<Q").pack
_DOUBLE: Final = struct.Struct("<d").pack
_UINT64: Final = 2**64 - 1

Encoder = Callable[[Mapping[str, Any]], bytes]


def encode_request(body: bytes) -> bytes:
    """Encode an ``ExportTraceServiceRequest`` given as the JSON that ``merge_lines`` returned.

    Raises:
        ValueError: It is not JSON.
    """
    return _each(1, json.loads(body).get("resourceSpans"), _resource_spans)


def _varint(number: int) -> bytes:
    number &= _UINT64
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str | None) -> bytes:
    return _bytes(field, value.encode("utf-8", "replace")) if value else b""


def _hex(field: int, value: str | None) -> bytes:
    return _bytes(field, bytes.fromhex(value)) if value else b""


def _number(field: int, value: int | str | None) -> bytes:
    return _varint(field << 3) + _varint(int(value)) if value else b""


def _time(field: int, value: int | str | None) -> bytes:
    return _varint(field << 3 | 1) + _FIXED64(int(value)) if value else b""


def _each(field: int, items: Iterable[Mapping[str, Any]] | None, encode: Encoder) -> bytes:
    return b"".join(_bytes(field, encode(item)) for item in items or ())


def _resource_spans(item: Mapping[str, Any]) -> bytes:
    resource = _attributes(1, item.get("resource") or {})
    return _bytes(1, resource) + _each(2, item.get("scopeSpans"), _scope_spans)


def _scope_spans(item: Mapping[str, Any]) -> bytes:
    scope = item.get("scope") or {}
    head = _text(1, scope.get("name")) + _text(2, scope.get("version")) + _attributes(3, scope)
    return _bytes(1, head) + _each(2, item.get("spans"), _span)


def _span(item: Mapping[str, Any]) -> bytes:
    status = item.get("status") or {}
    return b"".join(
        (
            _hex(1, item["traceId"]),
            _hex(2, item["spanId"]),
            _hex(4, item.get("parentSpanId")),
            _text(5, item.get("name")),
            _number(6, item.get("kind")),
            _time(7, item.get("startTimeUnixNano")),
            _time(8, item.get("endTimeUnixNano")),
            _attributes(9, item),
            _each(11, item.get("events"), _event),
            _each(13, item.get("links"), _link),
            _bytes(15, _text(2, status.get("message")) + _number(3, status.get("code"))),
        )
    )


def _event(item: Mapping[str, Any]) -> bytes:
    return _time(1, item.get("timeUnixNano")) + _text(2, item.get("name")) + _attributes(3, item)


def _link(item: Mapping[str, Any]) -> bytes:
    return _hex(1, item["traceId"]) + _hex(2, item["spanId"]) + _attributes(4, item)


def _attributes(field: int, owner: Mapping[str, Any]) -> bytes:
    return _each(field, owner.get("attributes"), _key_value)


def _key_value(item: Mapping[str, Any]) -> bytes:
    return _text(1, item["key"]) + _bytes(2, _any_value(item.get("value") or {}))


def _any_value(value: Mapping[str, Any]) -> bytes:
    """Encode an ``AnyValue``; members of a oneof are written even where they are zero or empty."""
    if "stringValue" in value:
        return _bytes(1, value["stringValue"].encode("utf-8", "replace"))
    if "boolValue" in value:
        return b"\x10\x01" if value["boolValue"] else b"\x10\x00"
    if "intValue" in value:
        return b"\x18" + _varint(int(value["intValue"]))
    if "doubleValue" in value:
        return b"\x21" + _DOUBLE(float(value["doubleValue"]))
    if "arrayValue" in value:
        return _bytes(5, _each(1, value["arrayValue"].get("values"), _any_value))
    return b""
