"""Anthropic's content blocks, of requests and answers, as parts of messages.

Source: https://docs.anthropic.com/en/api/messages.
"""

from collections.abc import Sequence
from typing import Any

from agentops.chat_format import field_of
from agentops.messages import Message, Part, blob, message, reasoning, text, tool_call, tool_result

__all__ = ["messages_of", "parts_of"]


def messages_of(messages: Any) -> list[Message]:
    """Read the messages of a request. A generator is left alone: its items are for the provider."""
    return [_message(item) for item in messages] if isinstance(messages, Sequence) else []


def parts_of(content: Any) -> list[Part]:
    """Read the content of a message: a text, or a list of blocks."""
    if isinstance(content, str):
        return [text(content)]
    return [_part(block) for block in content] if isinstance(content, Sequence) else []


def _message(item: Any) -> Message:
    parts = parts_of(field_of(item, "content"))
    is_result = bool(parts) and all(part["type"] == "tool_call_response" for part in parts)
    return message("tool" if is_result else str(field_of(item, "role")), parts)


def _part(block: Any) -> Part:
    if isinstance(block, str):
        return text(block)
    kind = str(field_of(block, "type"))
    if kind == "text":
        return text(field_of(block, "text"))
    if kind in {"thinking", "redacted_thinking"}:
        return reasoning(field_of(block, "thinking") or "[redacted]")
    if kind in {"tool_use", "server_tool_use", "mcp_tool_use"}:
        return tool_call(field_of(block, "name"), field_of(block, "input"), field_of(block, "id"))
    if kind.endswith("tool_result"):
        return tool_result(_result(field_of(block, "content")), field_of(block, "tool_use_id"))
    source = field_of(block, "source")
    if kind in {"image", "document"} and source is not None:
        data = next(filter(None, (field_of(source, name) for name in ("data", "url", "file_id"))), "")
        return blob(kind, field_of(source, "media_type"), str(data))
    return {"type": kind, "content": block}


def _result(content: Any) -> Any:
    """Reduce a result that is a single text to that text."""
    if isinstance(content, list) and len(content) == 1 and field_of(content[0], "type") == "text":
        return field_of(content[0], "text")
    return content
