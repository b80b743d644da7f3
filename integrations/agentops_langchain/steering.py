"""What LangGraph raises or returns to steer a graph: interrupts that wait for a human, and handoffs."""

import sys
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from agentops import Span
from agentops.semconv import Span as Attr
from agentops.semconv import SpanKind
from agentops_langchain.content import plain
from agentops_langchain.runs import Role, Run
from agentops_langchain.tree import Tree

__all__ = ["Steering", "is_steering"]

_REMEMBERED: Final = 1_000
"""Threads whose open questions are kept."""
_END: Final = "__end__"


@dataclass(frozen=True, slots=True)
class _Wait:
    interrupt: object
    span: Span


def is_steering(error: BaseException) -> bool:
    """Say whether an exception is LangGraph's way of steering, and no error."""
    errors = sys.modules.get("langgraph.errors")
    return errors is not None and isinstance(error, errors.GraphBubbleUp)


class Steering:
    """Records interrupts, resumptions and handoffs.

    Args:
        tree: Where runs become spans.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._waits: OrderedDict[str | None, list[_Wait]] = OrderedDict()

    def steered(self, run: Run, error: BaseException) -> None:
        """End a run that left with a steering exception."""
        if run.parent is not None:
            run.parent.seen = id(error)
        cause: Any = error.args[0] if error.args else None
        if run.seen != id(error):
            if hasattr(cause, "goto"):
                self._hand_off(run, cause.goto)
            elif isinstance(cause, (list, tuple)):
                for interrupt in cause:
                    self._ask(run, interrupt)
        self.tree.end(run)

    def handed_off(self, run: Run, outputs: Any) -> None:
        """Record the handoff when a node that has asked a model returns where to go on."""
        for output in outputs if isinstance(outputs, (list, tuple)) else (outputs,):
            goto = getattr(output, "goto", None)
            if goto and getattr(output, "graph", None) is None:
                self._hand_off(run, goto)

    def resumed(self, run: Run, inputs: Any) -> None:
        """End the waits of a thread that goes on with an answer."""
        answer = getattr(inputs, "resume", None)
        waits = self._waits.get(run.thread)
        if answer is None or not waits:
            return
        named = {wait.interrupt for wait in waits} & set(answer) if isinstance(answer, dict) else set()
        for wait in list(waits):
            if not named or wait.interrupt in named:
                waits.remove(wait)
                said = answer[wait.interrupt] if named else answer
                self.tree.recorder.end(wait.span, output=plain(said))

    def _ask(self, run: Run, interrupt: Any) -> None:
        """Open the wait beside the outermost run, which ends at an interrupt while the wait goes on."""
        waits = self._waits.setdefault(run.thread, [])
        interrupt_id = getattr(interrupt, "id", None) or getattr(interrupt, "ns", None) or id(interrupt)
        if any(wait.interrupt == interrupt_id for wait in waits):
            return
        value = getattr(interrupt, "value", interrupt)
        outermost = self.tree.holder(run.root)
        span = self.tree.recorder.start(
            SpanKind.HUMAN,
            _question_name(run, value),
            parent=outermost.parent if outermost is not None else None,
            input=plain(value),
        )
        if span is not None:
            waits.append(_Wait(interrupt_id, span))
        while len(self._waits) > _REMEMBERED:
            self._waits.popitem(last=False)

    def _hand_off(self, run: Run, goto: Any) -> None:
        source = run.agent or (run.name if run.role is Role.NODE else None)
        for target in _targets(goto):
            if target not in (source, _END):
                attributes = {Attr.HANDOFF_FROM: source, Attr.HANDOFF_TO: target}
                self.tree.recorder.event(target, kind=SpanKind.HANDOFF, parent_key=run.id, attributes=attributes)


def _question_name(run: Run, value: Any) -> str:
    """Name a wait by the tools that wait for approval, else by where the question is asked."""
    requests = value.get("action_requests") if isinstance(value, dict) else None
    names = [str(item["name"]) for item in requests or () if isinstance(item, dict) and "name" in item]
    return f"approve {', '.join(names)}" if names else run.name


def _targets(goto: Any) -> Iterable[str]:
    for target in goto if isinstance(goto, (list, tuple)) else (goto,):
        yield str(getattr(target, "node", target))
