"""Payload blocks: what is long about the spans of one trace and one batch, as one zstd frame of JSON."""

from typing import Any

import orjson
import zstandard

from agentops_dashboard.semantics.record import SpanRecord

__all__ = ["pack", "text_of", "unpack"]


def pack(records: list[SpanRecord]) -> tuple[int, bytes]:
    """Return the raw size in bytes and the compressed block; keys are span ids."""
    raw = orjson.dumps(
        {
            record.span_id: {
                "input": record.input,
                "output": record.output,
                "attributes": record.attributes,
                "events": record.events,
                "stack": record.error_stack,
            }
            for record in records
        },
        option=orjson.OPT_NON_STR_KEYS,
    )
    return len(raw), zstandard.ZstdCompressor(level=3).compress(raw)


def unpack(body: bytes) -> dict[str, dict[str, Any]]:
    """Return the payloads of a block by span id."""
    payloads: dict[str, dict[str, Any]] = orjson.loads(zstandard.ZstdDecompressor().decompress(body))
    return payloads


def text_of(value: Any, limit: int) -> str:
    """Return the human text inside a content value, at most ``limit`` characters."""
    parts: list[str] = []
    _collect(value, parts, limit)
    return " ".join(" ".join(parts).split())[:limit]


def _collect(value: Any, parts: list[str], limit: int) -> None:
    if sum(map(len, parts)) > limit:
        return
    if isinstance(value, str):
        parts.append(value[:limit])
    elif isinstance(value, list):
        for item in value:
            _collect(item, parts, limit)
    elif isinstance(value, dict):
        if "content" in value and "type" in value:
            _collect(value["content"], parts, limit)
        elif "parts" in value:
            _collect(value["parts"], parts, limit)
        else:
            for key, item in value.items():
                if key not in ("id", "role", "type", "finish_reason"):
                    _collect(item, parts, limit)
    elif value is not None and not isinstance(value, bool):
        parts.append(str(value))
