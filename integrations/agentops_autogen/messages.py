"""What AutoGen's models read and write, in agentops' words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from autogen_core import FunctionCall, Image
from autogen_core.models import (
    AssistantMessage,
    CreateResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    SystemMessage,
    UserMessage,
)
from autogen_core.tools import Tool, ToolSchema

from agentops.messages import message, reasoning, text, tool_call, tool_result

__all__ = ["chat_text", "finish_reason", "input_messages", "output_message", "task_input", "tool_definitions"]

_FINISH_REASON: Final = {"function_calls": "tool_calls"}
_DEFINITIONS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""AutoGen builds a tool's schema anew, with pydantic, each time it is asked for."""


def input_messages(messages: Sequence[LLMMessage]) -> list[dict[str, Any]]:
    """Describe what a model is given."""
    return [_input_message(item) for item in messages]


def output_message(result: CreateResult) -> list[dict[str, Any]]:
    """Describe what a model answered."""
    return [message("assistant", _answer_parts(result.content, result.thought), finish_reason(result))]


def finish_reason(result: CreateResult) -> str:
    """Return the reason in the providers' spelling; AutoGen has a word of its own for tool calls."""
    return _FINISH_REASON.get(result.finish_reason, result.finish_reason)


def tool_definitions(tools: Sequence[Tool | ToolSchema]) -> list[dict[str, Any]]:
    """Describe the tools that a model may ask for."""
    return [_definition(tool) for tool in tools]


def task_input(task: Any) -> object:
    """Describe what a team or an agent is asked to do: text where it is one message, else who said what."""
    if task is None or isinstance(task, str):
        return task
    if not isinstance(task, Sequence):
        return chat_text(task)
    if len(task) == 1:
        return chat_text(task[0])
    return [{"source": getattr(item, "source", None), "content": chat_text(item)} for item in task] or None


def chat_text(item: Any) -> object:
    """Return the content of a chat message: its text, or its fields if it is structured."""
    content = getattr(item, "content", item)
    if isinstance(content, list):
        return [_image(part) if isinstance(part, Image) else part for part in content]
    return content


def _input_message(item: LLMMessage) -> dict[str, Any]:
    if isinstance(item, SystemMessage):
        return message("system", item.content)
    if isinstance(item, UserMessage):
        return _named(message("user", _user_parts(item.content)), item.source)
    if isinstance(item, AssistantMessage):
        return _named(message("assistant", _answer_parts(item.content, item.thought)), item.source)
    if isinstance(item, FunctionExecutionResultMessage):
        return message("tool", [tool_result(result.content, result.call_id) for result in item.content])
    return message("user", str(item))


def _user_parts(content: str | Sequence[str | Image]) -> list[dict[str, Any]]:
    parts = [content] if isinstance(content, str) else content
    return [text(_image(part) if isinstance(part, Image) else part) for part in parts]


def _answer_parts(content: str | Sequence[FunctionCall], thought: str | None) -> list[dict[str, Any]]:
    parts = [reasoning(thought)] if thought else []
    if isinstance(content, str):
        return [*parts, text(content)]
    return [*parts, *(tool_call(call.name, call.arguments, call.id) for call in content)]


def _named(described: dict[str, Any], source: str) -> dict[str, Any]:
    if source and source != described["role"]:
        described["name"] = source
    return described


def _image(image: Image) -> str:
    # AutoGen holds pixels, not the file: to keep them would mean to encode a PNG for each model call.
    width, height = image.image.size
    return f"[image, {width}×{height} pixels]"


def _definition(tool: Tool | ToolSchema) -> dict[str, Any]:
    if isinstance(tool, Mapping):
        return {"type": "function", **tool}
    known = _DEFINITIONS.get(tool)
    if known is None:
        known = _DEFINITIONS[tool] = {"type": "function", **tool.schema}
    return known
