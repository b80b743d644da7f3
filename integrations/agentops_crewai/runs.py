"""Which of CrewAI's runs is which of our spans, from the events that it emits, one after the other."""

import sys
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from agentops import Recorder, Span, guarded
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_crewai.events import ENDS, MOMENTS, STARTS, End, Start, is_internal, own_key
from agentops_crewai.model_calls import AskedTools
from agentops_crewai.own_models import emitted

__all__ = ["Runs"]

_CHUNKS: Final = frozenset({"llm_stream_chunk", "llm_thinking_chunk"})
_CROWDED: Final = 10_000


@dataclass(slots=True)
class _Run:
    """A run that is open: the type of the event that started it, who emitted that, and its span."""

    started_by: str
    source: int
    span: Span


class Runs:
    """The runs of a process. Safe to call from any thread."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._open: dict[str, _Run] = {}
        self._own_keys: dict[object, str] = {}
        self._asked: WeakKeyDictionary[Span, AskedTools] = WeakKeyDictionary()

    @guarded
    def take(self, source: Any, event: Any) -> None:
        """Record an event. Called in the thread and context of what it tells of, in the order in which it happens."""
        kind = event.type
        if kind in MOMENTS:
            self._note(event, MOMENTS[kind](event))
        if kind in STARTS:
            start = STARTS[kind](source, event)
            if start is None:
                self.recorder.alias(event.event_id, event.parent_event_id)
            else:
                self._start(source, event, start)
        elif kind in ENDS:
            if not is_internal(kind, source):
                self._end(source, event, *ENDS[kind])
        elif kind in _CHUNKS:
            self._note_first_chunk(event)

    @guarded
    def leave(self, source: Any, error: BaseException) -> None:
        """End a crew, flow or agent that an exception leaves, and what it goes through on its way out.

        CrewAI emits no end for what Ctrl-C or cancellation breaks off, and in some versions none for a flow that
        fails. What goes on in other threads is closed as unfinished, and corrected should its own end still come.
        """
        for event_id, run in self._open_around():
            if run.source == id(source):
                self._fail(event_id, error)
                return

    def _start(self, source: Any, event: Any, start: Start) -> None:
        parent = self._parent_of_retry(source, event) or self._parent(event)
        attributes = start.attributes
        asked = self._asked.get(parent) if parent is not None and start.kind == SpanKind.TOOL else None
        if asked is not None:
            attributes = {**attributes, **asked.take(start.name, start.input)}
        span = self.recorder.start(
            start.kind,
            start.name,
            key=event.event_id,
            parent=parent,
            input=start.input,
            attributes=attributes,
            make_current=True,
        )
        if span is None:
            return
        if len(self._open) > _CROWDED:
            self._forget_what_never_ended()
        if start.kind == SpanKind.LLM:
            emitted()
        self._open[event.event_id] = _Run(event.type, id(source), span)
        key = own_key(source, event)
        if key is not None:
            self._own_keys[key] = event.event_id

    def _end(self, source: Any, event: Any, started_by: str, read: Any) -> None:
        event_id = self._ended(source, event, started_by)
        run = self._open.get(event_id) if event_id is not None else None
        if event_id is None or run is None:
            return
        end: End = read(event)
        if end.error is not None:
            self._fail(event_id, _as_raised(end.error))
            return
        if end.input is not None:
            run.span.set_input(end.input)
        if end.asked is not None and run.span.parent is not None:
            definitions = run.span.attributes.get(GenAI.TOOL_DEFINITIONS)
            self._asked[run.span.parent] = AskedTools(end.asked, definitions)
        self._open.pop(event_id, None)
        self.recorder.end(event_id, output=end.output, attributes=end.attributes)

    def _fail(self, failed_id: str, error: BaseException | str) -> None:
        """End a run by an error, and before it those inside of it which the error has come through unnoticed."""
        names = [event_id for event_id, _ in self._open_around()]
        passed = names[: names.index(failed_id)] if failed_id in names else []
        for event_id in (*passed, failed_id):
            self._open.pop(event_id, None)
            self.recorder.end(event_id, error=error)

    def _open_around(self) -> list[tuple[str, _Run]]:
        """Return the open runs that the calling context is in, the innermost first."""
        by_span = {id(run.span): (event_id, run) for event_id, run in list(self._open.items())}
        found = []
        span = self.recorder.current()
        while span is not None:
            if id(span) in by_span:
                found.append(by_span[id(span)])
            span = span.parent if span.parent is not None else span.session.outer
        return found

    def _parent(self, event: Any) -> Span | None:
        """Return the run that CrewAI names as the parent, or what is open below that in this context.

        What is open below is what CrewAI does not know of, a function of ours or another framework's run; or what
        it has lost: after an error it ends scopes that still go on (see ``_ended``).
        """
        named = self.recorder.get(event.parent_event_id)
        around = self.recorder.current()
        if named is None:
            return around
        return around if _is_below(around, named) else named

    def _parent_of_retry(self, source: Any, event: Any) -> Span | None:
        """End the run of an agent that failed and is tried again; return what the new one stands in.

        Some versions tell only of the last failure. An agent cannot be at work in itself, but for a tool between.
        """
        if event.type != "agent_execution_started":
            return None
        for event_id, run in self._open_around():
            if run.span.kind == SpanKind.TOOL:
                break
            if run.started_by == event.type and run.source == id(source):
                self._fail(event_id, sys.exc_info()[1] or "The agent was started again.")
                return run.span.parent
        return None

    def _ended(self, source: Any, event: Any, started_by: str) -> str | None:
        """Find the run that an event ends.

        CrewAI pairs by a stack, and a failing model call is taken off it twice: from then on every end in that
        context names the run outside of the one that ends. So what it names must be of the right sort.
        """
        key = own_key(source, event)
        if key is not None:
            return self._own_keys.pop(key, None)
        run = self._open.get(event.started_event_id)
        if run is not None and run.started_by == started_by:
            return str(event.started_event_id)
        same = (
            event_id
            for event_id, run in self._open_around()
            if run.started_by == started_by and run.source == id(source)
        )
        return next(same, None)

    def _note(self, event: Any, moment: Start) -> None:
        parent = self._parent(event)
        span = self.recorder.event(moment.name, kind=moment.kind, parent=parent, attributes=moment.attributes)
        if span is not None and moment.input is not None:
            self.recorder.update(span, {Attr.INPUT: moment.input})

    def _note_first_chunk(self, event: Any) -> None:
        event_id = self._own_keys.get(event.call_id)
        run = self._open.get(event_id) if event_id is not None else None
        if run is None or GenAI.RESPONSE_TIME_TO_FIRST_CHUNK in run.span.attributes:
            return
        if event.chunk or getattr(event, "tool_call", None) is not None:
            waited_ns = run.span.session.now_ns() - run.span.start_ns
            self.recorder.update(run.span, {GenAI.RESPONSE_TIME_TO_FIRST_CHUNK: waited_ns / 1e9})

    def _forget_what_never_ended(self) -> None:
        for event_id, run in list(self._open.items()):
            if run.span.has_ended:
                self._open.pop(event_id, None)
        self._own_keys = {key: event_id for key, event_id in list(self._own_keys.items()) if event_id in self._open}


def _is_below(span: Span | None, run: Span) -> bool:
    """Whether a span is a run's own, or below it, be it in a session of its own that was begun there."""
    while span is not None and span is not run:
        session = span.session
        if span.parent is None and session.outer is None:
            return not session.is_automatic and session is not run.session and span.start_ns >= run.start_ns
        span = span.parent if span.parent is not None else session.outer
    return span is run


def _as_raised(error: Any) -> BaseException | str:
    """Return the exception behind an error that an event tells of as text.

    CrewAI emits from inside its ``except`` blocks, so the exception is at hand, with its type and its stack.
    """
    if isinstance(error, BaseException):
        return error
    raised = sys.exc_info()[1]
    text = str(error)
    return raised if raised is not None and str(raised) in text else text
