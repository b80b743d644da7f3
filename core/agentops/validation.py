"""``validate_trace_spans``: whether what a program should have recorded is there, and with what it cost.

Looks where the records are: at the configured server, else on this machine, in the spool and in the store.
"""

import contextlib
import io
import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from agentops.errors import ValidationError
from agentops.sdk import process
from agentops.sdk.api import flush
from agentops.sdk.config import Config, config_from_environment, updated
from agentops.sdk.guard import attempt
from agentops.sdk.session import Session
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops.wire import list_segments, read_lines
from agentops.wire.otlp import decode_attributes
from agentops.wire.segment import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ValidationError", "print_validation_summary", "validate_trace_spans"]

SpanData = dict[str, Any]
_LLM_KINDS: Final = {SpanKind.LLM, SpanKind.EMBEDDING}


def validate_trace_spans(  # noqa: PLR0917 - as AgentOps 0.4 has it
    trace_id: str | None = None,
    trace_context: Session | None = None,
    max_retries: int = 10,
    retry_delay: float = 1.0,
    check_llm: bool = True,
    min_spans: int = 1,
    api_key: str | None = None,
) -> dict[str, Any]:
    """Check that a session was recorded; the caller's own if neither id nor session is given.

    Args:
        trace_id: The session's id: 32 hex digits, or the same as an integer's hexadecimal text.
        trace_context: The session, as ``start_trace()`` returned it.
        max_retries: How often to look again before giving up.
        retry_delay: Seconds between two looks.
        check_llm: Whether a model's call is expected.
        min_spans: How many spans are expected at least, the session's own included.
        api_key: Key for the endpoint, if it is not the configured one.

    Returns:
        ``{"trace_id", "span_count", "spans", "has_llm_spans", "llm_span_names", "metrics"}``; a span is ``{"id",
        "parent_id", "name", "kind", "status", "start_ns", "end_ns", "attributes"}``, metrics are ``{"total_tokens",
        "prompt_tokens", "completion_tokens", "total_cost"}`` with None for what nobody reported.

    Raises:
        ValidationError: What was expected is not there.
        ValueError: There is no session to look for.
    """
    found_id = _session_id(trace_id, trace_context)
    flush(delivered=True)
    config = _config(api_key)
    for left in range(max(0, max_retries), -1, -1):
        result = _summary(found_id, _find_spans(found_id, config))
        problem = _problem(result, check_llm=check_llm, min_spans=min_spans)
        if problem is None:
            return result
        if left:
            time.sleep(retry_delay)
    raise ValidationError(problem)


def print_validation_summary(result: dict[str, Any]) -> None:
    """Print what ``validate_trace_spans`` returned, for people."""
    lines = [f"Session {result['trace_id']}: {result['span_count']} spans"]
    if result["has_llm_spans"]:
        lines.append(f"  model calls: {', '.join(result['llm_span_names'])}")
    for name, value in result["metrics"].items():
        if value is not None:
            lines.append(f"  {name.replace('_', ' ')}: {value}")
    sys.stdout.write("\n".join(lines) + "\n")


def _session_id(trace_id: str | None, session: Session | None) -> str:
    if trace_id is not None:
        return trace_id.removeprefix("0x").replace("-", "").lower().zfill(32)
    if session is None:
        runtime = process.current()
        session = runtime.current_session() if runtime is not None else None
    if session is None:
        raise ValueError("there is no session to validate; give validate_trace_spans(trace_id=…) or trace_context=…")
    return session.id


def _config(api_key: str | None) -> Config:
    runtime = process.current()
    return updated(runtime.config if runtime is not None else config_from_environment(), {"api_key": api_key})


def _find_spans(session_id: str, config: Config) -> list[SpanData]:
    """Look in all places, and take the one that knows most: a store takes records out of the spool as it reads them."""
    places: list[Callable[[str, Config], list[SpanData]]] = [_from_spool, _from_store]
    if config.endpoint is not None:
        places = [_from_endpoint]
    return max((attempt(place, lambda _: [], session_id, config) for place in places), key=len)


