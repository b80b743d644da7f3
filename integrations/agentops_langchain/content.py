"""LangChain's messages, documents and graph states as plain data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, ToolMessage
from langchain_core.prompt_values import PromptValue

from agentops.messages import blob, message, reasoning, text, tool_call, tool_result

__all__ = ["agent_input", "agent_output", "documents", "message_of", "messages_of", "plain"]

_ROLES: Final = {"human": "user", "ai": "assistant", "function": "tool", "developer": "system"}
_MODALITIES: Final = {
    "image": "image",
    "image_url": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
}
_CALLS: Final = {"tool_use", "tool_call", "function_call", "input_json_delta", "tool_call_chunk", "server_tool_call"}
_LIMIT_DEPTH: Final = 8


def messages_of(messages: Iterable[Any]) -> list[Any]:
    """Convert messages in any of the forms in which LangChain takes them."""
    return [_any_message(item) for item in messages]


def message_of(item: BaseMessage, finish_reason: str | None = None) -> dict[str, Any]:
    """Convert a message object."""
    if isinstance(item, ToolMessage):
        return message("tool", [tool_result(item.content, item.tool_call_id)])
    kind = item.type.removesuffix("MessageChunk").lower()
    role = str(item.role) if isinstance(item, ChatMessage) else _ROLES.get(kind, kind)
    if not isinstance(item, AIMessage):
        return message(role, _parts(item.content, has_calls=False))
    thought = item.additional_kwargs.get("reasoning_content")
    parts = [reasoning(thought)] if thought else []
    parts += _parts(item.content, has_calls=bool(item.tool_calls or item.invalid_tool_calls))
    parts += [tool_call(call["name"], call["args"], call["id"]) for call in item.tool_calls]
    parts += [tool_call(call["name"], call["args"], call["id"]) for call in item.invalid_tool_calls]
    return message(role, parts, finish_reason)


def agent_input(inputs: object) -> object:
    """What an agent was asked: the text, where there is nothing else."""
    if not (isinstance(inputs, Mapping) and isinstance(inputs.get("messages"), Sequence)):
        return plain(inputs)
    given = inputs["messages"]
    said: Any = [message("user", given)] if isinstance(given, str) else messages_of(given)
    if len(inputs) > 1:
        return {**{key: plain(value) for key, value in inputs.items() if key != "messages"}, "messages": said}
    return _only_text(said[0]) if len(said) == 1 and said[0].get("role") == "user" else said


def agent_output(outputs: object) -> object:
    """What an agent answered: its last message, not the whole conversation, which its model calls show already."""
    if not (isinstance(outputs, Mapping) and isinstance(outputs.get("messages"), Sequence) and outputs["messages"]):
        return plain(outputs)
    last = _any_message(outputs["messages"][-1])
    if len(outputs) > 1:
        return {**{key: plain(value) for key, value in outputs.items() if key != "messages"}, "messages": [last]}
    return _only_text(last)


def documents(found: Iterable[Any]) -> list[dict[str, object]]:
    """Convert what a retriever found."""
    return [
        {"content": item.page_content, "metadata": item.metadata, **({"id": item.id} if item.id else {})}
        if isinstance(item, Document)
        else {"content": plain(item)}
        for item in found
    ]


def plain(value: Any, depth: int = 0) -> Any:
    """Convert what LangChain's objects hold, wherever they are in a state; the rest stays as it is."""
    kind = type(value)
    if kind is str or value is None or depth > _LIMIT_DEPTH:
        return value
    if kind is dict:
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, BaseMessage):
        return message_of(value)
    if isinstance(value, Document):
        return documents([value])[0]
    if isinstance(value, PromptValue):
        return messages_of(value.to_messages())
    convert = _GRAPH_TYPES.get(kind.__name__)
    return convert(value, depth + 1) if convert is not None and kind.__module__.startswith("langgraph.") else value


def _command(value: Any, depth: int) -> dict[str, Any]:
    names = ("graph", "goto", "update", "resume")
    given = {name: getattr(value, name, None) for name in names}
    return {name: plain(item, depth) for name, item in given.items() if item not in (None, ())}


def _send(value: Any, depth: int) -> dict[str, Any]:
    return {"node": value.node, "arg": plain(value.arg, depth)}


_GRAPH_TYPES: Final[dict[str, Callable[[Any, int], Any]]] = {"Command": _command, "Send": _send}


def _any_message(item: Any) -> Any:
    """Convert an object, a ``(role, content)`` pair, a dictionary as OpenAI writes it, or a text, if it is not yet."""
    if isinstance(item, BaseMessage):
        return message_of(item)
    if isinstance(item, str):
        return message("user", item)
    if isinstance(item, dict) and "parts" in item:
        return item
    if isinstance(item, tuple) and len(item) == 2:
        return message(_ROLES.get(item[0], str(item[0])), _parts(item[1], has_calls=False))
    if isinstance(item, Mapping) and "content" in item:
        role = str(item.get("role") or item.get("type") or "user")
        return message(_ROLES.get(role, role), _parts(item["content"], has_calls=False))
    return {"role": "user", "parts": [text(plain(item))]}


def _only_text(said: dict[str, Any]) -> object:
    parts = said["parts"]
    is_text = len(parts) == 1 and parts[0]["type"] == "text" and isinstance(parts[0]["content"], str)
    return parts[0]["content"] if is_text else [said]


def _parts(content: Any, *, has_calls: bool) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [text(content)] if content else []
    if not isinstance(content, list):
        return [text(content)]
    parts = [text(block) if isinstance(block, str) else _part(block, has_calls=has_calls) for block in content]
    return [part for part in parts if part is not None]


def _part(block: Any, *, has_calls: bool) -> dict[str, Any] | None:
    """Convert a content block, of LangChain's own kinds or of a provider's."""
    kind = str(block.get("type", "")) if isinstance(block, dict) else ""
    if kind in {"text", "output_text", "input_text"}:
        return text(block.get("text", ""))
    if kind in {"thinking", "reasoning", "reasoning_content"}:
        return reasoning(_thought(block))
    if kind in _CALLS:
        if has_calls or kind == "input_json_delta":
            return None
        return tool_call(block.get("name"), block.get("args", block.get("input")), block.get("id"))
    if kind in _MODALITIES:
        return blob(_MODALITIES[kind], block.get("mime_type"), _data(block))
    return {"type": kind or "text", "content": block}


def _thought(block: dict[str, Any]) -> object:
    for name in ("thinking", "reasoning", "reasoning_content", "text"):
        if block.get(name):
            return block[name]
    return "\n".join(str(item.get("text", "")) for item in block.get("summary") or () if isinstance(item, dict))


def _data(block: dict[str, Any]) -> str:
    inner = block.get("image_url") or block.get("input_audio") or block.get("source") or block
    if isinstance(inner, str):
        return inner
    return str(next((inner[name] for name in ("base64", "data", "url", "file_id") if inner.get(name)), ""))
