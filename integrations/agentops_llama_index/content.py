"""LlamaIndex's messages, documents and answers as plain data."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from agentops import Span, guard
from agentops.chat_format import field_of
from agentops.messages import Message, Part, blob, message, reasoning, text, tool_call, tool_result

__all__ = ["answer_of", "documents_of", "message_of", "messages_of", "plain", "query_of", "said_in", "shown"]

_ROLES: Final = {"chatbot": "assistant", "developer": "system", "function": "tool", "model": "assistant"}
_MEDIA: Final = {
    "image": "image_mimetype",
    "audio": "format",
    "video": "video_mimetype",
    "document": "document_mimetype",
}
"""Blocks with data in them, and where each says what kind of data."""
_LIMIT_DEPTH: Final = 8


def shown(span: Span | None, convert: Callable[[Any], Any], value: Any) -> Any:
    """Return a value as it is recorded; None where content is not wanted, or where it cannot be told what it is."""
    if span is None or not span.session.captures_content:
        return None
    with guard("llama_index.content"):
        return convert(value)
    return None


def messages_of(messages: Iterable[Any]) -> list[Message]:
    """Convert what a model is asked."""
    return [message_of(item) for item in messages]


def message_of(item: Any, finish_reason: str | None = None) -> Message:
    """Convert a ``ChatMessage``."""
    role = str(getattr(item.role, "value", item.role))
    role = _ROLES.get(role, role)
    if role == "tool":
        return message(role, [tool_result(said_in(item), item.additional_kwargs.get("tool_call_id"))])
    parts = [part for block in item.blocks for part in _parts(block)]
    if not any(part["type"] == "tool_call" for part in parts):
        parts += _calls(item.additional_kwargs.get("tool_calls"))
    return message(role, parts, finish_reason)


def said_in(item: Any) -> str | None:
    """Return the text of a ``ChatMessage``, or the text that stands in its place."""
    return item if isinstance(item, str) or item is None else item.content or None


def query_of(arguments: Mapping[str, Any]) -> Any:
    """Return what was asked of a retriever or an engine: its first argument, as a text where it is one."""
    asked = next((value for value in arguments.values() if value is not None), None)
    query = getattr(asked, "query_str", None)
    return query if query is not None else plain(asked)


def documents_of(found: Any) -> list[dict[str, object]]:
    """Convert what a retriever found: nodes with a score."""
    return [_document(item) for item in found or ()]


def answer_of(result: Any) -> Any:
    """Return what an engine answered; of one that is yet to be streamed, nothing is known."""
    if "Streaming" in type(result).__name__:
        return None
    if hasattr(result, "source_nodes"):
        answer = getattr(result, "response", None)
        return answer if isinstance(answer, str) else plain(answer)
    return plain(result)


def plain(value: Any, depth: int = 0) -> Any:
    """Convert LlamaIndex's objects where they are known; the rest is kept as far as it can be captured."""
    kind = type(value)
    if kind is str or value is None or depth > _LIMIT_DEPTH:
        return value
    if kind is list or kind is tuple:
        return [plain(item, depth + 1) for item in value]
    if kind is dict:
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if hasattr(value, "node") and hasattr(value, "score"):
        return _document(value)
    if hasattr(value, "get_content") and hasattr(value, "node_id"):
        return {"id": value.node_id, "content": value.get_content(), "metadata": value.metadata}
    if hasattr(value, "blocks") and hasattr(value, "role"):
        return message_of(value)
    query = getattr(value, "query_str", None)
    return query if query is not None else value


def _document(item: Any) -> dict[str, object]:
    node = item.node
    return {"id": node.node_id, "content": node.get_content(), "metadata": node.metadata, "score": item.score}


def _parts(block: Any) -> list[Part]:
    kind = str(getattr(block, "block_type", "text"))
    if kind == "text":
        return [text(block.text)] if block.text else []
    if kind == "thinking":
        return [reasoning(block.content)]
    if kind == "tool_call":
        return [tool_call(block.tool_name, block.tool_kwargs, block.tool_call_id)]
    if kind in _MEDIA:
        where = block.url or block.path
        return [blob(kind, getattr(block, _MEDIA[kind], None), str(where) if where else "")]
    if kind == "citable":
        return [part for inner in block.content for part in _parts(inner)]
    return _parts(block.cited_content) if kind == "citation" else []


def _calls(calls: Any) -> list[Part]:
    """Convert tool calls that stand beside a message's content, as they did before there were blocks of them."""
    parts: list[Part] = []
    for call in calls or ():
        function = field_of(call, "function") or call
        parts.append(tool_call(field_of(function, "name"), field_of(function, "arguments"), field_of(call, "id")))
    return parts
