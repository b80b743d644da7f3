"""Sessions as a Parquet file: one row each, with moments, whole nanoseconds, whole nano-dollars and lists as such."""

import io
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from types import ModuleType
from typing import Any, Final

import orjson

from agentops.errors import AgentOpsError
from agentops_dashboard.derived.model_calls import SessionWithCalls
from agentops_dashboard.reader.rows import flat

__all__ = ["COLUMNS", "INSTALL", "has_parquet", "load_arrow", "parquet_parts"]

INSTALL: Final = "pip install 'agentops[parquet]'"
_ROWS_IN_GROUP: Final = 2_000
COLUMNS: Final = {
    "id": "text", "name": "text", "state": "text", "start_time": "moment", "end_time": "moment",
    "last_time": "moment", "duration_ns": "number", "waiting_ns": "number",
    "user": "text", "environment": "text", "service": "text", "release": "text", "host": "text", "frameworks": "texts",
    "models": "texts", "tags": "texts", "metadata": "text", "bookmarked": "flag", "score": "text", "note": "text",
    "turns": "number", "spans": "number", "agents": "number", "llm": "number", "tools": "number", "errors": "number",
    "swallowed": "number", "llm_p50_ns": "number", "llm_p95_ns": "number", "first_token_ns": "number",
    "first_output_ns": "number", "input_tokens": "number", "output_tokens": "number", "cached_tokens": "number",
    "cache_write_tokens": "number", "reasoning_tokens": "number", "total_tokens": "number", "cost_nano_usd": "number",
    "cost_source": "text", "unpriced_calls": "number", "complete": "flag", "missing": "number",
    "first_input": "text", "last_output": "text", "parent_id": "text",
}  # fmt: skip
"""Name and kind of each column; ``metadata`` is JSON text, ``cost_nano_usd`` billionths of a dollar."""


@cache
def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    return find_spec("pyarrow") is not None


def parquet_parts(sessions: Iterable[SessionWithCalls]) -> Iterator[bytes]:
    """Yield a Parquet file in parts, a row group of 2,000 sessions at a time; no more of them are in memory.

    Raises:
        AgentOpsError: pyarrow is not installed.
    """
    return _parts(load_arrow(), sessions)


def load_arrow() -> ModuleType:
    """Import what writes Parquet.

    Raises:
        AgentOpsError: It is not installed.
    """
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ModuleNotFoundError as error:
        raise AgentOpsError(f"Parquet needs the package 'pyarrow', which is not installed; run: {INSTALL}") from error


def _parts(arrow: ModuleType, sessions: Iterable[SessionWithCalls]) -> Iterator[bytes]:
    schema = _schema(arrow)
    written = _Written()
    rows = map(_row, sessions)
    with arrow.parquet.ParquetWriter(written, schema, compression="zstd") as writer:
        while group := list(islice(rows, _ROWS_IN_GROUP)):
            writer.write_table(arrow.Table.from_pylist(group, schema), row_group_size=_ROWS_IN_GROUP)
            yield written.taken()
    yield written.taken()


def _schema(arrow: ModuleType) -> Any:
    types = {
        "text": arrow.string(),
        "moment": arrow.timestamp("ns", "UTC"),
        "number": arrow.int64(),
        "flag": arrow.bool_(),
        "texts": arrow.list_(arrow.string()),
    }
    return arrow.schema([(name, types[kind]) for name, kind in COLUMNS.items()])


def _row(session: SessionWithCalls) -> dict[str, Any]:
    start_ns, end_ns = session["start_ns"], session["end_ns"]
    return {
        **flat(session),
        "start_time": start_ns,
        "end_time": end_ns,
        "last_time": session["last_ns"],
        "duration_ns": None if end_ns is None else end_ns - start_ns,
        "waiting_ns": _ns(session["waiting_ms"]),
        "llm_p50_ns": _ns(session["llm_p50_ms"]),
        "llm_p95_ns": _ns(session["llm_p95_ms"]),
        "first_token_ns": _ns(session["first_token_ms"]),
        "first_output_ns": _ns(session["first_output_ms"]),
        "metadata": orjson.dumps(session["metadata"]).decode() if session["metadata"] else None,
    }


def _ns(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1e6)


class _Written(io.RawIOBase):
    """A file that hands on what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._length += len(part)
        return len(part)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
