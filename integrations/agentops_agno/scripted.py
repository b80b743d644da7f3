"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from agno.models.base import Model
from agno.models.message import Message
from agno.models.response import ModelResponse

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel"]


class ScriptedModel(Model):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
        settings: As for any model of agno, such as ``retries``.
    """

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception], **settings: Any) -> None:
        super().__init__(id=model, **settings)
        self.answers = list(answers)
        self._turns = itertools.count()

    def invoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> ModelResponse:
        """Answer at once."""
        turn, answer = self._next()
        time.sleep(answer.seconds)
        return _whole(turn, answer)

    async def ainvoke(self, messages: list[Message], *args: Any, **kwargs: Any) -> ModelResponse:
        """Answer at once."""
        turn, answer = self._next()
        await asyncio.sleep(answer.seconds)
        return _whole(turn, answer)

    def invoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> Iterator[ModelResponse]:
        """Answer word by word."""
        turn, answer = self._next()
        pieces = _pieces(turn, answer)
        for piece in pieces:
            time.sleep(answer.seconds / len(pieces))
            yield piece

    async def ainvoke_stream(self, messages: list[Message], *args: Any, **kwargs: Any) -> AsyncIterator[ModelResponse]:
        """Answer word by word."""
        turn, answer = self._next()
        pieces = _pieces(turn, answer)
        for piece in pieces:
            await asyncio.sleep(answer.seconds / len(pieces))
            yield piece

    def _parse_provider_response(self, response: Any, **kwargs: Any) -> ModelResponse:
        return ModelResponse()

    def _parse_provider_response_delta(self, response: Any) -> ModelResponse:
        return ModelResponse()

    def _next(self) -> tuple[int, Answer]:
        turn = next(self._turns)
        if turn >= len(self.answers):
            raise IndexError(f"the script of {self.id} has {len(self.answers)} answers, and this is call {turn + 1}")
        return turn + 1, answer_at(self.answers, turn)


def _whole(turn: int, answer: Answer) -> ModelResponse:
    return ModelResponse(
        role="assistant",
        content=answer.text or None,
        tool_calls=[
            {
                "id": f"call_{turn}_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ],
        response_usage=_usage(answer),
    )


def _pieces(turn: int, answer: Answer) -> list[ModelResponse]:
    words = answer.text.split(" ") if answer.text else []
    spoken = [
        ModelResponse(role="assistant", content=word if number == 0 else f" {word}")
        for number, word in enumerate(words)
    ]
    last = _whole(turn, answer)
    last.content = None
    return [*spoken, last]


def _usage(answer: Answer) -> Any:
    usage = type(Message(role="assistant").metrics)()  # the class has had two names
    usage.input_tokens, usage.output_tokens = answer.input_tokens, answer.output_tokens
    usage.total_tokens = answer.input_tokens + answer.output_tokens
    return usage
