"""Payload blocks: what is long about some spans of one trace, as JSON; in SQLite compressed into one zstd frame.

Shape: ``{"spans": {span_id: {"input", "output", "attributes", "events", "stack"}}, "words": text}``. The words are
what the full-text index holds for the block: they are needed to take it out of the index again, and cost next to
nothing here since they repeat what stands before them.
"""

import threading
from collections.abc import Iterator
from typing import Any

import orjson
import zstandard

from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.texts import FreshTexts

__all__ = ["BLOCK_BYTES", "blocks_of", "content_of", "join", "pack", "split", "unpack", "unpack_text", "words_of"]

BLOCK_BYTES = 256 * 1024
"""Raw size at which a block is closed: one span's detail must not cost the decompression of a whole long session."""

_local = threading.local()


def content_of(record: SpanRecord) -> bytes:
    """Return a span's payload as JSON; what is empty is left out."""
    content = {
        "input": record.input,
        "output": record.output,
        "attributes": record.attributes or None,
        "events": record.events or None,
        "stack": record.error_stack,
    }
    present = {key: value for key, value in content.items() if value is not None}
    try:
        return orjson.dumps(present, default=str)
    except orjson.JSONEncodeError:
        # Some key is no text, which nearly never is; looking out for it makes all the others a quarter slower.
        return orjson.dumps(present, default=str, option=orjson.OPT_NON_STR_KEYS)


def blocks_of(
    project: str, trace_id: str, records: list[SpanRecord], fresh: FreshTexts
) -> Iterator[tuple[dict[str, bytes], str]]:
    """Yield the payloads of some spans of a trace, a block at a time, with the words in it that are new."""
    by_id = {record.span_id: record for record in records}
    for group in split({span_id: content_of(record) for span_id, record in by_id.items()}):
        words: list[str] = []
        for span_id in group:
            r = by_id[span_id]
            # What is still being said comes again, longer: its words are indexed once, at the end.
            output = None if r.end_ns is None else r.output
            words += fresh.take((project, trace_id), (r.name, r.input, output, r.error_message, r.error_type))
        yield group, "\n".join(words)


def split(contents: dict[str, bytes]) -> Iterator[dict[str, bytes]]:
    """Divide payloads into groups of about ``BLOCK_BYTES``."""
    group: dict[str, bytes] = {}
    size = 0
    for span_id, content in contents.items():
        group[span_id] = content
        size += len(content)
        if size >= BLOCK_BYTES:
            yield group
            group, size = {}, 0
    if group:
        yield group


def join(contents: dict[str, bytes], words: str = "") -> bytes:
    """Return a block that is not compressed, for an engine that compresses by itself."""
    spans = b",".join(b'"%s":%s' % (span_id.encode(), content) for span_id, content in contents.items())
    return b'{"spans":{%s},"words":%s}' % (spans, orjson.dumps(words))


def pack(contents: dict[str, bytes], words: str) -> tuple[int, bytes]:
    """Return the raw size in bytes and the compressed block."""
    raw = join(contents, words)
    compressor = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=1)
    return len(raw), compressor.compress(raw)


def unpack(body: bytes | str) -> dict[str, dict[str, Any]]:
    """Return the payloads of a block by span id."""
    spans: dict[str, dict[str, Any]] = _decode(body)["spans"]
    return spans


def unpack_text(body: bytes | str) -> str:
    """Return compressed text; text is what it is."""
    return body if isinstance(body, str) else zstandard.ZstdDecompressor().decompress(body).decode("utf-8", "replace")


def words_of(body: bytes) -> str:
    """Return what the full-text index holds for a block."""
    words: str = _decode(body)["words"]
    return words


def _decode(body: bytes | str) -> dict[str, Any]:
    raw = body if isinstance(body, str) else zstandard.ZstdDecompressor().decompress(body)
    document: dict[str, Any] = orjson.loads(raw)
    return document
