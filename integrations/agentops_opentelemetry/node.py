"""A foreign span on its way into our tree: opened once it is known to be part of it, else passed through."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agentops import ErrorInfo, ModelCall, Recorder, Span, activate
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_opentelemetry.kinds import kind_of, name_of
from agentops_opentelemetry.translation import read, request_facts

if TYPE_CHECKING:
    from agentops_opentelemetry.conversations import Event

__all__ = ["Node", "Tidy"]

_RUNS: Final = {SpanKind.AGENT, SpanKind.WORKFLOW}

Attributes = Mapping[str, Any]
Tidy = Callable[[str, dict[str, Any]], dict[str, Any]]


class Node:
    """What we make of one foreign span.

    Args:
        recorder: Of the integration that saw the span.
        name: The span's name.
        attributes: What is known of it at its start.
        parent: The node around it; None where it has no parent that we know.
        start_ns: When it started, by our clock; None for now.
        joins_calls: Whether a model call of it may be one that another integration has opened a span for already.
        hidden: Beginnings of attribute names to leave out, which repeat what others say.
        tidy: Gets kind and attributes, at the start and at the end; returns the attributes as they are to be read.
        presumed: Its kind as long as nothing is said of it, where its instrumentation tells kinds only at the end.
    """

    __slots__ = (
        "_call",
        "_hidden",
        "_joins_calls",
        "_name",
        "_parent",
        "_presumed",
        "_raised_before",
        "_recorder",
        "_start_ns",
        "_tidy",
        "attributes",
        "error",
        "events",
        "span",
    )

    def __init__(
        self,
        recorder: Recorder,
        name: str,
        attributes: Attributes,
        parent: "Node | None" = None,
        *,
        start_ns: int | None = None,
        joins_calls: bool = False,
        hidden: Sequence[str] = (),
        tidy: Tidy | None = None,
        presumed: str | None = None,
    ) -> None:
        self._recorder = recorder
        self._name = name
        self._parent = parent.place if parent is not None else recorder.current()
        self._start_ns = start_ns
        self._joins_calls = joins_calls
        self._hidden = tuple(hidden)
        self._presumed = presumed
        self._tidy = tidy
        self._call: ModelCall | None = None
        self._raised_before = sys.exc_info()[1]
        self.attributes: dict[str, Any] = _plain(attributes)
        self.events: list[Event] = []
        self.error: BaseException | ErrorInfo | None = None
        self.span: Span | None = None
        if start_ns is None and self._parent is not None:
            self._start_ns = self._parent.session.now_ns()
        self.open()

    @property
    def place(self) -> Span | None:
        """The span of ours that stands for it, or for what is around it."""
        return self.span if self.span is not None else self._parent

    def rename(self, name: str) -> None:
        """Take another name, which may say more."""
        self._name = name
        if self.span is None:
            self.open()
        elif self._call is None or not self._call.is_shared:
            self.span.name = name_of(self.span.kind, name, self.attributes)

    def note(self, attributes: Attributes) -> None:
        """Take attributes that were set after the start."""
        self.attributes.update(_plain(attributes))
        if self.span is None:
            self.open()

    def open(self) -> None:
        """Open a span if what is known by now makes it part of the tree."""
        kind = kind_of(self._name, self.attributes) or self._presumed
        if kind is None:
            return
        name = name_of(kind, self._name, self.attributes)
        if self._joins_calls and self._is_said_twice(kind, name):
            return
        known = self.attributes if self._tidy is None else self._tidy(kind, self.attributes)
        facts = request_facts(known, self._hidden)
        if kind == SpanKind.LLM and self._joins_calls:
            with activate(self._parent):
                model = str(facts.get(GenAI.REQUEST_MODEL) or "")
                self._call = self._recorder.model_call(name, model=model, attributes=facts)
            self.span = self._call.span if self._call is not None else None
            return
        self.span = self._recorder.start(kind, name, parent=self._parent, attributes=facts, start_ns=self._start_ns)

    def end(self, end_ns: int | None = None, error: BaseException | ErrorInfo | None = None) -> None:
        """End the span with all that was said of it."""
        span = self.span
        if span is None:
            self._add_to_agent()
            return
        kind = kind_of(self._name, self.attributes) or span.kind
        if self._tidy is not None:
            self.attributes = self._tidy(kind, self.attributes)
        reading = read(kind, self.attributes, self.events, self._hidden)
        error = error or self.error or self._passing()
        if isinstance(error, GeneratorExit):
            error, reading.attributes[Attr.CLOSED_EARLY] = None, True
        if self._call is not None:
            self._finish_call(self._call, reading.input, reading.output, reading.attributes, error)
            return
        self._recorder.update(span, kind=kind, name=name_of(kind, self._name, self.attributes))
        if reading.input is not None:
            span.set_input(reading.input)
        self._recorder.end(span, output=reading.output, error=error, attributes=reading.attributes, end_ns=end_ns)

    def _is_said_twice(self, kind: str, name: str) -> bool:
        """Say whether this is what is around it once more.

        Some open a span for an agent and one for its graph; and what a framework calls as a tool, MCP's client and
        server call so, too.
        """
        around = self._parent
        if around is None or around.name != name:
            return False
        if kind == SpanKind.TOOL:
            return around.kind == SpanKind.TOOL
        return kind in _RUNS and (around.kind, around.origin) == (SpanKind.AGENT, self._recorder.origin)

    def _add_to_agent(self) -> None:
        """Give what a span says to the agent that it was told of twice; the outer span may know less."""
        kind = kind_of(self._name, self.attributes) or self._presumed
        if kind not in _RUNS or self._parent is None or not self._joins_calls:
            return
        reading = read(kind, self.attributes, self.events, self._hidden)
        if reading.input is not None and self._parent.input is None:
            self._parent.set_input(reading.input)
        if reading.output is not None and self._parent.output is None:
            self._parent.set_output(reading.output)

    def _finish_call(
        self,
        call: ModelCall,
        asked: object,
        answered: object,
        facts: dict[str, Any],
        error: BaseException | ErrorInfo | None,
    ) -> None:
        if error is None or call.is_shared:
            call.finish(input=asked, output=answered, attributes=facts)
            return
        call.span.set(facts)
        if asked is not None:
            call.span.set_input(asked)
        self._recorder.end(call.span, output=answered, error=error)

    def _passing(self) -> BaseException | None:
        """Return what calls the work off right now: instrumentations look at ``Exception`` only."""
        raised = sys.exc_info()[1]
        return raised if raised is not self._raised_before and not isinstance(raised, Exception) else None

    def fail(self, description: str | None) -> None:
        """Note that the span says it has failed, unless it was told with what already."""
        if self.error is None:
            kind = str(self.attributes.get(Attr.ERROR_TYPE) or "error")
            self.error = ErrorInfo(kind, description or kind)


def _plain(attributes: Attributes) -> dict[str, Any]:
    """Return attributes under plain names: some libraries keep theirs in an enumeration of texts."""
    return {str.__str__(name): value for name, value in attributes.items()}
