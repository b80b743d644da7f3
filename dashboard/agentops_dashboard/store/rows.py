"""Rows of the span and trace tables, the same for every engine."""

import zlib
from collections.abc import Iterable
from typing import Any

import orjson

from agentops.semconv import Resource, SpanStatus
from agentops.wire import Ledger
from agentops_dashboard.semantics.fingerprints import fingerprint_of
from agentops_dashboard.semantics.record import SpanRecord
from agentops_dashboard.store.texts import conversation_in, preview

__all__ = [
    "LEDGER_COLUMNS",
    "MOST_BETWEEN",
    "SPAN_COLUMNS",
    "TRACE_COLUMNS",
    "ledger_rows",
    "newest",
    "replaces",
    "span_row",
    "telling",
    "trace_row",
]

SPAN_COLUMNS = (
    "project", "trace_id", "span_id", "parent_id", "version", "seq", "kind", "name", "status", "start_ns", "end_ns",
    "agent", "tool", "model", "provider", "origin", "input_tokens", "output_tokens", "cached_tokens",
    "cache_write_tokens", "reasoning_tokens", "cost_nano", "cost_source", "first_token_ns", "error_type",
    "error_message", "swallowed", "preview", "call_hash", "attempt", "block_id",
    "finish_reason", "fingerprint",
)  # fmt: skip
_NAME_LIMIT, _MESSAGE_LIMIT, _REASON_LIMIT = 500, 1000, 60

TRACE_COLUMNS = (
    "project", "trace_id", "session_id", "version", "name", "state", "end_reason", "metadata", "user", "service",
    "environment", "frameworks", "sdk", "host", "process", "parent_session_id", "parent_span_id", "first_input",
    "first_input_ns", "last_output", "last_output_ns", "is_native", "is_grouped", "release",
)  # fmt: skip
MOST_BETWEEN = 64
"""So many spans may lie between a model call and its agent: spans may name each other as parents."""

LEDGER_COLUMNS = (
    "project", "trace_id", "process", "time_ns", "spans", "dropped_spans", "dropped_payloads", "redactions",
    "has_ended",
)  # fmt: skip


def newest(records: Iterable[SpanRecord]) -> dict[str, dict[str, SpanRecord]]:
    """Return the newest record of each span, by trace id and span id."""
    by_trace: dict[str, dict[str, SpanRecord]] = {}
    for record in records:
        group = by_trace.setdefault(record.trace_id, {})
        before = group.get(record.span_id)
        if before is None or replaces(record, before.version, before.end_ns):
            group[record.span_id] = record
    return by_trace


def replaces(record: SpanRecord, version: int, end_ns: int | None) -> bool:
    """Say whether a record replaces another: a higher version does; of the same one, an ended span an open one."""
    return record.version > version or (record.version == version and end_ns is None and record.end_ns is not None)


def telling(records: list[SpanRecord]) -> list[SpanRecord]:
    """Return those that say something about their trace: its ends, roots, foreign ones with facts of the session."""
    asking = [record for record in records if record.input is not None]
    answering = [record for record in records if record.output is not None and record.end_ns is not None]
    chosen = {id(records[0]): records[0]}
    if asking:
        first = min(asking, key=lambda record: record.start_ns)
        chosen[id(first)] = first
    if answering:
        last = max(answering, key=lambda record: record.end_ns or 0)
        chosen[id(last)] = last
    for record in records:
        facts = record.facts
        if facts.is_root or facts.user or facts.metadata or (facts.session_id and not facts.is_native):
            chosen[id(record)] = record
    return list(chosen.values())


def span_row(project: str, record: SpanRecord, block_id: int | None) -> tuple[Any, ...]:
    """Return a span's row, in the order of ``SPAN_COLUMNS``."""
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
        _call_hash(record),
        record.attempt,
        block_id,
        record.finish_reason[:_REASON_LIMIT].lower() if record.finish_reason is not None else None,
        fingerprint_of(record.error_type, message) if record.status == SpanStatus.ERROR else None,
    )


def trace_row(project: str, session_id: str, record: SpanRecord) -> tuple[Any, ...]:
    """Return what a span says about its trace, in the order of ``TRACE_COLUMNS``."""
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
        # By a coarse clock a root starts and ends together with what is in it, and it is the one that was asked.
        record.start_ns - facts.is_root if first_input else None,
        last_output,
        record.end_ns + facts.is_root if last_output and record.end_ns is not None else None,
        int(facts.is_native),
        facts.session_rank if facts.session_id is not None else 0,
        _text(resource.get(Resource.SERVICE_VERSION)),
    )


def ledger_rows(project: str, ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return what a process said of its sessions, in the order of ``LEDGER_COLUMNS``."""
    return [
        (
            project, trace_id, ledger.process, ledger.time_ns, max(one.spans - one.spans_left_out, 0),
            one.dropped_spans, one.dropped_payloads, one.redactions, int(one.has_ended),
        )
        for trace_id, one in ledger.sessions.items()
    ]  # fmt: skip


def _last_question(record: SpanRecord) -> str | None:
    """The input as one line; of a conversation what the user said last."""
    value = conversation_in(record.input)
    if type(value) is list:
        asked = [item for item in value if type(item) is dict and item.get("role") == "user"]
        value = asked[-1:] or value
    return preview(value, 300)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _call_hash(record: SpanRecord) -> int | None:
    """Equal for calls of the same tool with the same arguments."""
    if record.kind != "tool":
        return None
    arguments = orjson.dumps(record.input, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return zlib.crc32(arguments, zlib.crc32((record.tool or record.name).encode("utf-8", "replace")))
