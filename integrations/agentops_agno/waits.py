"""Waits for a person: what agno leaves to its caller, from the run that pauses to the one that goes on."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from agentops import Recorder, Span
from agentops.method_calls import Call
from agentops.semconv import SpanKind
from agentops_agno.messages import plain

__all__ = ["Waits"]

_REMEMBERED: Final = 1000


@dataclass(frozen=True)
class _Question:
    """What is asked, and what has been said to it: None until then."""

    id: str
    name: str
    asked: Any
    said: Any
    is_prefilled: bool = False


class Waits:
    """The waits under way, by run and question. The oldest are forgotten: many are never answered."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._open: OrderedDict[tuple[str | None, str], Span] = OrderedDict()

    def ask(self, call: Call, response: Any) -> None:
        """Open the waits of a run that has paused, beside the outermost run: that one ends, and the waits go on."""
        outermost = call
        while outermost.outer is not None:
            outermost = outermost.outer
        for question in _questions(response):
            key = (response.run_id, question.id)
            if key in self._open or (question.said is not None and not question.is_prefilled):
                continue
            span = self._recorder.start(
                SpanKind.HUMAN, question.name, parent=outermost.span.parent, input=plain(question.asked)
            )
            if span is not None:
                self._open[key] = span
        while len(self._open) > _REMEMBERED:
            self._open.popitem(last=False)

    def answer(self, response: Any, requirements: Any = None) -> None:
        """End the waits that a run which goes on brings the answers to."""
        if not self._open:
            return
        run = getattr(response, "run_id", None)
        for question in _questions(response, requirements):
            keys = [key for key in list(self._open) if key[1] == question.id and run in {None, key[0]}]
            span = self._open.pop(keys[0], None) if keys and question.said is not None else None
            if span is not None:
                self._recorder.end(span, output=plain(question.said))


def _questions(response: Any, requirements: Any = None) -> Iterator[_Question]:
    for tool in getattr(response, "tools", None) or ():
        if tool.is_paused:
            yield _of_tool(tool)
    for requirement in requirements if isinstance(requirements, list) else ():
        tool = getattr(requirement, "tool_execution", None)
        if tool is not None and tool.is_paused:
            yield _of_tool(tool)
    for step in getattr(response, "step_requirements", None) or ():
        if not step.requires_executor_input:  # an agent's tools in the step say for themselves what is asked
            yield _of_step(step)


def _of_tool(tool: Any) -> _Question:
    fields = {item.name: item.value for item in tool.user_input_schema or ()}
    is_filled_in = bool(fields) and None not in fields.values()
    word, said = "run", tool.result
    if tool.requires_user_input:
        word, said = "input for", fields if is_filled_in else said
    elif tool.requires_confirmation:
        word, said = "approve", _told(confirmed=tool.confirmed, note=tool.confirmation_note)
    is_prefilled = tool.result is None and not tool.answered
    return _Question(
        f"tool {tool.tool_call_id}",
        f"{word} {tool.tool_name}",
        tool.tool_args,
        said,
        bool(tool.requires_user_input) and is_prefilled,
    )


def _of_step(step: Any) -> _Question:
    word = "approve"
    if step.requires_user_input:
        word = "input for"
    elif step.requires_route_selection:
        word = "choose in"
    elif step.requires_output_review:
        word = "review"
    asked = step.available_choices or step.confirmation_message or step.user_input_message
    said = _told(
        confirmed=step.confirmed,
        input=step.user_input,
        chosen=step.selected_choices,
        feedback=step.rejection_feedback,
        edited=step.edited_output,
    )
    return _Question(f"step {step.step_id}", f"{word} {step.step_name}", asked, said)


def _told(**answers: Any) -> dict[str, Any] | None:
    return {name: value for name, value in answers.items() if value is not None} or None