def _from_spool(session_id: str, config: Config) -> list[SpanData]:
    needle = session_id.encode()
    latest: dict[str, tuple[int, SpanData]] = {}
    for segment in list_segments(config.home / "spool" / LOCAL):
        for line, _ in read_lines(segment, limit_bytes=sys.maxsize):
            if needle not in line:
                continue
            for raw in _spans_of(line):
                span = _span(raw)
                version = int(span["attributes"].get(Attr.VERSION, 1))
                if raw["traceId"] == session_id and version >= latest.get(span["id"], (0, span))[0]:
                    latest[span["id"]] = (version, span)
    return sorted((span for _, span in latest.values()), key=lambda span: span["start_ns"])


def _spans_of(line: bytes) -> list[dict[str, Any]]:
    body = json.loads(line)
    return [span for item in body["resourceSpans"] for scope in item["scopeSpans"] for span in scope["spans"]]


def _span(raw: dict[str, Any]) -> SpanData:
    attributes = decode_attributes(raw.get("attributes") or [])
    return {
        "id": raw["spanId"],
        "parent_id": raw.get("parentSpanId") or None,
        "name": raw["name"],
        "kind": attributes.get(Attr.KIND),
        "status": attributes.get(Attr.STATUS),
        "start_ns": int(raw["startTimeUnixNano"]),
        "end_ns": int(raw["endTimeUnixNano"]) or None,
        "attributes": attributes,
    }


def _from_store(session_id: str, config: Config) -> list[SpanData]:
    """Ask the dashboard's own command, where it is installed; what it prints is a fixed format."""
    from agentops.cli import find_command

    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(output):
        find_command("show")([session_id, "--json"])
    output.seek(0)
    spans: list[SpanData] = json.loads(output.read())["spans"]
    return spans


def _from_endpoint(session_id: str, config: Config) -> list[SpanData]:
    from agentops.sdk.transport import Transport

    transport = Transport(config)
    try:
        return list(transport.get(f"/api/v1/sessions/{session_id}/spans").get("spans") or [])
    finally:
        transport.close()


def _summary(session_id: str, spans: list[SpanData]) -> dict[str, Any]:
    models = [span for span in spans if span.get("kind") in _LLM_KINDS]
    tokens_in = _total(models, GenAI.USAGE_INPUT_TOKENS, "input")
    tokens_out = _total(models, GenAI.USAGE_OUTPUT_TOKENS, "output")
    known = [value for value in (tokens_in, tokens_out) if value is not None]
    return {
        "trace_id": session_id,
        "span_count": len(spans),
        "spans": spans,
        "has_llm_spans": bool(models),
        "llm_span_names": [span["name"] for span in models],
        "metrics": {
            "total_tokens": sum(known) if known else None,
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_cost": _cost(spans),
        },
    }


def _total(spans: list[SpanData], attribute: str, token: str) -> int | None:
    values = [(span.get("attributes") or {}).get(attribute, (span.get("tokens") or {}).get(token)) for span in spans]
    known = [int(value) for value in values if value is not None]
    return sum(known) if known else None


def _cost(spans: list[SpanData]) -> float | None:
    """Add up what the program reported or, where the store knows prices, what the calls cost."""
    values = []
    for span in spans:
        priced = span.get("cost")
        amount = priced.get("amount") if isinstance(priced, dict) else None
        values.append(amount if amount is not None else (span.get("attributes") or {}).get(Attr.COST_USD))
    known = [float(value) for value in values if value is not None]
    return sum(known) if known else None


def _problem(result: dict[str, Any], *, check_llm: bool, min_spans: int) -> str | None:
    session_id, spans = result["trace_id"], result["spans"]
    if not spans:
        return f"session {session_id} is not to be found; was it recorded with this AGENTOPS_HOME or endpoint?"
    if len(spans) < min_spans:
        return f"session {session_id} has {len(spans)} spans, and at least {min_spans} were expected"
    if check_llm and not result["has_llm_spans"]:
        return (
            f"session {session_id} has no model call among its {len(spans)} spans; is the integration on? "
            "See: agentops plugins. To expect none: validate_trace_spans(check_llm=False)"
        )
    return None
