"""Runs and spans together: opening, collapsing, revealing and ending."""

from asyncio import CancelledError
from collections.abc import Mapping
from typing import Any, Final

from agentops import Recorder, Span
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind, SpanStatus
from agentops_langchain.content import plain
from agentops_langchain.runs import Role, Run, Runs

__all__ = ["Tree", "attempt_of"]

_CANCELLED: Final = (CancelledError, KeyboardInterrupt)
_CLOSED_EARLY: Final = {Attr.CLOSED_EARLY: True}
_RETRY_TAG: Final = "retry:attempt:"
_MODEL_NODES: Final = frozenset({"model", "agent"})


class Tree:
    """Places runs on the session's tree.

    Args:
        recorder: Records the spans.
        runs: The runs under way.
    """

    def __init__(self, recorder: Recorder, runs: Runs) -> None:
        self.recorder = recorder
        self.runs = runs

    def open(self, run: Run, kind: str, name: str, attributes: Mapping[str, Any] | None = None) -> Span | None:
        """Give a run a span, under the nearest run around it that is to be seen."""
        parent = run.parent
        if parent is not None:
            self._reveal_around(parent, is_agent=kind == SpanKind.AGENT)
        run.span = self.recorder.start(
            kind, name, key=run.id, parent_key=parent.id if parent is not None else None, attributes=attributes
        )
        if run.span is not None:
            run.start_ns = run.span.start_ns
        self.runs.add(run)
        return run.span

    def collapse(self, run: Run, *, shows_with_child: bool = False, inputs: object = None) -> None:
        """Leave a run without a span, at least until something visible happens in it."""
        run.shows_with_child = shows_with_child
        run.inputs = inputs
        around = self.holder(run.parent)
        # An own reading of the clock, so that a span revealed later begins when the run did.
        run.start_ns = around.session.now_ns() if around is not None else 0
        self.recorder.alias(run.id, run.parent.id if run.parent is not None else None)
        self.runs.add(run)

    def reveal(self, run: Run) -> None:
        """Give a collapsed run its span after all."""
        if run.span is not None:
            return
        run.shows_with_child = run.shows_with_work = False
        parent_key = run.parent.id if run.parent is not None else None
        run.span = self.recorder.start(
            SpanKind.OPERATION if run.role is Role.NODE else SpanKind.CHAIN,
            run.name,
            key=run.id,
            parent_key=parent_key,
            start_ns=run.start_ns or None,
            input=plain(run.inputs),
        )
        run.inputs = None

    def holder(self, run: Run | None) -> Span | None:
        """Return the span that stands for a run: its own, or that of the nearest run around it that has one."""
        while run is not None and run.span is None:
            run = run.parent
        return run.span if run is not None else None

    def fail(
        self, run: Run, error: BaseException, output: object = None, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """End a run with an error. A collapsed one is revealed if the error was its own and not one from below."""
        if isinstance(error, GeneratorExit):
            self._end_below(run, SpanStatus.OK, _CLOSED_EARLY)
            self.end(run, output=output, attributes={**(attributes or {}), **_CLOSED_EARLY})
            return
        is_cancelled = isinstance(error, _CANCELLED)
        if run.span is None and not is_cancelled and run.seen != id(error):
            self.reveal(run)
        if run.parent is not None:
            run.parent.seen = id(error)
        if is_cancelled:
            self._end_below(run, SpanStatus.CANCELLED)
        self.end(run, output=output, error=error, attributes=attributes)

    def end(
        self,
        run: Run,
        *,
        output: object = None,
        error: BaseException | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """End a run's span, if it has one."""
        if run.span is not None:
            self.recorder.end(run.id, output=output, error=error, attributes=attributes)

    def become_agent(self, asking: Run | None) -> None:
        """Take a graph for an agent when its model node asks a model that has tools.

        That is how agents look which do not say that they are one: those of LangChain before 1.3, those of
        LangGraph's ``create_react_agent``, and the loop that every tutorial builds by hand.
        """
        node = asking
        while node is not None and node.role is Role.CHAIN and node.span is None:
            node = node.parent
        if node is None or node.name not in _MODEL_NODES or not node.shows_with_child or node.parent is None:
            return
        graph = node.parent
        holder = self.holder(graph)
        node.shows_with_child = False
        if graph.role is Role.CHAIN and holder is not None and holder.kind != SpanKind.TOOL:
            graph.role = Role.AGENT
            graph.agent = node.agent = holder.name
            self.recorder.update(holder, kind=SpanKind.AGENT)

    def _reveal_around(self, parent: Run, *, is_agent: bool) -> None:
        hidden: list[Run] = []
        around: Run | None = parent
        while around is not None and around.span is None:
            if around.shows_with_child or (around.shows_with_work and not is_agent):
                hidden.append(around)
            around = around.parent
        for run in reversed(hidden):
            self.reveal(run)

    def _end_below(self, run: Run, status: str, attributes: Mapping[str, Any] | None = None) -> None:
        """LangChain tells a chain that it was cancelled, but not the model call in it that was waiting."""
        below = list(run.children.values())
        for child in below:
            below.extend(list(child.children.values()))
        for child in reversed(below):
            if child.span is not None and not child.span.has_ended:
                self.recorder.end(child.id, status=status, attributes=attributes)


def attempt_of(run: Run, what: object, more: Mapping[str, Any]) -> dict[str, int]:
    """Return the attempt's number as an attribute, where this is not the first.

    ``with_retry`` tags it; middleware and LangGraph's retry policies start the same thing again without a word.

    Args:
        run: The run that starts.
        what: What is the same in all attempts, within the run around; None if nothing is.
        more: The event's other arguments.
    """
    number = 1
    for tag in more.get("tags") or ():
        if tag.startswith(_RETRY_TAG):
            number = int(tag[len(_RETRY_TAG) :])
    if number == 1 and what is not None and run.parent is not None:
        number = run.parent.count_attempt(what)
    return {Attr.ATTEMPT: number} if number > 1 else {}
