"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from google.adk.models import BaseLlm
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.genai import types

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel", "scripted"]


class ScriptedModel(BaseLlm):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises."""

    answers: list[Any]

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        """Give the answer whose turn it is in this conversation, so that one model serves several runs at once."""
        position = sum(content.role == "model" for content in llm_request.contents)
        answer = answer_at(self.answers, position)
        await asyncio.sleep(answer.seconds)
        if stream and answer.text:
            yield LlmResponse(content=_content([types.Part(text=answer.text[:2])]), partial=True)
        said = [types.Part(text=answer.text)] if answer.text else []
        called = [
            types.Part(function_call=types.FunctionCall(name=name, args=arguments, id=f"call_{position + 1}_{number}"))
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        usage = types.GenerateContentResponseUsageMetadata(
            prompt_token_count=answer.input_tokens, candidates_token_count=answer.output_tokens
        )
        yield LlmResponse(
            content=_content([*said, *called]), usage_metadata=usage, finish_reason=types.FinishReason.STOP
        )


def scripted(model: str, *answers: Answer | str | Exception) -> ScriptedModel:
    """Return a model of that name with these answers, first call first."""
    return ScriptedModel(model=model, answers=list(answers))


def _content(parts: list[types.Part]) -> types.Content:
    return types.Content(role="model", parts=parts)
