"""The JSON shapes that the API, the pages and the command line share. Unknown is None, never 0."""

from typing import Any, TypedDict, final

__all__ = [
    "Bucket",
    "Cost",
    "Counts",
    "Facet",
    "FacetValue",
    "Heading",
    "Session",
    "SessionPage",
    "Span",
    "SpanError",
    "Tokens",
    "TreeRow",
    "TreeWindow",
]


class Tokens(TypedDict):
    """Tokens by class. ``input`` includes cached and cache writes, ``output`` includes reasoning."""

    input: int | None
    output: int | None
    cached: int | None
    cache_write: int | None
    reasoning: int | None
    total: int | None


class Cost(TypedDict):
    """An amount of money; ``source`` says which price list, or ``reported`` by the program itself."""

    amount: float
    currency: str
    source: str | None


class Counts(TypedDict):
    """How many of what a session holds."""

    spans: int
    agents: int
    llm: int
    tools: int
    errors: int
    swallowed: int
    human: int
    open: int


class Session(TypedDict):
    """A session. Times are RFC 3339 in UTC; ``missing`` counts events that are known to be lost.

    ``last_time`` is that of its last event: when a span of it last began or ended. ``turns`` counts its traces;
    ``bookmarked``, ``score`` (``up`` or ``down``) and ``note`` are what people said of it.
    """

    id: str
    name: str
    state: str
    start_time: str
    end_time: str | None
    last_time: str
    duration_ms: float | None
    tags: list[str]
    metadata: dict[str, Any]
    user: str | None
    environment: str | None
    service: str | None
    release: str | None
    frameworks: list[str]
    host: str | None
    first_input: str | None
    last_output: str | None
    parent_id: str | None
    parent_span_id: str | None
    waiting_ms: float
    counts: Counts
    tokens: Tokens | None
    cost: Cost | None
    unpriced_calls: int
    complete: bool
    missing: int
    redactions: int
    turns: int
    bookmarked: bool
    score: str | None
    note: str | None
    start_ns: int
    end_ns: int | None
    last_ns: int


class SessionPage(TypedDict):
    """One page of the list. ``total`` counts every session that fits the query."""

    sessions: list[Session]
    next_cursor: str | None
    total: int


class SpanError(TypedDict):
    """Why a span failed."""

    type: str | None
    message: str | None
    stack: str | None


class Span(TypedDict):
    """A span. In lists without payload ``input``, ``output``, ``attributes`` and the error's ``stack`` are empty."""

    id: str
    parent_id: str | None
    session_id: str
    trace_id: str
    kind: str
    name: str
    status: str
    start_ns: int
    end_ns: int | None
    seq: int | None
    agent: str | None
    tool: str | None
    model: str | None
    provider: str | None
    origin: str | None
    tokens: Tokens | None
    cost: Cost | None
    first_token_ms: float | None
    swallowed_error: str | None
    preview: str | None
    attempt: int | None
    finish_reason: str | None
    input: Any
    output: Any
    error: SpanError | None
    attributes: dict[str, Any]
    events: list[dict[str, Any]]


@final
class TreeRow(TypedDict):
    """A visible row of a tree: a span with its place in it, and the sums over its subtree.

    ``depth`` counts the shown ancestors; ``position`` is its place among ``siblings``, of which ``cut_after`` come
    after it and are not shown; ``is_parallel`` says that it ran at the same time as another of them.
    """

    span: Span
    depth: int
    children: int
    descendants: int
    is_collapsed: bool
    is_detached: bool
    is_parallel: bool
    cut_after: int
    position: int
    siblings: int
    subtree_errors: int
    subtree_tokens: int | None
    subtree_cost: Cost | None


@final
class Heading(TypedDict):
    """The row above the detached spans, in a view that has one: as many as ``detached`` says, and what is below them.

    It is no span; the other keys mean what they mean in a ``TreeRow`` at depth 0.
    """

    detached: int
    descendants: int
    is_collapsed: bool
    position: int
    siblings: int
    subtree_errors: int
    subtree_tokens: int | None
    subtree_cost: Cost | None


class TreeWindow(TypedDict):
    """Rows ``offset``… of a tree.

    ``total`` counts the visible rows, ``spans`` all of the session's spans, ``hits`` the visible rows that hold the
    text looked for.
    """

    rows: list[TreeRow | Heading]
    offset: int
    total: int
    spans: int
    detached: int
    hits: int


class FacetValue(TypedDict):
    """A value of a facet and the number of sessions that have it."""

    value: str
    count: int


class Facet(TypedDict):
    """A facet: ``key`` is the query language's key."""

    key: str
    label: str
    values: list[FacetValue]


class Bucket(TypedDict):
    """A histogram's bar: sessions that started in ``[start_ns, end_ns)`` by state."""

    start_ns: int
    end_ns: int
    total: int
    states: dict[str, int]
