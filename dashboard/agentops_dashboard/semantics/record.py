"""The one internal form of a span, whatever convention it arrived in."""

from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["FARTHEST_NS", "LINKS", "MOST_NANO", "RawSpan", "SpanRecord", "TraceFacts"]

FARTHEST_NS: Final = 2**62
"""No moment is later, which is in the year 2116. Twice as much still fits what a store counts with, so a moment and a
width can be added without a thought."""

LINKS: Final = "otel.links"
"""Attribute that holds the spans elsewhere that a span names, each as ``trace id/span id``."""

MOST_NANO: Final = 10**13
"""Cost of one call in nano-USD: ten thousand dollars. Sums of more would pass what a store counts to."""


@dataclass(slots=True)
class RawSpan:
    """A span as OTLP carries it: attributes are plain Python values, nothing is interpreted yet.

    Events are ``{"name", "time_ns", "attributes"}``. ``end_ns`` 0 means still open.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    otlp_kind: int
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, Any]]
    status_code: int
    status_message: str
    resource: dict[str, Any]
    scope: str


@dataclass(slots=True)
class TraceFacts:
    """What a span says about its whole session.

    ``session_id`` None means that the trace is a session of its own; ``session_rank`` says how sure it is: 2 named as a
    session, 1 only as a conversation. ``is_native`` spans come from our own recorder,
    which numbers them and sends heartbeats.
    """

    session_id: str | None = None
    session_rank: int = 2
    name: str | None = None
    state: str | None = None
    end_reason: str | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None
    parent_session_id: str | None = None
    parent_span_id: str | None = None
    is_native: bool = False
    is_root: bool = False


@dataclass(slots=True)
class SpanRecord:
    """A span that was understood. ``end_ns`` None means still open. Money is nano-USD.

    Attributes:
        attributes: What has no field of its own, shown as it is.
        unmapped: Names of attributes that no convention knows.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    version: int
    kind: str
    name: str
    status: str
    start_ns: int
    end_ns: int | None
    seq: int | None = None
    agent: str | None = None
    tool: str | None = None
    model: str | None = None
    provider: str | None = None
    origin: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_nano: int | None = None
    cost_source: str | None = None
    first_token_ns: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    error_stack: str | None = None
    swallowed: str | None = None
    attempt: int | None = None
    finish_reason: str | None = None
    input: Any = None
    output: Any = None
    tags: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    resource: dict[str, Any] = field(default_factory=dict)
    facts: TraceFacts = field(default_factory=TraceFacts)
    unmapped: list[str] = field(default_factory=list)
