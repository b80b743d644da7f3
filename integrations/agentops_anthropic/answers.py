"""Answers of the Messages API, whole or streamed."""

import json
from typing import Any, Final

from agentops.chat_format import field_of
from agentops.messages import Usage, message
from agentops.semconv import GenAI
from agentops_anthropic.blocks import parts_of

__all__ = ["MessageAnswer"]

_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_PIECES: Final = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Kinds of delta, and the field that holds what they add."""


class MessageAnswer:
    """An answer; its usage counts what was read from and written to the cache as input, as the conventions do."""

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}
        self._parts: list[Any] = []
        self._reason: str | None = None
        self._usage: dict[str, int] = {}
        self._blocks: dict[int, dict[str, Any]] = {}

    @property
    def output(self) -> object:
        """What the model said, as one message."""
        blocks = [_whole_block(block) for _, block in sorted(self._blocks.items())]
        parts = self._parts or parts_of(blocks)
        return [message("assistant", parts, self._reason)] if parts else None

    def whole(self, answer: Any) -> None:
        """Take in a ``Message``."""
        self._note(answer)
        self._parts = parts_of(field_of(answer, "content"))
        self._stop(field_of(answer, "stop_reason"))

    def piece(self, event: Any) -> bool:
        """Take in an event of a stream."""
        if event.type == "message_start":
            self._note(event.message)
        elif event.type == "content_block_start":
            held = event.content_block.model_dump() if hasattr(event.content_block, "model_dump") else {}
            self._blocks[event.index] = {"block": held, "pieces": []}
        elif event.type == "content_block_delta":
            added = field_of(event.delta, _PIECES.get(event.delta.type, ""))
            if added:
                self._blocks.setdefault(event.index, {"block": {"type": "text"}, "pieces": []})["pieces"].append(added)
            return bool(added)
        elif event.type == "message_delta":
            self._count(event.usage)
            self._stop(event.delta.stop_reason)
        return False

    def _note(self, answer: Any) -> None:
        self.attributes[GenAI.RESPONSE_MODEL] = str(field_of(answer, "model"))
        self.attributes[GenAI.RESPONSE_ID] = field_of(answer, "id")
        self._count(field_of(answer, "usage"))

    def _stop(self, reason: str | None) -> None:
        if reason is not None:
            self._reason = _REASONS.get(reason, reason)
            self.attributes[GenAI.RESPONSE_FINISH_REASONS] = [self._reason]

    def _count(self, usage: Any) -> None:
        """Take in usage; a stream's last event repeats in full what has changed since its first."""
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        self._usage.update({name: value for name in names if (value := field_of(usage, name)) is not None})
        thinking = field_of(field_of(usage, "output_tokens_details"), "thinking_tokens")
        read, written = (self._usage.get(name) for name in names[2:])
        asked = self._usage.get("input_tokens")
        counted = Usage(
            input_tokens=asked + (read or 0) + (written or 0) if asked is not None else None,
            output_tokens=self._usage.get("output_tokens"),
            cache_read=read,
            cache_creation=written,
            reasoning=thinking,
        )
        self.attributes.update(counted.attributes())


def _whole_block(block: dict[str, Any]) -> dict[str, Any]:
    """Put a streamed block together as it would have come at once."""
    held, added = dict(block["block"]), "".join(block["pieces"])
    if "input" in held and added:
        try:
            held["input"] = json.loads(added)
        except ValueError:
            held["input"] = added
    elif held.get("type") == "thinking":
        held["thinking"] = (held.get("thinking") or "") + added
    elif held.get("type") == "text":
        held["text"] = (held.get("text") or "") + added
    return held
