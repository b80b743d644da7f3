"""Reading the two message formats that OpenAI's API has made common, from dictionaries or from client objects.

Chat completions: ``{"role", "content", "tool_calls"?, "tool_call_id"?}``
(https://platform.openai.com/docs/api-reference/chat). Responses: a list of items told apart by ``type``
(https://platform.openai.com/docs/api-reference/responses). Many libraries speak one of the two.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from agentops.messages import Message, Part, Usage, blob, message, reasoning, text, tool_call, tool_result

__all__ = [
    "chat_message",
    "chat_messages",
    "field_of",
    "response_finish_reason",
    "response_message",
    "response_messages",
    "usage_of",
]

_ROLES: Final = {"developer": "system", "function": "tool", "model": "assistant"}
_TEXT_TYPES: Final = {"text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text"}
_CALL_TYPES: Final = {"function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call"}
"""Calls that the program has to answer; the provider runs the others itself."""
_MODALITIES: Final = {"image_url": "image", "input_image": "image", "input_audio": "audio", "input_file": "document"}


def field_of(value: Any, name: str) -> Any:
    """Return a field of a dictionary or of an object; None where there is none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def chat_messages(messages: object) -> list[Message]:
    """Read the messages of a chat completion request; a bare text is one user message.

    A generator is left alone: its items are for the provider.
    """
    if isinstance(messages, str):
        return [message("user", messages)]
    return [chat_message(item) for item in messages] if isinstance(messages, Sequence) else []


def chat_message(item: Any, finish_reason: str | None = None) -> Message:
    """Read one chat message, of a request or of a choice in a response."""
    role = str(field_of(item, "role") or "assistant")
    parts: list[Part] = []
    thinking = field_of(item, "reasoning_content") or field_of(item, "reasoning")
    if isinstance(thinking, str):
        parts.append(reasoning(thinking))
    content = field_of(item, "content")
    if role in {"tool", "function"}:
        parts.append(tool_result(_plain(content), field_of(item, "tool_call_id")))
    else:
        parts.extend(_content_parts(content))
    refusal = field_of(item, "refusal")
    if refusal:
        parts.append(text(refusal))
    for call in field_of(item, "tool_calls") or ():
        function = field_of(call, "function") or field_of(call, "custom")
        arguments = field_of(function, "arguments") if field_of(call, "function") else field_of(function, "input")
        parts.append(tool_call(field_of(function, "name"), arguments, field_of(call, "id")))
    old_call = field_of(item, "function_call")
    if old_call:
        parts.append(tool_call(field_of(old_call, "name"), field_of(old_call, "arguments")))
    return message(_ROLES.get(role, role), parts, finish_reason)


def response_messages(items: object) -> list[Message]:
    """Read the items of a Responses request; what the model said in one go becomes one message."""
    if isinstance(items, str):
        return [message("user", items)]
    messages: list[Message] = []
    for item in items if isinstance(items, Sequence) else ():
        role, parts = _item(item)
        if messages and role == messages[-1]["role"] and role in {"assistant", "tool"}:
            messages[-1]["parts"].extend(parts)
        else:
            messages.append(message(role, parts))
    return messages


def response_message(items: Iterable[Any], finish_reason: str | None = None) -> Message:
    """Read the items of a Responses reply as the one message that they are."""
    return message("assistant", [part for item in items for part in _item(item)[1]], finish_reason)


def response_finish_reason(response: Any) -> str | None:
    """Return why a Responses reply stopped, in the words of chat completions; None where it does not say."""
    incomplete = field_of(field_of(response, "incomplete_details"), "reason")
    if incomplete:
        return "length" if incomplete == "max_output_tokens" else str(incomplete)
    status = field_of(response, "status")
    if status in {"failed", "cancelled"}:
        return str(status)
    kinds = {str(field_of(item, "type")) for item in field_of(response, "output") or ()}
    if kinds & _CALL_TYPES:
        return "tool_calls"
    return "stop" if status == "completed" else None


