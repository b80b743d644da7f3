"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from ag2.config import LLMClient, ModelConfig, ModelProvider
from ag2.events import ModelMessage, ModelMessageChunk, ModelResponse, ToolCallEvent, ToolCallsEvent, Usage

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel"]


class ScriptedModel(ModelConfig):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception]) -> None:
        self._model = model
        self.answers = list(answers)

    @property
    def provider(self) -> ModelProvider:
        """It goes by a provider's name, too."""
        return ModelProvider.OPENAI

    @property
    def model(self) -> str:
        """Its name."""
        return self._model

    def copy(self) -> "ScriptedModel":
        """Return a model with the same script."""
        return ScriptedModel(self._model, self.answers)

    def create(self) -> LLMClient:
        """Return a client."""
        return _ScriptedClient(self)

    def create_files_client(self) -> Any:
        """It keeps no files."""
        raise NotImplementedError


class _ScriptedClient(LLMClient):
    def __init__(self, config: ScriptedModel) -> None:
        self._config = config

    async def __call__(self, messages: Sequence[Any], context: Any, **kwargs: Any) -> ModelResponse:
        """Give the answer whose turn it is in this conversation, so that one model serves several runs at once."""
        position = sum(isinstance(event, ModelResponse) for event in messages)
        answer = answer_at(self._config.answers, position)
        await asyncio.sleep(answer.seconds)
        for word in answer.text.split():
            await context.send(ModelMessageChunk(f"{word} "))
        calls = [
            ToolCallEvent(name, id=f"call_{position + 1}_{number}", arguments=json.dumps(arguments))
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        return ModelResponse(
            ModelMessage(answer.text) if answer.text else None,
            tool_calls=ToolCallsEvent(calls),
            usage=Usage(prompt_tokens=answer.input_tokens, completion_tokens=answer.output_tokens),
            model=self._config.model,
            provider=self._config.provider.value,
            finish_reason="tool_calls" if calls else "stop",
        )
