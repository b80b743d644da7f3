"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.usage import RequestUsage

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel"]


class ScriptedModel(FunctionModel):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception]) -> None:
        self._answers = list(answers)
        super().__init__(self._answer, stream_function=self._stream, model_name=model)

    @property
    def system(self) -> str:
        """It goes by a provider's name, too."""
        return "openai"

    async def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        position, answer = self._turn(messages)
        await asyncio.sleep(answer.seconds)
        said: list[Any] = [TextPart(answer.text)] if answer.text else []
        called = [
            ToolCallPart(name, arguments, tool_call_id=f"call_{position}_{number}")
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        usage = RequestUsage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
        reason: Any = "tool_call" if called else "stop"
        return ModelResponse(parts=[*said, *called], usage=usage, finish_reason=reason)

    async def _stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        position, answer = self._turn(messages)
        words = answer.text.split(" ") if answer.text else []
        for number, word in enumerate(words):
            await asyncio.sleep(answer.seconds / len(words))
            yield word if number == 0 else f" {word}"
        for number, (name, arguments) in enumerate(answer.calls, start=1):
            call_id = f"call_{position}_{number}"
            yield {number: DeltaToolCall(name=name, json_args=json.dumps(arguments), tool_call_id=call_id)}

    def _turn(self, messages: list[ModelMessage]) -> tuple[int, Answer]:
        """Return the answer whose turn it is in this conversation, so that one model serves several runs at once."""
        position = sum(isinstance(message, ModelResponse) for message in messages)
        return position + 1, answer_at(self._answers, position)
