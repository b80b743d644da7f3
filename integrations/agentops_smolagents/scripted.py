"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import itertools
import json
import time
from collections.abc import Generator, Sequence
from typing import Any

from smolagents.models import (
    ChatMessage,
    ChatMessageStreamDelta,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    ChatMessageToolCallStreamDelta,
    MessageRole,
    Model,
)
from smolagents.monitoring import TokenUsage

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel", "code"]


def code(source: str, thought: str = "") -> str:
    """Return the answer with which a model has a ``CodeAgent`` run some code."""
    return f"{thought}\n<code>\n{source}\n</code>".lstrip()


class ScriptedModel(Model):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
        settings: As for any model of smolagents, such as ``temperature``.
    """

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception], **settings: Any) -> None:
        super().__init__(model_id=model, **settings)
        self.answers = list(answers)
        self._turns = itertools.count()

    def generate(
        self,
        messages: list[Any],
        stop_sequences: list[str] | None = None,
        response_format: dict[str, str] | None = None,
        tools_to_call_from: list[Any] | None = None,
        **kwargs: Any,
    ) -> ChatMessage:
        """Answer at once."""
        turn, answer = self._next()
        time.sleep(answer.seconds)
        calls = [
            ChatMessageToolCall(
                id=f"call_{turn}_{number}",
                type="function",
                function=ChatMessageToolCallFunction(name=name, arguments=arguments),
            )
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=answer.text or None,
            tool_calls=calls or None,
            token_usage=_usage(answer),
        )

    def generate_stream(
        self,
        messages: list[Any],
        stop_sequences: list[str] | None = None,
        response_format: dict[str, str] | None = None,
        tools_to_call_from: list[Any] | None = None,
        **kwargs: Any,
    ) -> Generator[ChatMessageStreamDelta, None, None]:
        """Answer word by word."""
        turn, answer = self._next()
        words = answer.text.split(" ") if answer.text else []
        for number, word in enumerate(words):
            time.sleep(answer.seconds / len(words))
            yield ChatMessageStreamDelta(content=word if number == 0 else f" {word}")
        for number, (name, arguments) in enumerate(answer.calls, start=1):
            function = ChatMessageToolCallFunction(name=name, arguments=json.dumps(arguments))
            call = ChatMessageToolCallStreamDelta(
                index=number - 1, id=f"call_{turn}_{number}", type="function", function=function
            )
            yield ChatMessageStreamDelta(tool_calls=[call])
        yield ChatMessageStreamDelta(content="", token_usage=_usage(answer))

    def _next(self) -> tuple[int, Answer]:
        turn = next(self._turns)
        if turn >= len(self.answers):
            raise IndexError(
                f"the script of {self.model_id} has {len(self.answers)} answers, and this is call {turn + 1}"
            )
        return turn + 1, answer_at(self.answers, turn)


def _usage(answer: Answer) -> TokenUsage:
    return TokenUsage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
