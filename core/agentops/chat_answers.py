"""Reading answers in OpenAI's formats, whole or streamed: what was said, by whom, why it stopped, and what it used.

Objects as the openai library and those that speak like it return them. Each reader is an ``agentops.stainless.Answer``.
"""

from typing import Any

from agentops.chat_format import chat_message, field_of, response_finish_reason, response_message, usage_of
from agentops.messages import message
from agentops.semconv import GenAI

__all__ = ["ChatAnswer", "CompletionAnswer", "EmbeddingAnswer", "ResponseAnswer"]


class _Answer:
    """What all answers have in common."""

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}
        self._messages: list[dict[str, Any]] = []

    @property
    def output(self) -> object:
        """What the model said, as messages."""
        return self._messages or None

    def _note(self, answer: Any) -> None:
        """Keep model, id and usage, which stand in the same place in all answers, and in their last pieces."""
        usage = field_of(answer, "usage")
        known = {
            GenAI.RESPONSE_MODEL: field_of(answer, "model") or None,
            GenAI.RESPONSE_ID: field_of(answer, "id") or None,
            **(usage_of(usage).attributes() if usage is not None else {}),
        }
        self.attributes.update({name: value for name, value in known.items() if value is not None})


class ChatAnswer(_Answer):
    """An answer of chat completions."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: dict[int, dict[str, Any]] = {}

    @property
    def output(self) -> object:
        """What the model said, a message for each choice."""
        streamed = [
            chat_message(_joined(choice), choice["finish_reason"]) for _, choice in sorted(self._choices.items())
        ]
        return self._messages or streamed or None

    def whole(self, answer: Any) -> None:
        """Take in a ``ChatCompletion``."""
        self._note(answer)
        choices = answer.choices or []
        self._messages = [chat_message(choice.message, choice.finish_reason) for choice in choices]
        self.attributes[GenAI.RESPONSE_FINISH_REASONS] = [choice.finish_reason for choice in choices]

    def piece(self, event: Any) -> bool:
        """Take in a ``ChatCompletionChunk``."""
        self._note(event)
        says_something = False
        for part in event.choices or ():
            empty: dict[str, Any] = {"text": [], "thinking": [], "refusal": [], "calls": {}, "finish_reason": None}
            choice = self._choices.setdefault(part.index, empty)
            says_something |= _take_delta(choice, part.delta)
            if part.finish_reason:
                choice["finish_reason"] = part.finish_reason
                reasons = [item["finish_reason"] for _, item in sorted(self._choices.items())]
                self.attributes[GenAI.RESPONSE_FINISH_REASONS] = [reason for reason in reasons if reason]
        return says_something


def _take_delta(choice: dict[str, Any], delta: Any) -> bool:
    if delta is None:
        return False
    says_something = False
    thinking = field_of(delta, "reasoning_content") or field_of(delta, "reasoning")
    for name, said in (("text", delta.content), ("refusal", field_of(delta, "refusal")), ("thinking", thinking)):
        if isinstance(said, str) and said:
            choice[name].append(said)
            says_something = True
    for part in delta.tool_calls or ():
        call = choice["calls"].setdefault(part.index, {"id": None, "name": None, "arguments": []})
        call["id"] = part.id or call["id"]
        if part.function is not None:
            call["name"] = part.function.name or call["name"]
            call["arguments"].append(part.function.arguments or "")
        says_something = True
    return says_something


def _joined(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a streamed choice as the message that it would have been."""
    calls = [
        {"id": call["id"], "function": {"name": call["name"], "arguments": "".join(call["arguments"])}}
        for _, call in sorted(choice["calls"].items())
    ]
    return {
        "role": "assistant",
        "content": "".join(choice["text"]) or None,
        "reasoning": "".join(choice["thinking"]) or None,
        "refusal": "".join(choice["refusal"]) or None,
        "tool_calls": calls,
    }


class ResponseAnswer(_Answer):
    """An answer of the Responses API."""

    def __init__(self) -> None:
        super().__init__()
        self._text: list[str] = []

    @property
    def output(self) -> object:
        """What the model said; of a stream that was left early, the text up to there."""
        return self._messages or ([message("assistant", "".join(self._text))] if self._text else None)

    def whole(self, answer: Any) -> None:
        """Take in a ``Response``."""
        self._note(answer)
        reason = response_finish_reason(answer)
        self._messages = [response_message(answer.output, reason)]
        if reason is not None:
            self.attributes[GenAI.RESPONSE_FINISH_REASONS] = [reason]

    def piece(self, event: Any) -> bool:
        """Take in an event; the last one holds the whole answer."""
        if event.type in {"response.completed", "response.incomplete", "response.failed"}:
            self.whole(event.response)
        elif event.type == "response.created":
            self._note(event.response)
        elif event.type == "response.output_text.delta":
            self._text.append(event.delta)
        return bool(event.type.endswith(".delta"))


class CompletionAnswer(_Answer):
    """An answer of the old text completions."""

    def __init__(self) -> None:
        super().__init__()
        self._text: dict[int, list[str]] = {}

    @property
    def output(self) -> object:
        """What the model said, a message for each choice."""
        return [message("assistant", "".join(said)) for _, said in sorted(self._text.items())] or None

    def whole(self, answer: Any) -> None:
        """Take in a ``Completion``."""
        self.piece(answer)

    def piece(self, event: Any) -> bool:
        """Take in a ``Completion``, which a stream's events are too."""
        self._note(event)
        for choice in event.choices or ():
            self._text.setdefault(choice.index, []).append(choice.text or "")
            if choice.finish_reason:
                self.attributes[GenAI.RESPONSE_FINISH_REASONS] = [choice.finish_reason]
        return bool(event.choices)


class EmbeddingAnswer(_Answer):
    """An answer with embeddings: their number and size, not their values."""

    def whole(self, answer: Any) -> None:
        """Take in a ``CreateEmbeddingResponse``."""
        self._note(answer)
        data = answer.data or []
        vector = field_of(data[0], "embedding") if data else None
        if isinstance(vector, list):
            self.attributes[GenAI.EMBEDDINGS_DIMENSION] = len(vector)

    def piece(self, event: Any) -> bool:
        """Embeddings do not stream."""
        return False
