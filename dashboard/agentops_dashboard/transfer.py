"""Whole sessions out of a store and into another, as OTLP/JSON lines; reading them twice changes nothing."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final

import orjson

from agentops.semconv import GenAI, Resource, SpanKind
from agentops.semconv import Session as SessionName
from agentops.semconv import Span as SpanName
from agentops.wire import Ledger, encode_attributes, encode_line, encode_resource, encode_span
from agentops_dashboard.beside import Beside
from agentops_dashboard.derived.model_calls import with_calls
from agentops_dashboard.ingest.otlp_json import decode
from agentops_dashboard.parquet import parquet_parts
from agentops_dashboard.reader import Reader, Session, Span
from agentops_dashboard.semantics import understand
from agentops_dashboard.store import Store
from agentops_dashboard.store.store import ANNOTATIONS

__all__ = ["EXPORT_KINDS", "export_sessions", "import_lines", "session_lines", "sessions_of"]

EXPORT_KINDS: Final = ("otlp", "parquet")

_SCOPE = '{"name":"agentops.export"}'
_BATCH = 50
_PAGE = 500
_REQUEST_NAMES = (b'"resourceSpans"', b'"resource_spans"')
_STATUS_CODES = {"ok": 1, "error": 2}


def sessions_of(reader: Reader, query: str, *, sort: str = "start_time", **bounds: int | None) -> Iterator[Session]:
    """Yield the sessions that fit a query, page by page; ``bounds`` are those of ``Reader.sessions``.

    Raises:
        QueryError: The query cannot be understood; when the first session is asked for.
    """
    cursor = None
    while True:
        page = reader.sessions(query, sort=sort, cursor=cursor, limit=_PAGE, **bounds)
        yield from page["sessions"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def export_sessions(reader: Reader, query: str, file: BinaryIO, kind: str = "otlp") -> int:
    """Write the sessions that fit a query, the oldest first, as one of ``EXPORT_KINDS``; returns how many.

    Raises:
        QueryError: The query cannot be understood.
        AgentOpsError: Parquet cannot be written here.
    """
    count = 0

    def counted() -> Iterator[Session]:
        nonlocal count
        for session in sessions_of(reader, query):
            count += 1
            yield session

    if kind == "parquet":
        file.writelines(parquet_parts(with_calls(reader, counted())))
    else:
        for session in counted():
            file.writelines(session_lines(reader, session))
    return count


def session_lines(reader: Reader, session: Session) -> Iterator[bytes]:
    """Return a session's lines; each is an OTLP/JSON trace request that any OTLP receiver takes.

    Spans first, in tree order. What the recording processes, and people, said about it stands behind them.
    """
    return _lines(session, reader.spans(session["id"]), reader.ledgers(session["id"]), reader.beside(session["id"]))


def _lines(session: Session, spans: list[Span], ledgers: list[Ledger], beside: Beside) -> Iterator[bytes]:
    resource = encode_resource(
        {
            Resource.SERVICE_NAME: session["service"],
            Resource.SERVICE_VERSION: session["release"],
            Resource.ENVIRONMENT: session["environment"],
            Resource.HOST_NAME: session["host"],
            Resource.FRAMEWORKS: tuple(session["frameworks"]) or None,
        }
    )
    for start in range(0, len(spans), _BATCH):
        encoded = [_encode(span, session) for span in spans[start : start + _BATCH]]
        is_partial = any(span["end_ns"] is None for span in spans[start : start + _BATCH])
        yield encode_line(resource, _SCOPE, encoded, partial=is_partial)
    for ledger in ledgers:
        yield ledger.encode(resource)
    if beside.annotations or beside.logs:
        yield beside.encode(resource)


def import_lines(store: Store, lines: Iterable[bytes], project: str = "default") -> dict[str, int]:
    """Store lines of OTLP/JSON; returns the numbers of spans read, of those refused, and of lines not understood."""
    counted = {"spans": 0, "rejected": 0, "bad_lines": 0}
    for line in lines:
        if not line.strip():
            continue
        try:
            batch = decode(line)
        except ValueError:
            counted["bad_lines"] += 1
            continue
        counted["bad_lines"] += not any(name in line for name in _REQUEST_NAMES)
        store.add(project, [understand(raw) for raw in batch.spans], batch.ledgers)
        for beside in batch.beside:
            _add_beside(store, project, beside)
        counted["spans"] += len(batch.spans)
        counted["rejected"] += sum(batch.rejected.values())
    return counted


def _add_beside(store: Store, project: str, beside: Beside) -> None:
    for said in beside.annotations:
        if said.name in ANNOTATIONS:
            store.annotate(
                project, beside.session_id, span_id=said.span_id, name=said.name, value=said.value, time_ns=said.time_ns
            )
    for log in beside.logs:
        store.put_log(project, log.trace_id, log.text, time_ns=log.time_ns)


def _encode(span: Span, session: Session) -> str:
    error = span["error"]
    events = [(event["name"], event["time_ns"], event["attributes"]) for event in span["events"]]
    return encode_span(
        trace_id=span["trace_id"],
        span_id=span["id"],
        parent_id=span["parent_id"],
        name=span["name"],
        is_client=span["kind"] == SpanKind.LLM,
        start_ns=span["start_ns"],
        end_ns=span["end_ns"] or 0,
        attributes=encode_attributes(_attributes(span, session)),
        events=events,
        status_code=_STATUS_CODES.get(span["status"], 0),
        status_message=(error["message"] or "") if error else "",
    )


def _attributes(span: Span, session: Session) -> dict[str, object]:
    is_root = span["parent_id"] is None
    tokens, cost = span["tokens"], span["cost"]
    values: dict[str, object] = {key: _tupled(value) for key, value in span["attributes"].items()}
    values |= {
        SpanName.KIND: span["kind"],
        SpanName.STATUS: span["status"],
        SpanName.SEQ: span["seq"],
        SpanName.VERSION: 2 if span["end_ns"] else 1,
        SpanName.ORIGIN: span["origin"],
        SpanName.SWALLOWED_ERROR: span["swallowed_error"],
        SpanName.ATTEMPT: span["attempt"],
        SpanName.ERROR_TYPE: span["error"]["type"] if span["error"] else None,
        SessionName.ID: session["id"],
        SessionName.TAGS: tuple(session["tags"]) or None,
        GenAI.AGENT_NAME: span["agent"],
        GenAI.TOOL_NAME: span["tool"],
        GenAI.RESPONSE_MODEL: span["model"],
        GenAI.PROVIDER_NAME: span["provider"],
        GenAI.USAGE_INPUT_TOKENS: tokens["input"] if tokens else None,
        GenAI.USAGE_OUTPUT_TOKENS: tokens["output"] if tokens else None,
        GenAI.USAGE_CACHE_READ: tokens["cached"] if tokens else None,
        GenAI.USAGE_CACHE_CREATION: tokens["cache_write"] if tokens else None,
        GenAI.USAGE_REASONING: tokens["reasoning"] if tokens else None,
        SpanName.COST_USD: cost["amount"] if cost else None,
        SpanName.COST_SOURCE: cost["source"] if cost and cost["source"] != "reported" else None,
    }
    first_token_ms = span["first_token_ms"]
    if first_token_ms is not None:
        values.setdefault(GenAI.RESPONSE_TIME_TO_FIRST_CHUNK, first_token_ms / 1000)
    if span["finish_reason"] is not None:
        values.setdefault(GenAI.RESPONSE_FINISH_REASONS, (span["finish_reason"],))
    values |= _content(span)
    if is_root:
        values[SessionName.NAME] = session["name"] if session["name"] != span["name"] else None
        values[SessionName.USER_ID] = session["user"]
        values[SessionName.METADATA] = session["metadata"] or None
        values[SessionName.PARENT_ID] = session["parent_id"]
        values[SessionName.PARENT_SPAN_ID] = session["parent_span_id"]
        if span["end_ns"] is not None:
            values[SessionName.STATE] = session["state"]
    return values


def _content(span: Span) -> dict[str, object]:
    names = {
        SpanKind.LLM: (GenAI.INPUT_MESSAGES, GenAI.OUTPUT_MESSAGES),
        SpanKind.TOOL: (GenAI.TOOL_CALL_ARGUMENTS, GenAI.TOOL_CALL_RESULT),
    }.get(span["kind"], (SpanName.INPUT, SpanName.OUTPUT))
    return dict(zip(names, (_text(span["input"]), _text(span["output"])), strict=True))


def _text(value: Any) -> object:
    """Data goes out as JSON text, as it came; text and numbers go as they are."""
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _tupled(value: Any) -> object:
    return tuple(value) if isinstance(value, list) else value
