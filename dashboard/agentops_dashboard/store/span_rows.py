"""Rows of the span and trace tables, and the statements that put them there."""

from typing import Any

import orjson

from agentops.semconv import Resource
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.texts import preview

__all__ = ["UPSERT_SPAN", "UPSERT_TRACE", "span_row", "trace_row"]

_COLUMNS = (
    "project", "trace_id", "span_id", "parent_id", "version", "seq", "kind", "name", "status", "start_ns", "end_ns",
    "agent", "tool", "model", "provider", "origin", "input_tokens", "output_tokens", "cached_tokens",
    "cache_write_tokens", "reasoning_tokens", "cost_nano", "cost_source", "first_token_ns", "error_type",
    "error_message", "swallowed", "preview", "call_hash", "attempt", "block_id",
)  # fmt: skip
_NAME_LIMIT, _MESSAGE_LIMIT = 500, 1000

UPSERT_SPAN = (
    f"INSERT INTO span ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
    "ON CONFLICT (project, trace_id, span_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[3:])
    + " WHERE excluded.version > span.version OR (excluded.version = span.version"
    " AND span.end_ns IS NULL AND excluded.end_ns IS NOT NULL)"
)

_TRACE_COLUMNS = (
    "project", "trace_id", "session_id", "version", "name", "state", "end_reason", "metadata", "user", "service",
    "environment", "frameworks", "sdk", "host", "process", "parent_session_id", "parent_span_id", "first_input",
    "first_input_ns", "last_output", "last_output_ns", "is_native", "is_grouped", "release",
)  # fmt: skip


def _newer(column: str) -> str:
    """The later version's value wins, but a value beats none."""
    return (
        f"{column} = CASE WHEN excluded.version >= trace.version THEN coalesce(excluded.{column}, trace.{column})"
        f" ELSE coalesce(trace.{column}, excluded.{column}) END"
    )


def _extreme(column: str, sign: str) -> str:
    """The value of the earliest (``<=``) or latest (``>=``) span that has one."""
    wins = f"trace.{column}_ns IS NULL OR excluded.{column}_ns {sign} trace.{column}_ns"
    return ", ".join(
        f"{name} = CASE WHEN {wins} THEN coalesce(excluded.{name}, trace.{name}) ELSE trace.{name} END"
        for name in (column, f"{column}_ns")
    )


UPSERT_TRACE = (
    f"INSERT INTO trace ({', '.join(_TRACE_COLUMNS)}) VALUES ({', '.join('?' * len(_TRACE_COLUMNS))}) "
    "ON CONFLICT (project, trace_id) DO UPDATE SET "
    "session_id = CASE WHEN excluded.is_grouped > trace.is_grouped THEN excluded.session_id "
    "WHEN excluded.is_grouped = trace.is_grouped THEN min(excluded.session_id, trace.session_id) "
    "ELSE trace.session_id END, "
    + ", ".join(
        _newer(column)
        for column in (
            "name", "state", "end_reason", "metadata", "user", "service", "environment", "frameworks", "sdk", "host",
            "process", "parent_session_id", "parent_span_id", "release",
        )
    )
    + f", {_extreme('first_input', '<=')}, {_extreme('last_output', '>=')}, "
    "is_native = max(trace.is_native, excluded.is_native), is_grouped = max(trace.is_grouped, excluded.is_grouped), "
    "version = max(trace.version, excluded.version)"
)  # fmt: skip


def span_row(project: str, record: SpanRecord, call_hash: int | None, block_id: int | None) -> tuple[Any, ...]:
    """Return a span's row, in the order of ``UPSERT_SPAN``."""
    shown = record.input if record.kind == "tool" or record.output is None else record.output
    message = record.error_message
    return (
        project,
        record.trace_id,
        record.span_id,
        record.parent_id,
        record.version,
        record.seq,
        record.kind,
        record.name[:_NAME_LIMIT],
        record.status,
        record.start_ns,
        record.end_ns,
        record.agent,
        record.tool,
        record.model,
        record.provider,
        record.origin,
        record.input_tokens,
        record.output_tokens,
        record.cached_tokens,
        record.cache_write_tokens,
        record.reasoning_tokens,
        record.cost_nano,
        record.cost_source,
        record.first_token_ns,
        record.error_type,
        message[:_MESSAGE_LIMIT] if message is not None else None,
        record.swallowed[:_MESSAGE_LIMIT] if record.swallowed is not None else None,
        preview(shown),
        call_hash,
        record.attempt,
        block_id,
    )


def trace_row(project: str, session_id: str, record: SpanRecord) -> tuple[Any, ...]:
    """Return what a span says about its trace, in the order of ``UPSERT_TRACE``."""
    facts, resource = record.facts, record.resource
    first_input, last_output = _last_question(record), preview(record.output, 300)
    frameworks = resource.get(Resource.FRAMEWORKS)
    return (
        project,
        record.trace_id,
        session_id,
        record.version if facts.is_root else 0,
        facts.name,
        facts.state,
        facts.end_reason,
        orjson.dumps(facts.metadata, default=str).decode() if facts.metadata else None,
        facts.user,
        _text(resource.get(Resource.SERVICE_NAME)),
        _text(resource.get(Resource.ENVIRONMENT) or resource.get("deployment.environment")),
        orjson.dumps(list(frameworks)).decode() if frameworks else None,
        _text(resource.get(Resource.SDK_VERSION)),
        _text(resource.get(Resource.HOST_NAME)),
        _text(resource.get(Resource.INSTANCE_ID)) if facts.is_native else None,
        facts.parent_session_id,
        facts.parent_span_id,
        first_input,
        record.start_ns if first_input else None,
        last_output,
        record.end_ns if last_output else None,
        int(facts.is_native),
        facts.session_rank if facts.session_id is not None else 0,
        _text(resource.get(Resource.SERVICE_VERSION)),
    )


def _last_question(record: SpanRecord) -> str | None:
    """The input as one line; of a conversation what the user said last."""
    value = record.input
    if type(value) is list:
        asked = [item for item in value if type(item) is dict and item.get("role") == "user"]
        value = asked[-1:] or value
    return preview(value, 300)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
