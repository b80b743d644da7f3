"""Kernel functions: tools where a model or a plugin has them, operations where they are prompts of the program."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from semantic_kernel.contents import ChatMessageContent

from agentops import Span
from agentops.method_calls import Call, Recording
from agentops.semconv import GenAI, SpanKind
from agentops.semconv import Span as Attr
from agentops_semantic_kernel.contents import said_in

__all__ = ["FunctionRecording"]

_HANDOFF: Final = ("Handoff", "transfer_to_")
"""Plugin and beginning of the functions by which an orchestration lets one agent hand over to another."""
_RANDOM_LETTERS: Final = 16
"""Length of the names that ``invoke_prompt`` makes up."""
_NO_ARGUMENTS: Final = {"kernel", "arguments", "metadata"}


class FunctionRecording(Recording):
    """Each invocation of a kernel function; functions may call themselves."""

    calls_own_methods = False

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of an invocation."""
        call_id = (given.get("metadata") or {}).get("id")
        arguments = _arguments(owner, given)
        if owner.is_prompt and call_id is None:
            return self.recorder.start(SpanKind.OPERATION, _prompt_name(owner), input=arguments)
        attributes = {GenAI.TOOL_CALL_ID: call_id, GenAI.TOOL_DESCRIPTION: owner.description or None}
        plugin, begin = _HANDOFF
        if owner.plugin_name == plugin and owner.name.startswith(begin):
            target = owner.name.removeprefix(begin)
            attributes |= {GenAI.TOOL_NAME: owner.fully_qualified_name, Attr.HANDOFF_TO: target}
            return self.recorder.start(SpanKind.HANDOFF, target, attributes=attributes)
        return self.recorder.start(SpanKind.TOOL, owner.fully_qualified_name, input=arguments, attributes=attributes)

    def note(self, call: Call, item: Any) -> None:
        """Keep what a streaming function gives; pieces of a message are joined to a text."""
        call.notes.setdefault("pieces", []).append(item)

    def finish(self, call: Call, result: Any) -> None:
        """Record the result as the function returned it; of a prompt, the text."""
        pieces = call.notes.get("pieces")
        output = _result(result) if pieces is None else "".join(map(str, _parts(pieces)))
        self.recorder.end(call.span, output=output)


def _arguments(function: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that the function takes: what an agent was given as a whole comes along with them."""
    passed = {**(given.get("arguments") or {}), **given}
    taken = {parameter.name for parameter in function.parameters}
    return {name: value for name, value in passed.items() if name in taken and name not in _NO_ARGUMENTS}


def _parts(pieces: list[Any]) -> Iterator[Any]:
    for piece in pieces:
        yield from piece if isinstance(piece, list) else [piece]


def _result(result: Any) -> object:
    """Return what a function returned; of a model's or an agent's answer, what it says."""
    value = getattr(result, "value", None)
    answers = value if isinstance(value, list) else [value]
    return said_in(value) if answers and all(isinstance(item, ChatMessageContent) for item in answers) else value


def _prompt_name(function: Any) -> str:
    is_made_up = not function.plugin_name and len(function.name) == _RANDOM_LETTERS and function.name.isalpha()
    return "prompt" if is_made_up else str(function.fully_qualified_name)
