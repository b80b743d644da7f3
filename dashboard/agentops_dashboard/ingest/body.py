"""Request bodies: their encodings, and how large they may be before and after decompression."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard
from starlette.requests import ClientDisconnect, Request

__all__ = ["BodyError", "decompress", "read_body"]

BODY_LIMIT = 16 * 1024 * 1024
DECOMPRESSED_LIMIT = 64 * 1024 * 1024
_ZSTD_STEP = 512
"""Bytes fed at once: as blocks of one repeated byte they become 16 MB, which is what may be held beyond the limit."""


@dataclass
class BodyError(Exception):
    """A body that is not taken. ``status`` is the HTTP code."""

    status: int
    message: str


async def read_body(request: Request, grow: Callable[[int], None], limit: int = BODY_LIMIT) -> bytes:
    """Read a body that is not larger than the limit; ``grow`` is told of each piece, and may raise.

    Raises:
        BodyError: It is larger, or its sender went away.
    """
    too_large = BodyError(413, f"The body has more than {limit} bytes. Send smaller batches.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large
            grow(len(chunk))
            chunks.append(chunk)
    except ClientDisconnect:
        raise BodyError(400, "The body is cut off: its sender went away.") from None
    return b"".join(chunks)


def decompress(body: bytes, encoding: str, limit: int = DECOMPRESSED_LIMIT) -> bytes:
    """Undo the content encoding; never holds more than the limit in memory.

    Raises:
        BodyError: The encoding is unknown, the bytes are not in it, or it expands beyond the limit.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    try:
        if encoding in ("gzip", "deflate"):
            inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
            plain = inflater.decompress(body, limit + 1)
            is_whole = inflater.eof or len(plain) > limit
        elif encoding == "zstd":
            plain, is_whole = _unzstd(body, limit)
        else:
            raise BodyError(415, f"Content-Encoding {encoding!r} is not understood. Use gzip, deflate or zstd.")
    except (zlib.error, zstandard.ZstdError, MemoryError) as error:
        raise BodyError(400, f"The body is not {encoding}: {error}") from error
    if not is_whole:
        raise BodyError(400, f"The {encoding} body is cut off.")
    if len(plain) > limit:
        raise BodyError(413, f"The body has more than {limit} bytes when decompressed. Send smaller batches.")
    return plain


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool]:
    """Decompress frames until the limit is passed; says also whether the last one is whole, which a stream does not."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27)
    frame = decompressor.decompressobj()
    parts, size, position, view = [], 0, 0, memoryview(body)
    while position < len(body) and size <= limit:
        if frame.eof:
            frame = decompressor.decompressobj()
        step = view[position : position + _ZSTD_STEP]
        part = frame.decompress(step)
        parts.append(part)
        size += len(part)
        position += len(step) - len(frame.unused_data)
    return b"".join(parts), frame.eof or size > limit
