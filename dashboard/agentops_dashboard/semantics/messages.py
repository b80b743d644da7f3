"""Messages in every convention's shape, as the GenAI conventions write them today.

Result: ``[{"role", "parts": [{"type": "text", "content"} | {"type": "tool_call", "id", "name", "arguments"} |
{"type": "tool_call_response", "id", "response"} | {"type": "reasoning", "content"}], "finish_reason"?}]``.
"""

from collections.abc import Mapping
from typing import Any

from agentops_dashboard.semantics.values import as_data

__all__ = ["from_chat", "has_prefix", "normalise", "unflatten"]

_MOST_MESSAGES = 5000


def unflatten(attributes: Mapping[str, Any], prefix: str) -> list[Any]:
    """Turn ``prefix.0.role``, ``prefix.0.tool_calls.1.name`` … into a list of nested data.

    Levels whose names are all numbers become lists. Index gaps close.
    """
    tree: dict[str, Any] = {}
    dotted = prefix + "."
    for key, value in attributes.items():
        if not key.startswith(dotted):
            continue
        node = tree
        *path, last = key[len(dotted) :].split(".")
        for step in path:
            below = node.setdefault(step, {})
            if type(below) is not dict:
                below = node[step] = {}
            node = below
        node[last] = value
    result = _listed(tree)
    return result if type(result) is list else []


def _listed(node: Any) -> Any:
    if type(node) is not dict:
        return node
    if node and all(key.isascii() and key.isdigit() and len(key) < 6 for key in node):
        return [_listed(node[key]) for key in sorted(node, key=int)][:_MOST_MESSAGES]
    return {key: _listed(value) for key, value in node.items()}


def has_prefix(attributes: Mapping[str, Any], prefix: str) -> bool:
    """Say whether an attribute's name begins so."""
    return any(key.startswith(prefix) for key in attributes)


def normalise(value: Any) -> Any:
    """Turn messages of any known shape into the GenAI shape; what is no list of messages stays as it is."""
    data = as_data(value)
    if type(data) is dict and type(data.get("messages")) is list:
        data = data["messages"]
    if type(data) is not list or not data or not all(type(item) is dict for item in data):
        return data
    if not any("role" in item or "parts" in item or "message" in item for item in data):
        return data
    return [item if "parts" in item else from_chat(item.get("message") or item) for item in data]


def from_chat(message: Any) -> dict[str, Any]:
    """Turn one chat message (OpenAI's, Anthropic's, OpenInference's or OpenLLMetry's shape) into a GenAI message."""
    if type(message) is not dict:
        return {"role": "user", "parts": [{"type": "text", "content": message}]}
    role = str(message.get("role") or "assistant")
    parts: list[dict[str, Any]] = []
    content = message.get("content")
    if content is None:
        content = message.get("contents")
    content = as_data(content)
    call_id = message.get("tool_call_id")
    if role in ("tool", "function") or call_id:
        parts.append({"type": "tool_call_response", "id": call_id, "response": content})
    elif type(content) is list:
        parts += [_part(item) for item in content]
    elif content is not None and content != "":
        parts.append({"type": "text", "content": content})
    for key in ("reasoning_content", "reasoning"):
        if message.get(key):
            parts.insert(0, {"type": "reasoning", "content": message[key]})
    calls = message.get("tool_calls")
    if type(calls) is list:
        parts += [_call(item) for item in calls]
    if type(message.get("function_call")) is dict:
        parts.append(_call(message["function_call"]))
    result: dict[str, Any] = {"role": role, "parts": parts}
    if message.get("finish_reason"):
        result["finish_reason"] = message["finish_reason"]
    return result


def _part(item: Any) -> dict[str, Any]:
    if type(item) is dict and type(item.get("message_content")) is dict:
        item = item["message_content"]
    if type(item) is not dict:
        return {"type": "text", "content": item}
    kind = item.get("type")
    if kind in ("tool_use", "tool_call"):
        return _call(item)
    if kind in ("tool_result", "tool_call_response"):
        identity = item.get("tool_use_id") or item.get("id")
        return {"type": "tool_call_response", "id": identity, "response": item.get("content", item.get("response"))}
    if kind in ("thinking", "reasoning"):
        return {"type": "reasoning", "content": item.get("thinking") or item.get("content") or item.get("text")}
    if "text" in item:
        return {"type": "text", "content": item["text"]}
    return item if kind else {"type": "text", "content": item}


def _call(item: Any) -> dict[str, Any]:
    if type(item) is dict and type(item.get("tool_call")) is dict:
        item = item["tool_call"]
    if type(item) is not dict:
        return {"type": "tool_call", "id": None, "name": None, "arguments": item}
    function = item["function"] if type(item.get("function")) is dict else item
    arguments = function.get("arguments", function.get("input", function.get("args")))
    return {
        "type": "tool_call",
        "id": item.get("id"),
        "name": function.get("name") or item.get("name"),
        "arguments": as_data(arguments),
    }
