"""Encoding of spans as OTLP/JSON, one ``ExportTraceServiceRequest`` per line.

Format: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding (ids as hex, 64-bit integers as
strings, enum values as numbers). Written by hand because it is the hot half of recording: building text from
escaped parts costs a fifth of building dictionaries for ``json.dumps``.

A line of spans that have ended starts with ``REQUEST_PREFIX``. A line of spans that are still open, and of
ledgers, starts with ``PARTIAL_PREFIX``: the extra member is ignored by an OTLP receiver that meets it, and lets a
sender leave such lines out without parsing them.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _python_escape
from typing import Any, Final

try:
    from _json import encode_basestring as _escape
except ImportError:
    _escape = _python_escape

__all__ = [
    "PARTIAL_PREFIX",
    "REQUEST_PREFIX",
    "encode_attributes",
    "encode_line",
    "encode_resource",
    "encode_span",
    "encode_value",
    "is_partial",
    "merge_lines",
]

REQUEST_PREFIX: Final = b'{"resourceSpans":['
PARTIAL_PREFIX: Final = b'{"partial":true,"resourceSpans":['
_SUFFIX: Final = b"]}"
_REQUEST_TEXT: Final = REQUEST_PREFIX.decode()
_PARTIAL_TEXT: Final = PARTIAL_PREFIX.decode()
_LONG_BITS: Final = 10_000
_INT64_MAX: Final = 2**63 - 1
_INT64_MIN: Final = -(2**63)

_LONG_TEXT: Final = 4096
_FEW: Final = 64
_KEPT_TEXTS: Final = 4096
_RARE_CONTROLS: Final = bytes(set(range(32)) - {0x09, 0x0A, 0x0D})


def _escape_long(text: str) -> str:
    """Escape long text by searching for the few characters that need it, which is far faster than looking at each."""
    raw = text.encode("utf-8", "replace")
    if any(map(raw.__contains__, _RARE_CONTROLS)):
        return _escape(text)
    raw = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    raw = raw.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    return f'"{raw.decode()}"'


def _make_dumps() -> Callable[[object], str]:
    """Return a function that dumps plain data as JSON text.

    ``json.JSONEncoder.encode`` makes the C encoder anew for each call, which takes longer than to dump a small value.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    make_encoder: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make_encoder is None:
        return encode
    iterate = make_encoder(None, str, _escape, None, ":", ",", False, False, True)

    def dumps(value: object) -> str:
        return "".join(iterate(value, 0)) if type(value) in _CONTAINERS else encode(value)

    return dumps


_CONTAINERS: Final = frozenset({dict, list})
_dumps = _make_dumps()


def _embedded_dumps(value: object) -> str:
    """Dump what ``_embedded`` does not walk through: it is escaped as JSON, and once more as text."""
    dumped = _dumps(value)
    return (_escape if len(dumped) < _LONG_TEXT else _escape_long)(dumped)[1:-1]


def _embedded_text(text: str) -> str:
    """Return ``text`` as a JSON string that stands in a JSON string. Most texts need no escaping at all."""
    if len(text) >= _LONG_TEXT:
        return _embedded_long(text)
    escaped = _escape(text)
    if len(escaped) == len(text) + 2:
        return f'\\{escaped[:-1]}\\"'
    return _escape(escaped)[1:-1]


def _embedded_long(text: str) -> str:
    """The same as ``_escape_long`` does for text that stands alone."""
    raw = text.encode("utf-8", "replace")
    if any(map(raw.__contains__, _RARE_CONTROLS)):
        return _escape(_escape(text))[1:-1]
    raw = raw.replace(b"\\", b"\\\\\\\\").replace(b'"', b'\\\\\\"')
    raw = raw.replace(b"\n", b"\\\\n").replace(b"\r", b"\\\\r").replace(b"\t", b"\\\\t")
    return f'\\"{raw.decode()}\\"'


class _EmbeddedKeys(dict[str, str]):
    """Keys of objects in embedded JSON, each with its colon; they repeat, so they are kept."""

    def __missing__(self, key: str) -> str:
        embedded = f"{_embedded_text(key)}:"
        if len(self) < _KEPT_TEXTS and len(key) < _FEW:
            self[key] = embedded
        return embedded


_embedded_keys = _EmbeddedKeys()


