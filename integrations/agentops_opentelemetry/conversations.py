"""What models read and said, in each of the ways in which spans tell it, as messages of ours.

OpenTelemetry GenAI: attributes with JSON text (since 1.37), an event with the same, or an event per message (before).
OpenInference and OpenLLMetry: one attribute per field, ``llm.input_messages.0.message.role`` and the like.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agentops.chat_format import chat_message
from agentops.messages import Message, Part, message, reasoning, text, tool_call, tool_result
from agentops.semconv import Foreign, GenAI

__all__ = ["Event", "input_messages", "output_messages", "parsed", "plain_text"]

Attributes = Mapping[str, Any]
Event = tuple[str, Attributes]
"""Name and attributes of a span's event."""
_ROLES: Final = dict(zip(Foreign.EVENT_MESSAGES, ("system", "user", "assistant", "tool"), strict=True))


def parsed(value: Any) -> Any:
    """Return what a JSON text says; anything else as it is."""
    if not isinstance(value, str) or value[:1] not in {"[", "{", '"'}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def input_messages(attributes: Attributes, events: Sequence[Event]) -> list[Message]:
    """Return what a span was asked; empty where it does not say."""
    found = _given(attributes.get(GenAI.INPUT_MESSAGES))
    if not found:
        found = [message for name, details in events for message in _in_details(name, details, GenAI.INPUT_MESSAGES)]
    if not found:
        found = [_of_event(_ROLES[name], details) for name, details in events if name in _ROLES]
    return (
        found
        or _numbered(attributes, Foreign.PROMPT)
        or _numbered(attributes, "llm.input_messages.")
        or _texts(attributes, "llm.prompts.", "user")
    )


def output_messages(attributes: Attributes, events: Sequence[Event]) -> list[Message]:
    """Return what a span answered; empty where it does not say."""
    found = _given(attributes.get(GenAI.OUTPUT_MESSAGES))
    if not found:
        found = [message for name, details in events for message in _in_details(name, details, GenAI.OUTPUT_MESSAGES)]
    if not found:
        found = [_of_choice(details) for name, details in events if name == Foreign.EVENT_CHOICE]
    return found or _numbered(attributes, Foreign.COMPLETION) or _numbered(attributes, "llm.output_messages.")


def plain_text(messages: Sequence[Message]) -> object:
    """Return the last message's text, if it is nothing but text; else the messages. For spans that are no model's."""
    parts = messages[-1].get("parts", ()) if messages else ()
    if parts and all(part.get("type") == "text" for part in parts):
        return "\n".join(str(part.get("content")) for part in parts)
    return list(messages) or None


def _given(value: Any) -> list[Message]:
    items = parsed(value)
    return [_given_message(item) for item in items] if isinstance(items, list) else []


def _given_message(item: Any) -> Message:
    if not isinstance(item, dict):
        return message("user", [text(item)])
    if isinstance(item.get("parts"), list):
        parts = [_given_part(part) for part in item["parts"]]
        # Some give the results of tools to the user.
        is_tools = bool(parts) and all(part.get("type") == "tool_call_response" for part in parts)
        return {**item, "role": "tool" if is_tools else item.get("role"), "parts": parts}
    return chat_message(item)


def _given_part(part: Any) -> Part:
    """Tidy a part: some writers call a response's content ``result``, reasoning ``thinking``."""
    if not isinstance(part, dict):
        return text(part)
    if part.get("type") == "tool_call":
        return tool_call(part.get("name"), part.get("arguments"), part.get("id"))
    if part.get("type") == "tool_call_response":
        said = part.get("response", part.get("result"))
        return tool_result(parsed(said), part.get("id"))
    return reasoning(part.get("content")) if part.get("type") == "thinking" else part


def _in_details(name: str, details: Attributes, attribute: str) -> list[Message]:
    return _given(details.get(attribute)) if name == Foreign.EVENT_DETAILS else []


def _of_event(role: str, details: Attributes) -> Message:
    content = parsed(details.get("content"))
    if role == "tool" and not _is_blocks(content):
        return message("tool", [tool_result(content, details.get("id"))])
    if _is_blocks(content):
        return message(str(details.get("role") or role), [_block(item) for item in content])
    return chat_message({"role": role, "content": content, "tool_calls": parsed(details.get("tool_calls"))})


def _of_choice(details: Attributes) -> Message:
    content, reason = parsed(details.get("message")), details.get("finish_reason")
    if _is_blocks(content):
        return message("assistant", [_block(item) for item in content], reason)
    if isinstance(content, dict):
        return chat_message({"role": "assistant", **content}, reason)
    return message("assistant", [text(content)], reason)


def _is_blocks(content: Any) -> bool:
    return isinstance(content, list) and all(isinstance(item, dict) for item in content)


def _block(item: dict[str, Any]) -> Part:
    """Read a content block of Bedrock's Converse API, which Strands hands through."""
    if "text" in item:
        return text(item["text"])
    if "toolUse" in item:
        call = item["toolUse"]
        return tool_call(call.get("name"), call.get("input"), call.get("toolUseId"))
    if "toolResult" in item:
        result = item["toolResult"]
        return tool_result(_unwrapped(result.get("content")), result.get("toolUseId"))
    if "reasoningContent" in item:
        return reasoning(item["reasoningContent"].get("reasoningText", {}).get("text"))
    return {"type": str(item.get("type") or next(iter(item), "text")), "content": item}


def _unwrapped(content: Any) -> Any:
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict) and len(content[0]) == 1:
        return next(iter(content[0].values()))
    return content


def _numbered(attributes: Attributes, prefix: str) -> list[Message]:
    """Read messages that are spread over numbered attributes."""
    tree: dict[str, Any] = {}
    for name, value in attributes.items():
        if name.startswith(prefix):
            *way, last = name.removeprefix(prefix).split(".")
            place = tree
            for step in way:
                deeper = place.setdefault(step, {})
                place = deeper if isinstance(deeper, dict) else {}
            place[last] = value
    return [_spread(item) for item in _in_order(tree)]


def _in_order(tree: Any) -> list[Any]:
    if not isinstance(tree, dict):
        return []
    return [tree[key] for key in sorted((key for key in tree if key.isdigit()), key=int)]


def _spread(item: Any) -> Message:
    fields = item.get("message", item) if isinstance(item, dict) else {"content": item}
    contents = _in_order(fields.get("contents"))
    content = [entry.get("message_content", entry) for entry in contents] or parsed(fields.get("content"))
    calls = [_spread_call(call.get("tool_call", call)) for call in _in_order(fields.get("tool_calls"))]
    shaped = {
        "role": fields.get("role") or "assistant",
        "content": content,
        "tool_calls": calls,
        "tool_call_id": fields.get("tool_call_id"),
    }
    return chat_message(shaped, fields.get("finish_reason"))


def _spread_call(call: dict[str, Any]) -> dict[str, Any]:
    return {"id": call.get("id"), "function": call.get("function") or call}


def _texts(attributes: Attributes, prefix: str, role: str) -> list[Message]:
    return [message(role, str(value)) for name, value in attributes.items() if name.startswith(prefix)]
