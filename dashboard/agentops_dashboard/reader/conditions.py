"""A parsed query as conditions on the session table. Values reach the database as bound parameters only."""

import operator
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select, true

from agentops.semconv import SpanKind, SpanStatus, State
from agentops_dashboard.query.ast import Aggregate, And, Node, Not, Or, Term, Text
from agentops_dashboard.reader.dialect import HasWords, JsonText, Matches, SpanCount
from agentops_dashboard.store import tables as t

__all__ = ["ABANDONED_AFTER_NS", "Conditions", "state_is"]

ABANDONED_AFTER_NS = 15_000_000_000
"""Three heartbeats missed."""

_COMPARE = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_NUMBERS = {
    "duration": t.session.c.duration_ns, "waiting": t.session.c.waiting_ns, "cost": t.session.c.cost_nano,
    "tokens": t.session.c.total_tokens, "input_tokens": t.session.c.input_tokens,
    "output_tokens": t.session.c.output_tokens, "llm": t.session.c.llm_calls, "tools": t.session.c.tool_calls,
    "agents": t.session.c.agents, "errors": t.session.c.errors, "swallowed": t.session.c.swallowed,
    "spans": t.session.c.spans, "missing": t.session.c.missing, "start": t.session.c.start_ns,
    "turns": t.session.c.traces,
}  # fmt: skip
_TEXTS = {
    "name": t.session.c.name, "user": t.session.c.user, "environment": t.session.c.environment,
    "service": t.session.c.service, "host": t.session.c.host, "id": t.session.c.session_id,
    "parent": t.session.c.parent_session_id, "release": t.session.c.release,
}  # fmt: skip
_LABELS = frozenset({"agent", "tool", "model", "error", "fingerprint", "framework"})
_HAS = {
    "agent": t.session.c.agents > 0, "cost": t.session.c.cost_nano.is_not(None), "end": t.session.c.end_ns.is_not(None),
    "error": t.session.c.errors > 0, "input": t.session.c.first_input.is_not(None), "llm": t.session.c.llm_calls > 0,
    "metadata": t.session.c.metadata.is_not(None), "output": t.session.c.last_output.is_not(None),
    "parent": t.session.c.parent_session_id.is_not(None), "swallowed": t.session.c.swallowed > 0,
    "tokens": t.session.c.total_tokens.is_not(None), "tool": t.session.c.tool_calls > 0,
    "user": t.session.c.user.is_not(None), "human": t.session.c.human_waits > 0,
}  # fmt: skip
_SPAN_NUMBERS = {
    "duration": t.span.c.end_ns - t.span.c.start_ns, "cost": t.span.c.cost_nano,
    "tokens": func.coalesce(t.span.c.input_tokens, 0) + func.coalesce(t.span.c.output_tokens, 0),
    "input_tokens": t.span.c.input_tokens, "output_tokens": t.span.c.output_tokens, "attempt": t.span.c.attempt,
}  # fmt: skip
# A tool that was not named goes by its span's name, as in the roll-ups.
_TOOL = case((t.span.c.kind == SpanKind.TOOL, func.coalesce(t.span.c.tool, t.span.c.name)))
_SPAN_TEXTS = {
    "kind": t.span.c.kind, "status": t.span.c.status, "name": t.span.c.name, "agent": t.span.c.agent,
    "tool": _TOOL, "model": t.span.c.model, "provider": t.span.c.provider, "error": t.span.c.error_type,
    "message": t.span.c.error_message, "finish": t.span.c.finish_reason, "fingerprint": t.span.c.fingerprint,
}  # fmt: skip


def state_is(state: str, now_ns: int) -> ColumnElement[bool]:
    """Sessions that are shown in this state; running ones are told apart by heartbeat and by human waits."""
    stored = t.session.c.state
    is_silent = t.session.c.alive_ns < now_ns - ABANDONED_AFTER_NS
    is_running = and_(stored == State.RUNNING, not_(is_silent))
    if state == State.ABANDONED:
        return or_(stored == State.ABANDONED, and_(stored == State.RUNNING, is_silent))
    if state == State.PAUSED:
        return and_(is_running, t.session.c.open_waits > 0)
    if state == State.RUNNING:
        return and_(is_running, t.session.c.open_waits == 0)
    return stored == state