def _embedded(value: object) -> str:
    """Dump plain data as JSON that stands in a JSON string, at once rather than by escaping all of it twice.

    For long texts: of short ones the C encoder dumps a whole structure while this walks to its first text.
    """
    kind = type(value)
    if kind is str:
        return _embedded_text(value)  # type: ignore[arg-type]
    if kind is dict and len(value) <= _FEW:  # type: ignore[arg-type]
        items: Iterable[tuple[Any, object]] = value.items()  # type: ignore[attr-defined]
        members = [
            f"{_embedded_keys[key]}{_embedded_text(item) if type(item) is str else _embedded(item)}"
            if type(key) is str
            else _embedded_dumps({key: item})[1:-1]
            for key, item in items
        ]
        return "{" + ",".join(members) + "}"
    if kind is list and len(value) <= _FEW:  # type: ignore[arg-type]
        return "[" + ",".join([_embedded(item) for item in value]) + "]"  # type: ignore[attr-defined]
    return _embedded_dumps(value)


class _Openings(dict[str, str]):
    """Escaped ``{"key":…,"value":{`` for each attribute name; names repeat, so they are kept."""

    def __missing__(self, name: str) -> str:
        opening = '{"key":' + _escape(name) + ',"value":{'
        if len(self) < _KEPT_TEXTS:
            self[name] = opening
        return opening


_openings = _Openings()


def _any_value(value: object, *, is_long: bool = False) -> str:
    """The members of an OTLP ``AnyValue`` without its braces."""
    kind = type(value)
    if kind in _CONTAINERS:
        try:
            return f'"stringValue":"{_embedded(value)}"' if is_long else f'"stringValue":{_escape(_dumps(value))}'
        except ValueError:
            return f'"stringValue":"{_embedded(_without_long_numbers(value))}"'
    if kind is str:
        return f'"stringValue":{(_escape if len(value) < _LONG_TEXT else _escape_long)(value)}'  # type: ignore[arg-type]
    if kind is bool:
        return '"boolValue":true' if value else '"boolValue":false'
    if kind is int:
        if _INT64_MIN <= value <= _INT64_MAX:  # type: ignore[operator]
            return f'"intValue":"{value}"'
        return f'"stringValue":"{_decimal(value)}"'  # type: ignore[arg-type]
    if kind is float:
        if math.isfinite(value):  # type: ignore[arg-type]
            return f'"doubleValue":{value!r}'
        name = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")  # type: ignore[arg-type,operator]
        return f'"doubleValue":"{name}"'
    if kind is tuple:
        items = ",".join("{" + _any_value(item) + "}" for item in value)  # type: ignore[attr-defined]
        return f'"arrayValue":{{"values":[{items}]}}'
    return f'"stringValue":"{_embedded_dumps(value)}"'


def _decimal(value: int) -> str:
    """Write out a number, unless it is one of thousands of digits, which Python refuses to."""
    try:
        return str(value)
    except ValueError:
        return f"<integer of {value.bit_length():,} bits>"


def _without_long_numbers(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_long_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_long_numbers(item) for item in value]
    return _decimal(value) if type(value) is int and value.bit_length() > _LONG_BITS else value


def encode_value(value: object) -> str:
    """Encode one OTLP ``AnyValue``.

    ``str``, ``bool``, ``int`` and ``float`` become their own kind, a ``tuple`` of them an array; a ``dict`` or
    ``list`` (already plain JSON data) becomes the text of that JSON, as the GenAI conventions ask for messages.
    """
    return "{" + _any_value(value) + "}"


def encode_attributes(attributes: Mapping[str, object], *, are_long: bool = False) -> str:
    """Encode attributes as the inside of an OTLP ``attributes`` array (no brackets); ``None`` values are left out.

    ``are_long``: there are long texts within dictionaries or lists. The result is the same, only faster.
    """
    return ",".join(
        [
            f'{_openings[name]}"stringValue":{_escape(value)}}}}}'
            if type(value) is str and len(value) < _LONG_TEXT  # most are: a call less
            else f"{_openings[name]}{_any_value(value, is_long=are_long)}}}}}"
            for name, value in attributes.items()
            if value is not None
        ]
    )


def encode_resource(attributes: Mapping[str, object]) -> str:
    """Encode an OTLP ``Resource`` object."""
    return '{"attributes":[' + encode_attributes(attributes) + "]}"