def usage_of(usage: Any) -> Usage:
    """Read a usage object of either format. A format that counts cached tokens apart is not read here."""
    if usage is None:
        return Usage()
    inputs = _first(usage, "input_tokens", "prompt_tokens")
    input_details = _first(usage, "input_tokens_details", "prompt_tokens_details")
    output_details = _first(usage, "output_tokens_details", "completion_tokens_details")
    return Usage(
        input_tokens=inputs,
        output_tokens=_first(usage, "output_tokens", "completion_tokens"),
        cache_read=field_of(input_details, "cached_tokens"),
        cache_creation=_first(input_details, "cache_write_tokens", "cache_creation_tokens"),
        reasoning=field_of(output_details, "reasoning_tokens"),
    )


def _first(value: Any, *names: str) -> Any:
    return next((found for found in (field_of(value, name) for name in names) if found is not None), None)


def _item(item: Any) -> tuple[str, list[Part]]:
    """Return the role of an item and what it says."""
    kind = str(field_of(item, "type") or "message")
    read = _ITEMS.get(kind)
    if read is not None:
        return read(item)
    if kind.endswith("_output"):
        return "tool", [tool_result(_plain(field_of(item, "output")), field_of(item, "call_id"))]
    if kind.endswith("_call"):
        arguments = field_of(item, "arguments") or field_of(item, "action") or field_of(item, "input")
        return "assistant", [tool_call(kind.removesuffix("_call"), arguments, _first(item, "call_id", "id"))]
    return "assistant", [{"type": kind, "content": item}]


def _message_item(item: Any) -> tuple[str, list[Part]]:
    role = str(field_of(item, "role") or "assistant")
    if role == "tool" or field_of(item, "tool_calls"):
        return "tool" if role == "tool" else "assistant", chat_message(item)["parts"]
    return _ROLES.get(role, role), _content_parts(field_of(item, "content"))


def _function_call_item(item: Any) -> tuple[str, list[Part]]:
    arguments = field_of(item, "arguments") if field_of(item, "type") == "function_call" else field_of(item, "input")
    return "assistant", [tool_call(field_of(item, "name"), arguments, field_of(item, "call_id"))]


def _reasoning_item(item: Any) -> tuple[str, list[Part]]:
    said = field_of(item, "content") or field_of(item, "summary") or ()
    return "assistant", [reasoning(field_of(part, "text")) for part in said]


_ITEMS: Final[dict[str, Callable[[Any], tuple[str, list[Part]]]]] = {
    "message": _message_item,
    "function_call": _function_call_item,
    "custom_tool_call": _function_call_item,
    "reasoning": _reasoning_item,
}


def _content_parts(content: Any) -> list[Part]:
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [text(content)]
    return [_content_part(part) for part in content] if isinstance(content, Sequence) else [text(content)]


def _content_part(part: Any) -> Part:
    if isinstance(part, str):
        return text(part)
    kind = str(field_of(part, "type") or "")
    if kind in _TEXT_TYPES:
        return text(field_of(part, "text") if kind != "refusal" else field_of(part, "refusal"))
    if kind in {"image_url", "input_image"}:
        source = field_of(part, "image_url")
        url = source if isinstance(source, str) else field_of(source, "url")
        return blob("image", None, str(url or field_of(part, "file_id") or ""))
    if kind in _MODALITIES:
        held = field_of(part, kind) if field_of(part, kind) is not None else part
        data = _first(held, "data", "file_data", "file_url", "file_id", "filename")
        return blob(_MODALITIES[kind], field_of(held, "format"), str(data or ""))
    return {"type": kind or "text", "content": part}


def _plain(content: Any) -> Any:
    """Reduce a list that holds a single text to that text: what a tool returned, as it returned it."""
    if isinstance(content, list) and len(content) == 1 and str(field_of(content[0], "type") or "") in _TEXT_TYPES:
        return field_of(content[0], "text")
    return content
