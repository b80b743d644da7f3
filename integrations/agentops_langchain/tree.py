"""Runs and spans together: opening, collapsing, revealing and ending."""

from asyncio import CancelledError
from collections.abc import Mapping
from typing import Any, Final

from agentops import Recorder, Span
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind, SpanStatus
from agentops_langchain.content import agent_input, plain
from agentops_langchain.runs import Role, Run, Runs

__all__ = ["UNNAMED", "Tree", "attempt_of"]

UNNAMED: Final = "LangGraph"
"""What LangGraph calls a graph that was compiled without a name."""

_CANCELLED: Final = (CancelledError, KeyboardInterrupt)
_CLOSED_EARLY: Final = {Attr.CLOSED_EARLY: True}
_RETRY_TAG: Final = "retry:attempt:"
_REVEALED_KIND: Final = {Role.NODE: SpanKind.OPERATION, Role.AGENT: SpanKind.AGENT}
_MODEL_NODE: Final = "model"
"""What ``create_agent`` calls it."""
_LOOP_NODE: Final = "agent"
"""What ``create_react_agent`` and the tutorials call it."""


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
            _REVEALED_KIND.get(run.role, SpanKind.CHAIN),
            run.name,
            key=run.id,
            parent_key=parent_key,
            start_ns=run.start_ns or None,
            input=plain(run.inputs),
        )
        run.inputs = None

    def take_over(self, run: Run, name: str) -> bool:
        """Make one span of a graph's node and the agent that it consists of: the node's span becomes the agent's."""
        node = run.parent
        if node is None or node.role is not Role.NODE or node.span is None or node.span.has_ended:
            return False
        if node.thinks or node.span.open_children or set(node.children) - {run.id}:
            return False
        run.span, node.span = node.span, None
        # What else happens in the node, should it come to that, begins after the agent.
        run.start_ns, node.start_ns = node.start_ns, 0
        node.shows_with_work = True
        self.recorder.take_over(run.id, node.id, node.parent.id if node.parent is not None else None)
        self.recorder.update(run.span, kind=SpanKind.AGENT, name=name if name != UNNAMED else None)
        self.runs.add(run)
        return True

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

    def become_agent(self, asking: Run | None, *, has_tools: bool) -> None:
        """Take a graph for an agent when its model node asks a model.

        That is how agents look which do not say that they are one: those of early LangChain 1.x, where an agent in an
        agent or graph inherits what the outer one says of itself, those of LangGraph's ``create_react_agent``, and
        the loop that every tutorial builds by hand.
        """
        node = asking
        while node is not None and node.role is Role.CHAIN and node.span is None:
            node = node.parent
        if node is None or not node.shows_with_child or node.parent is None:
            return
        if node.name != _MODEL_NODE and not (node.name == _LOOP_NODE and has_tools):
            return
        graph = node.parent
        node.shows_with_child = False
        if graph.role is not Role.CHAIN:
            return
        graph.role = Role.AGENT
        if graph.span is None and not self.take_over(graph, graph.name):
            self.reveal(graph)
        if graph.span is not None:
            graph.agent = node.agent = graph.name if graph.name != UNNAMED else graph.span.name
            graph.span.set_input(agent_input(graph.span.input))
            self.recorder.update(graph.span, kind=SpanKind.AGENT, name=graph.agent)

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