def encode_span(
    *,
    trace_id: str,
    span_id: str,
    parent_id: str | None,
    name: str,
    is_client: bool,
    start_ns: int,
    end_ns: int,
    attributes: str,
    events: Sequence[tuple[str, int, Mapping[str, object]]],
    status_code: int,
    status_message: str,
    link: tuple[str, str] | None = None,
    first_attributes: str = "",
) -> str:
    """Encode one OTLP ``Span``.

    Args:
        trace_id: 32 hex digits.
        span_id: 16 hex digits.
        parent_id: 16 hex digits, or None for a root.
        name: Span name.
        is_client: True for calls to a model (OTLP kind CLIENT), else INTERNAL.
        start_ns: Nanoseconds since the Unix epoch.
        end_ns: The same; 0 while the span is open.
        attributes: What ``encode_attributes`` returned.
        events: ``(name, time_ns, attributes)`` each.
        status_code: OTLP code: 0 unset, 1 ok, 2 error.
        status_message: Text of the error, or empty.
        link: Trace id and span id of a related span in another trace.
        first_attributes: Encoded attributes that come before ``attributes``, which may be too long to copy once more.
    """
    parent = f'"parentSpanId":"{parent_id}",' if parent_id else ""
    separator = "," if first_attributes and attributes else ""
    more = ""
    if events:
        encoded = ",".join(
            f'{{"timeUnixNano":"{time_ns}","name":{_escape(event)},"attributes":[{encode_attributes(values)}]}}'
            for event, time_ns, values in events
        )
        more = f',"events":[{encoded}]'
    if link is not None:
        more += f',"links":[{{"traceId":"{link[0]}","spanId":"{link[1]}"}}]'
    message = f',"message":{_escape(status_message)}' if status_message else ""
    # One expression, so that long attributes are copied once.
    return (
        f'{{"traceId":"{trace_id}","spanId":"{span_id}",{parent}"name":{_escape(name)},"kind":{3 if is_client else 1},'
        f'"startTimeUnixNano":"{start_ns}","endTimeUnixNano":"{end_ns}",'
        f'"attributes":[{first_attributes}{separator}{attributes}]{more},"status":{{"code":{status_code}{message}}}}}'
    )


def encode_line(resource: str, scope: str, spans: Iterable[str], *, partial: bool = False) -> bytes:
    """Encode one line: a whole request for one resource and one scope, newline included.

    Lone surrogates, which UTF-8 cannot carry, become ``?``.
    """
    prefix = _PARTIAL_TEXT if partial else _REQUEST_TEXT
    parts = [f'{prefix}{{"resource":{resource},"scopeSpans":[{{"scope":{scope},"spans":[']
    for span in spans:
        parts += (span, ",")
    if len(parts) > 1:
        parts.pop()
    parts.append("]}]}]}\n")
    return "".join(parts).encode("utf-8", "replace")


def is_partial(line: bytes) -> bool:
    """Say whether a line holds open spans or ledgers, which only an agentops reader understands."""
    return line.startswith(PARTIAL_PREFIX)


def merge_lines(lines: Iterable[bytes]) -> bytes:
    """Join whole lines into one OTLP/JSON request body, without parsing them."""
    parts: list[bytes | memoryview] = []
    for line in lines:
        start = len(PARTIAL_PREFIX if line.startswith(PARTIAL_PREFIX) else REQUEST_PREFIX)
        end = len(line) - len(_SUFFIX) - line.endswith(b"\n")
        # Views: each copy of the large lines of large payloads costs as much as sending them.
        parts += (b"," if parts else REQUEST_PREFIX, memoryview(line)[start:end])
    return b"".join((*parts, _SUFFIX)) if parts else REQUEST_PREFIX + _SUFFIX


def decode_attributes(attributes: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Turn an OTLP/JSON ``attributes`` array into a plain dictionary; for tests and small readers."""
    return {item["key"]: _plain(item.get("value") or {}) for item in attributes}


def _plain(value: Mapping[str, Any]) -> object:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return tuple(_plain(item) for item in value["arrayValue"].get("values", ()))
    if "doubleValue" in value:
        return float(value["doubleValue"])
    return next(iter(value.values()), None)
