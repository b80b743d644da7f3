"""A client that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from agent_framework import (
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    ChatResponseUpdate,
    Content,
    FunctionInvocationLayer,
    Message,
    ResponseStream,
)
from agent_framework.observability import ChatTelemetryLayer

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedClient"]


class ScriptedClient(
    FunctionInvocationLayer[Any], ChatMiddlewareLayer[Any], ChatTelemetryLayer[Any], BaseChatClient[Any]
):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    OTEL_PROVIDER_NAME = "openai"

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception]) -> None:
        super().__init__()
        self.model = model
        self._answers = list(answers)

    def _inner_get_response(self, *, messages: Any, stream: bool, options: Any, **kwargs: Any) -> Any:
        position = sum(str(message.role) == "assistant" for message in messages)
        if stream:
            return ResponseStream(self._updates(position), finalizer=ChatResponse.from_updates)
        return self._response(position)

    async def _response(self, position: int) -> ChatResponse[Any]:
        answer, contents = await self._turn(position)
        return ChatResponse(
            messages=[Message(role="assistant", contents=contents)],
            usage_details=_usage(answer),
            model=self.model,
            finish_reason="tool_calls" if answer.calls else "stop",
        )

    async def _updates(self, position: int) -> AsyncIterator[ChatResponseUpdate]:
        answer, contents = await self._turn(position)
        yield ChatResponseUpdate(
            role="assistant",
            contents=[*contents, Content.from_usage(_usage(answer))],
            finish_reason="tool_calls" if answer.calls else "stop",
        )

    async def _turn(self, position: int) -> tuple[Answer, list[Any]]:
        """Return the answer whose turn it is in this conversation, so that one client serves several runs at once."""
        answer = answer_at(self._answers, position)
        await asyncio.sleep(answer.seconds)
        said = [Content.from_text(answer.text)] if answer.text else []
        called = [
            Content.from_function_call(call_id=f"call_{position + 1}_{number}", name=name, arguments=arguments)
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        return answer, [*said, *called]


def _usage(answer: Answer) -> Any:
    return {"input_token_count": answer.input_tokens, "output_token_count": answer.output_tokens}
