"""A service that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, ClassVar

from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.connectors.ai.completion_usage import CompletionUsage
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.contents import (
    AuthorRole,
    ChatHistory,
    ChatMessageContent,
    FinishReason,
    FunctionCallContent,
    StreamingChatMessageContent,
    StreamingTextContent,
    TextContent,
)

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedService", "scripted"]


class ScriptedService(ChatCompletionClientBase):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    A call names a function by its plugin and itself, such as ``maths-add``.
    """

    SUPPORTS_FUNCTION_CALLING: ClassVar[bool] = True
    MODEL_PROVIDER_NAME: ClassVar[str] = "openai"
    answers: list[Any]

    async def _inner_get_chat_message_contents(
        self, chat_history: ChatHistory, settings: PromptExecutionSettings
    ) -> list[ChatMessageContent]:
        position, answer = await self._turn(chat_history)
        said = [TextContent(text=answer.text)] if answer.text else []
        return [
            ChatMessageContent(
                role=AuthorRole.ASSISTANT,
                items=[*said, *_calls(position, answer)],
                ai_model_id=self.ai_model_id,
                finish_reason=FinishReason.TOOL_CALLS if answer.calls else FinishReason.STOP,
                metadata={"usage": _usage(answer)},
            )
        ]

    async def _inner_get_streaming_chat_message_contents(
        self, chat_history: ChatHistory, settings: PromptExecutionSettings, function_invoke_attempt: int = 0
    ) -> AsyncGenerator[list[StreamingChatMessageContent], Any]:
        position, answer = await self._turn(chat_history)
        for number, word in enumerate(answer.text.split(" ") if answer.text else []):
            text = word if number == 0 else f" {word}"
            yield [self._piece([StreamingTextContent(choice_index=0, text=text)])]
        reason = FinishReason.TOOL_CALLS if answer.calls else FinishReason.STOP
        yield [self._piece(_calls(position, answer), reason, {"usage": _usage(answer)})]

    def _piece(
        self, items: list[Any], reason: FinishReason | None = None, metadata: dict[str, Any] | None = None
    ) -> StreamingChatMessageContent:
        return StreamingChatMessageContent(
            role=AuthorRole.ASSISTANT,
            choice_index=0,
            items=items,
            ai_model_id=self.ai_model_id,
            finish_reason=reason,
            metadata=metadata or {},
        )

    async def _turn(self, chat_history: ChatHistory) -> tuple[int, Answer]:
        """Return the answer whose turn it is in this conversation, so that one service serves several runs at once."""
        position = sum(message.role == AuthorRole.ASSISTANT for message in chat_history.messages)
        answer = answer_at(self.answers, position)
        await asyncio.sleep(answer.seconds)
        return position + 1, answer


def scripted(model: str, *answers: Answer | str | Exception) -> ScriptedService:
    """Return a service for a model of that name with these answers, first call first."""
    return ScriptedService(ai_model_id=model, service_id=model, answers=list(answers))


def _calls(position: int, answer: Answer) -> list[Any]:
    return [
        FunctionCallContent(id=f"call_{position}_{number}", index=number - 1, name=name, arguments=arguments)
        for number, (name, arguments) in enumerate(answer.calls, start=1)
    ]


def _usage(answer: Answer) -> CompletionUsage:
    return CompletionUsage(prompt_tokens=answer.input_tokens, completion_tokens=answer.output_tokens)
