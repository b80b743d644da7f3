"""Database rows to the shapes of ``shapes``."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import orjson

from agentops.semconv import State
from agentops_dashboard.reader.shapes import Cost, Session, Span, SpanError, Tokens

__all__ = ["cost_of", "flat", "rfc3339", "session_of", "span_of", "with_payload"]


def rfc3339(time_ns: int) -> str:
    """Nanoseconds since the epoch as RFC 3339 in UTC, to the microsecond."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, timezone.utc)
    # strftime takes longer than all the rest, and each row of a list has three times.
    return f"{moment.isoformat()[:19]}.{time_ns % 1_000_000_000 // 1000:06d}Z"


def _tokens(row: Any) -> Tokens | None:
    if row.input_tokens is None and row.output_tokens is None:
        return None
    return {
        "input": row.input_tokens,
        "output": row.output_tokens,
        "cached": row.cached_tokens,
        "cache_write": row.cache_write_tokens,
        "reasoning": row.reasoning_tokens,
        "total": (row.input_tokens or 0) + (row.output_tokens or 0),
    }


def cost_of(nano: int | None, source: str | None) -> Cost | None:
    """Nano-USD as a cost; None stays unknown."""
    return None if nano is None else {"amount": nano / 1e9, "currency": "USD", "source": source}


def _ms(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else duration_ns / 1e6


def session_of(row: Any, tags: list[str], said: Mapping[str, str], state: str) -> Session:
    """Shape a row of the session table; ``said`` is what was annotated. An abandoned one ended when last heard of."""
    end_ns = row.last_ns if row.end_ns is None and state == State.ABANDONED else row.end_ns
    return {
        "id": row.session_id,
        "name": row.name,
        "state": state,
        "start_time": rfc3339(row.start_ns),
        "end_time": rfc3339(end_ns) if end_ns is not None else None,
        "last_time": rfc3339(row.last_ns),
        "duration_ms": _ms(end_ns - row.start_ns) if end_ns is not None else None,
        "tags": tags,
        "metadata": orjson.loads(row.metadata) if row.metadata else {},
        "user": row.user,
        "environment": row.environment,
        "service": row.service,
        "release": row.release,
        "frameworks": orjson.loads(row.frameworks) if row.frameworks else [],
        "host": row.host,
        "first_input": row.first_input,
        "last_output": row.last_output,
        "parent_id": row.parent_session_id,
        "parent_span_id": row.parent_span_id,
        "waiting_ms": row.waiting_ns / 1e6,
        "counts": {
            "spans": row.spans,
            "agents": row.agents,
            "llm": row.llm_calls,
            "tools": row.tool_calls,
            "errors": row.errors,
            "swallowed": row.swallowed,
            "human": row.human_waits,
            "open": row.open_spans,
        },
        "tokens": _tokens(row),
        "cost": cost_of(row.cost_nano, row.cost_source),
        "unpriced_calls": row.unpriced_calls,
        "complete": row.missing == 0 and row.open_spans == 0,
        "missing": row.missing,
        "redactions": row.redactions,
        "turns": row.traces,
        "bookmarked": "bookmark" in said,
        "score": said.get("score"),
        "note": said.get("note"),
        "start_ns": row.start_ns,
        "end_ns": end_ns,
        "last_ns": row.last_ns,
    }


def flat(session: Session) -> dict[str, Any]:
    """A session as one row of a table: counts, tokens and cost without nesting, ``cost_nano_usd`` a whole number."""
    tokens, cost = session["tokens"], session["cost"]
    return {
        **session,
        **session["counts"],
        **({f"{name}_tokens": number for name, number in tokens.items()} if tokens else {}),
        "cost_nano_usd": round(cost["amount"] * 1e9) if cost else None,
        "cost_source": cost["source"] if cost else None,
    }


def span_of(row: Any, session_id: str) -> Span:
    """Shape a row of the span table, without its payload."""
    error: SpanError | None = None
    if row.status == "error" or row.error_type or row.error_message:
        error = {"type": row.error_type, "message": row.error_message, "stack": None}
    first_token = row.first_token_ns
    return {
        "id": row.span_id,
        "parent_id": row.parent_id,
        "session_id": session_id,
        "trace_id": row.trace_id,
        "kind": row.kind,
        "name": row.name,
        "status": row.status,
        "start_ns": row.start_ns,
        "end_ns": row.end_ns,
        "seq": row.seq,
        "agent": row.agent,
        "tool": row.tool,
        "model": row.model,
        "provider": row.provider,
        "origin": row.origin,
        "tokens": _tokens(row),
        "cost": cost_of(row.cost_nano, row.cost_source),
        "first_token_ms": None if first_token is None else first_token / 1e6,
        "swallowed_error": row.swallowed,
        "preview": row.preview,
        "attempt": row.attempt,
        "finish_reason": row.finish_reason,
        "input": None,
        "output": None,
        "error": error,
        "attributes": {},
        "events": [],
    }


def with_payload(span: Span, content: dict[str, Any]) -> Span:
    """Fill a span's payload fields in place."""
    span["input"] = content.get("input")
    span["output"] = content.get("output")
    span["attributes"] = content.get("attributes") or {}
    span["events"] = content.get("events") or []
    if span["error"] is not None:
        span["error"]["stack"] = content.get("stack")
    return span
