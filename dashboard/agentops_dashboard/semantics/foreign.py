"""Spans that others record: the tables of the conventions that a span speaks, applied in order."""

import re
from typing import Any

from agentops.semconv import GenAI, Resource, SpanKind, SpanStatus
from agentops_dashboard.semantics.agentops04 import AGENTOPS_04
from agentops_dashboard.semantics.convention import Convention, fill
from agentops_dashboard.semantics.errors import take_error
from agentops_dashboard.semantics.logfire import LOGFIRE, resolve_pending
from agentops_dashboard.semantics.openinference import OPENINFERENCE
from agentops_dashboard.semantics.otel_genai import OTEL_GENAI
from agentops_dashboard.semantics.record import LINKS, RawSpan, SpanRecord, TraceFacts
from agentops_dashboard.semantics.traceloop import TRACELOOP
from agentops_dashboard.semantics.values import as_session_id
from agentops_dashboard.semantics.vercel import VERCEL

__all__ = ["understand_foreign"]

_MARKS: tuple[tuple[Convention, frozenset[str]], ...] = (
    (VERCEL, frozenset({"ai"})),
    (OPENINFERENCE, frozenset({"openinference"})),
    (AGENTOPS_04, frozenset({"agentops"})),
    (TRACELOOP, frozenset({"traceloop", "llm"})),
    (LOGFIRE, frozenset({"logfire", "pydantic_ai", "agent_name", "all_messages_events"})),
)
"""Which first words of attribute names tell a convention. OTel's own names are tried last, for every span."""

_COMMON = (
    "http.", "url.", "server.", "client.", "net.", "network.", "rpc.", "db.", "code.", "thread.", "exception.",
    "service.", "telemetry.", "otel.", "user.", "user_agent.", "messaging.", "process.", "host.", "error.",
)  # fmt: skip
_ENTRIES = (2, 5)
"""OTLP's kinds of span by which a request (server) or a message (consumer) enters a process."""
_MOST_LINKS = 100
_SHOWN_OF_RESOURCE = frozenset({
    Resource.SERVICE_NAME, Resource.SERVICE_VERSION, Resource.ENVIRONMENT, Resource.HOST_NAME, Resource.FRAMEWORKS,
    "deployment.environment", "agentops.environment", "imported_libraries",
})  # fmt: skip
_METERED = frozenset({SpanKind.LLM, SpanKind.EMBEDDING})
_DIGITS = re.compile(r"\.\d+(?=\.|$)")


def understand_foreign(raw: RawSpan) -> SpanRecord:
    """Turn a span of any other recorder into the internal form."""
    raw = resolve_pending(raw)
    a = raw.attributes
    end_ns = raw.end_ns or None
    status = SpanStatus.RUNNING if end_ns is None else SpanStatus.ERROR if raw.status_code == 2 else SpanStatus.OK
    record = SpanRecord(
        trace_id=raw.trace_id, span_id=raw.span_id, parent_id=raw.parent_id, version=1, kind="", name=raw.name,
        status=status, start_ns=raw.start_ns, end_ns=end_ns, origin=raw.scope or None, events=raw.events,
        resource=raw.resource, facts=TraceFacts(is_root=raw.parent_id is None),
    )  # fmt: skip
    spoken = _spoken(a)
    take_error(record, raw)
    taken: set[str] = set()
    for convention in spoken:
        taken |= fill(record, a, convention)
    record.kind = record.kind or SpanKind.OPERATION
    record.name = record.name or record.kind
    _settle_usage(record)
    _settle_session(record, a)
    consumed = tuple(name for convention in spoken for name in convention.consumed)
    record.attributes = {key: value for key, value in a.items() if not _is_consumed(key, consumed)}
    known = _COMMON + tuple(prefix for convention in spoken for prefix in convention.prefixes)
    record.unmapped = [
        _DIGITS.sub(".N", key)[:200] for key in record.attributes if key not in taken and not key.startswith(known)
    ]
    record.attributes |= _links(raw) | _origin(raw)
    return record


def _links(raw: RawSpan) -> dict[str, Any]:
    """The spans elsewhere that a span names, each as its trace's and its own id."""
    links = [f"{link.get('traceId')}/{link.get('spanId')}"[:100] for link in raw.links[:_MOST_LINKS]]
    return {LINKS: links} if links else {}


def _origin(raw: RawSpan) -> dict[str, Any]:
    """What the process said of itself, on the span by which a trace enters it: on every span it would be the same."""
    if raw.parent_id is not None and raw.otlp_kind not in _ENTRIES:
        return {}
    return {
        f"resource.{name}": value
        for name, value in raw.resource.items()
        if name not in _SHOWN_OF_RESOURCE and not name.startswith("telemetry.")
    }


def _spoken(attributes: dict[str, Any]) -> list[Convention]:
    words = {key.split(".", 1)[0] for key in attributes}
    return [convention for convention, marks in _MARKS if not marks.isdisjoint(words)] + [OTEL_GENAI]


def _is_consumed(key: str, consumed: tuple[str, ...]) -> bool:
    return any(key == name or (name[-1] == "." and key.startswith(name)) for name in consumed)


def _settle_usage(record: SpanRecord) -> None:
    """Usage belongs to the call that caused it: agents and chains that repeat it would count it twice."""
    if record.kind not in _METERED:
        record.input_tokens = record.output_tokens = record.cached_tokens = None
        record.cache_write_tokens = record.reasoning_tokens = record.cost_nano = None
        return
    apart = (record.cached_tokens or 0) + (record.cache_write_tokens or 0)
    if record.input_tokens is not None and apart > record.input_tokens:
        # Some report cached tokens beside the input (Anthropic's way), OTel counts them into it.
        record.input_tokens += apart
    record.cost_source = None if record.cost_nano is None else "reported"


def _settle_session(record: SpanRecord, attributes: dict[str, Any]) -> None:
    facts = record.facts
    if facts.session_id is not None and facts.session_id == attributes.get(GenAI.CONVERSATION_ID):
        facts.session_rank = 1
    facts.session_id = as_session_id(facts.session_id)
    if facts.is_root and facts.name is None:
        facts.name = record.name
    environment = record.resource.get("agentops.environment")
    if environment and Resource.ENVIRONMENT not in record.resource:
        record.resource = record.resource | {Resource.ENVIRONMENT: environment}