class Conditions:
    """Turns a query into one condition on the session table.

    Args:
        project: Every subquery sees this project only.
        now_ns: For states that depend on the clock.
    """

    def __init__(self, project: str, now_ns: int) -> None:
        self._project = project
        self._now_ns = now_ns

    def of(self, node: Node) -> ColumnElement[bool]:
        """Return the condition that sessions must meet."""
        if isinstance(node, And):
            return and_(true(), *(self.of(part) for part in node.parts))
        if isinstance(node, Or):
            return or_(false(), *(self.of(part) for part in node.parts))
        if isinstance(node, Not):
            # Where a value is unknown the inner condition is NULL: not "cost over 1" then, so it fits the negation.
            return not_(func.coalesce(self.of(node.inner), false()))
        if isinstance(node, Text):
            return self._text(node)
        if isinstance(node, Aggregate):
            return self._aggregate(node)
        return self._term(node)

    def _term(self, term: Term) -> ColumnElement[bool]:
        if term.key in _NUMBERS:
            return _any_number(_NUMBERS[term.key], term)
        if term.key in _TEXTS:
            return _any_text(_TEXTS[term.key], term)
        if term.key == "status":
            return or_(*(state_is(str(value), self._now_ns) for value in term.values))
        if term.key == "tag":
            return self._tag(term)
        if term.key in _LABELS:
            return self._label(term)
        if term.key == "metadata":
            return self._metadata(term)
        if term.key == "score":
            return self._annotated("score", t.annotation.c.value.in_(term.values))
        if term.key == "has":
            return or_(*(self._has(str(value)) for value in term.values))
        return or_(*(self._is(str(value)) for value in term.values))

    def _tag(self, term: Term) -> ColumnElement[bool]:
        c = t.session_tag.c
        found = select(c.sid).where(c.project == self._project, c.is_removed == 0, _any_text(c.tag, term))
        return t.session.c.sid.in_(found)

    def _label(self, term: Term, *, has_failed: bool = False) -> ColumnElement[bool]:
        """Sessions with such an agent, tool, model, error or framework; ``has_failed``: and a failure of it."""
        c = t.usage.c
        label = _any_text(c.label, term)
        if term.key == "error":
            # ``error:RateLimitError`` also means ``openai.RateLimitError``.
            label = or_(label, *(Matches(c.label, "", f".{v}") for v in term.values))
        if term.key == "framework":
            label = or_(label, *(Matches(c.label, f"{v}/", "") for v in term.values))
        found = select(c.sid).where(c.project == self._project, c.label_kind == term.key, label)
        return t.session.c.sid.in_(found.where(c.errors > 0) if has_failed else found)

    def _metadata(self, term: Term) -> ColumnElement[bool]:
        member = term.member or ""
        paths = {(member,), tuple(part for part in member.split(".") if part)}
        return or_(*(_any_text(JsonText(t.session.c.metadata, path), term) for path in sorted(paths) if path))

    def _has(self, what: str) -> ColumnElement[bool]:
        if what == "tag":
            c = t.session_tag.c
            return t.session.c.sid.in_(select(c.sid).where(c.project == self._project, c.is_removed == 0))
        if what in ("note", "score"):
            return self._annotated(what, t.annotation.c.value.is_not(None))
        return _HAS[what]

    def _annotated(self, name: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        """Said of the session itself; what is said of single spans does not count here."""
        c = t.annotation.c
        found = select(c.session_id).where(c.project == self._project, c.name == name, c.span_id == "", condition)
        return t.session.c.session_id.in_(found)

    def _is(self, what: str) -> ColumnElement[bool]:
        c = t.session.c
        is_live = or_(state_is(State.RUNNING, self._now_ns), state_is(State.PAUSED, self._now_ns))
        is_complete = and_(c.missing == 0, c.open_spans == 0)
        return {
            "bookmarked": self._annotated("bookmark", t.annotation.c.value.is_not(None)),
            "complete": is_complete,
            "incomplete": not_(is_complete),
            "live": is_live,
            "ended": not_(is_live),
            "nested": c.parent_session_id.is_not(None),
            "unpriced": c.unpriced_calls > 0,
        }[what]

    def _text(self, node: Text) -> ColumnElement[bool]:
        """Full text, or the name or the id itself."""
        p = t.payload
        has_words = HasWords(p, node.text, is_prefix=node.is_prefix)
        traces = select(p.c.trace_id).where(p.c.project == self._project, has_words)
        found = select(t.trace.c.session_id).where(t.trace.c.project == self._project, t.trace.c.trace_id.in_(traces))
        return or_(
            t.session.c.session_id.in_(found),
            Matches(t.session.c.name, "", node.text, ""),
            t.session.c.session_id == node.text,
        )

    def _aggregate(self, node: Aggregate) -> ColumnElement[bool]:
        compare = _COMPARE[node.operator]
        counter = _ready_count(node.inner)
        if counter is not None:
            return compare(counter, node.number)  # type: ignore[no-any-return]
        if _asks_roll_ups(node):
            return and_(*self._necessary(node))
        inner = true() if node.inner is None else self._span(node.inner)
        joined = and_(t.span.c.project == t.trace.c.project, t.span.c.trace_id == t.trace.c.trace_id)
        session_id = t.session.c.session_id
        of_project = t.trace.c.project == self._project
        count = (
            select(func.count())
            .select_from(t.trace)
            .join(t.span, joined)
            .where(of_project, t.trace.c.session_id == session_id, inner)
            .correlate(t.session)
            .scalar_subquery()
        )
        each = select(t.trace.c.session_id, func.count()).join(t.span, joined).where(of_project, inner)
        found = SpanCount(count=count, each=each, session_id=session_id, operator=compare, number=node.number)
        return and_(*self._necessary(node), found)

    def _necessary(self, node: Aggregate) -> list[ColumnElement[bool]]:
        """What a session must have at least, which indexes answer: spares counting spans of all others."""
        needs_one = node.operator in (">", ">=", "=") and node.number >= (0 if node.operator == ">" else 1)
        if not needs_one or node.inner is None:
            return []
        parts = _parts(node.inner)
        has_failed = any(_is_failed(part) for part in parts)
        found: list[ColumnElement[bool]] = [t.session.c.errors > 0] if has_failed else []
        tools = [part for part in parts if isinstance(part, Term) and _is_tool(part)]
        return [*found, *(self._label(part, has_failed=has_failed) for part in tools)]

    def _span(self, node: Node) -> ColumnElement[bool]:
        if isinstance(node, And):
            return and_(true(), *(self._span(part) for part in node.parts))
        if isinstance(node, Or):
            return or_(false(), *(self._span(part) for part in node.parts))
        if isinstance(node, Not):
            return not_(func.coalesce(self._span(node.inner), false()))
        if isinstance(node, Term):
            if node.key in _SPAN_NUMBERS:
                return _any_number(_SPAN_NUMBERS[node.key], node)
            return _any_text(_SPAN_TEXTS[node.key], node)
        assert isinstance(node, Text)  # an aggregate inside an aggregate is refused by the parser
        return or_(
            Matches(t.span.c.name, "", node.text, ""),
            Matches(t.span.c.preview, "", node.text, ""),
            Matches(t.span.c.error_message, "", node.text, ""),
        )


def _parts(node: Node) -> tuple[Node, ...]:
    """What all of must be true."""
    return node.parts if isinstance(node, And) else (node,)


def _is_tool(node: Node) -> bool:
    return isinstance(node, Term) and node.key == "tool" and node.operator == "="


def _is_failed(node: Node) -> bool:
    return isinstance(node, Term) and node.key == "status" and node.values == (SpanStatus.ERROR,)


def _asks_roll_ups(node: Aggregate) -> bool:
    """Say whether it asks for one call of a tool, or one that failed: the roll-ups tell, no span need be looked at."""
    if node.inner is None or (node.operator, node.number) not in ((">=", 1), (">", 0)):
        return False
    parts = _parts(node.inner)
    return sum(map(_is_tool, parts)) == 1 and all(_is_tool(part) or _is_failed(part) for part in parts)


def _ready_count(inner: Node | None) -> ColumnElement[Any] | None:
    """Counts that the summary holds already."""
    if inner is None:
        return t.session.c.spans
    if isinstance(inner, Term) and inner.key == "kind" and len(inner.values) == 1:
        return {SpanKind.LLM: t.session.c.llm_calls, SpanKind.TOOL: t.session.c.tool_calls}.get(str(inner.values[0]))
    return None


def _any_number(column: ColumnElement[Any], term: Term) -> ColumnElement[bool]:
    return or_(*(_COMPARE[term.operator](column, value) for value in term.values))


def _any_text(column: ColumnElement[Any], term: Term) -> ColumnElement[bool]:
    plain = [value for value, is_pattern in zip(term.values, term.is_pattern, strict=True) if not is_pattern]
    conditions: list[ColumnElement[bool]] = [column.in_(plain)] if plain else []
    for value, is_pattern in zip(term.values, term.is_pattern, strict=True):
        if is_pattern:
            conditions.append(Matches(column, *str(value).split("*")))
    return or_(*conditions)
