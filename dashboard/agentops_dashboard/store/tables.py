"""The store's tables as SQLAlchemy Core sees them; one description for every engine."""

from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, LargeBinary, MetaData, String, Table, TypeDecorator
from sqlalchemy.types import TypeEngine

__all__ = [
    "annotation",
    "counter",
    "ledger",
    "log",
    "payload",
    "segment",
    "session",
    "session_tag",
    "span",
    "trace",
    "usage",
]

_metadata = MetaData()


class Body(TypeDecorator[bytes | str]):
    """Long content: compressed bytes, or text where the engine compresses by itself."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Bytes in SQLite, text in ClickHouse."""
        return dialect.type_descriptor(String() if dialect.name == "clickhousedb" else LargeBinary())


def _table(name: str, texts: str, numbers: str = "") -> Table:
    columns: list[Column[Any]] = [Column(column, String) for column in texts.split()]
    columns += [Column(column, BigInteger) for column in numbers.split()]
    return Table(name, _metadata, *columns)


session = _table(
    "session",
    "project session_id name state end_reason user environment service frameworks sdk host metadata first_input "
    "last_output parent_session_id parent_span_id cost_source release",
    "sid start_ns end_ns duration_ns last_ns alive_ns traces spans agents llm_calls tool_calls errors swallowed "
    "open_spans human_waits open_waits waiting_ns input_tokens output_tokens cached_tokens cache_write_tokens "
    "reasoning_tokens total_tokens cost_nano unpriced_calls missing dropped_payloads redactions revision",
)
span = _table(
    "span",
    "project trace_id span_id parent_id kind name status agent tool model provider origin cost_source error_type "
    "error_message swallowed preview finish_reason fingerprint",
    "version seq start_ns end_ns input_tokens output_tokens cached_tokens cache_write_tokens reasoning_tokens "
    "cost_nano first_token_ns call_hash attempt block_id",
)
trace = _table("trace", "project trace_id session_id name state metadata user", "version is_native")
annotation = _table("annotation", "project session_id span_id name value", "time_ns")
session_tag = _table("session_tag", "project tag", "sid is_removed")
usage = _table(
    "usage",
    "project label_kind label",
    "sid start_ns calls errors duration_ns input_tokens output_tokens cached_tokens cost_nano cut_off",
)
ledger = _table(
    "ledger", "project trace_id process", "time_ns spans dropped_spans dropped_payloads redactions has_ended"
)
counter = _table("counter", "project name label", "count")
segment = _table("segment", "name", "offset")
log = Table(
    "log",
    _metadata,
    Column("project", String),
    Column("trace_id", String),
    Column("time_ns", BigInteger),
    Column("raw_bytes", BigInteger),
    Column("body", Body),
)
payload = Table(
    "payload",
    _metadata,
    Column("block_id", BigInteger, primary_key=True),
    Column("project", String),
    Column("trace_id", String),
    Column("raw_bytes", BigInteger),
    Column("body", Body),
)
