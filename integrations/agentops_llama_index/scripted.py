"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool
from pydantic import PrivateAttr

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "LetterEmbedding", "ScriptedLLM"]


class ScriptedLLM(FunctionCallingLLM):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    model: str
    answers: list[Any]
    _turns: Iterator[int] = PrivateAttr(default_factory=itertools.count)

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception], **settings: Any) -> None:
        super().__init__(model=model, answers=list(answers), **settings)

    @classmethod
    def class_name(cls) -> str:
        """Say which model this is."""
        return "scripted_llm"

    @property
    def metadata(self) -> LLMMetadata:
        """It chats, and calls functions."""
        return LLMMetadata(model_name=self.model, is_chat_model=True, is_function_calling_model=True)

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer at once."""
        turn, answer = self._next()
        time.sleep(answer.seconds)
        return self._whole(turn, answer)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer at once."""
        turn, answer = self._next()
        await asyncio.sleep(answer.seconds)
        return self._whole(turn, answer)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer word by word."""

        def speak() -> ChatResponseGen:
            turn, answer = self._next()
            pieces = self._pieces(turn, answer)
            for piece in pieces:
                time.sleep(answer.seconds / len(pieces))
                yield piece

        return speak()

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer word by word."""

        async def speak() -> ChatResponseAsyncGen:
            turn, answer = self._next()
            pieces = self._pieces(turn, answer)
            for piece in pieces:
                await asyncio.sleep(answer.seconds / len(pieces))
                yield piece

        return speak()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Go on with a text."""
        turn, answer = self._next()
        time.sleep(answer.seconds)
        return _completion(self._whole(turn, answer))

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Go on with a text."""
        turn, answer = self._next()
        await asyncio.sleep(answer.seconds)
        return _completion(self._whole(turn, answer))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Go on with a text, word by word."""

        def speak() -> CompletionResponseGen:
            for piece in self._pieces(*self._next()):
                yield _completion(piece)

        return speak()

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Go on with a text, word by word."""

        async def speak() -> CompletionResponseAsyncGen:
            for piece in self._pieces(*self._next()):
                yield _completion(piece)

        return speak()

    def _prepare_chat_with_tools(  # noqa: PLR0917 - as LlamaIndex calls it
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the arguments of a call, as for a provider."""
        messages = list(chat_history or [])
        if user_msg is not None:
            messages.append(ChatMessage(role="user", content=user_msg) if isinstance(user_msg, str) else user_msg)
        return {"messages": messages, "tools": [tool.metadata.to_openai_tool() for tool in tools]}

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Return the tools that an answer asks for."""
        calls = response.message.additional_kwargs.get("tool_calls", [])
        if not calls and error_on_no_tool_call:
            raise ValueError("the answer calls no tool")
        return [
            ToolSelection(
                tool_id=call["id"],
                tool_name=call["function"]["name"],
                tool_kwargs=json.loads(call["function"]["arguments"]),
            )
            for call in calls
        ]

    def _next(self) -> tuple[int, Answer]:
        turn = next(self._turns)
        if turn >= len(self.answers):
            raise IndexError(f"the script of {self.model} has {len(self.answers)} answers, and this is call {turn + 1}")
        return turn + 1, answer_at(self.answers, turn)

    def _whole(self, turn: int, answer: Answer) -> ChatResponse:
        calls = [
            {
                "id": f"call_{turn}_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        beside = {"tool_calls": calls} if calls else {}
        message = ChatMessage(role=MessageRole.ASSISTANT, content=answer.text, additional_kwargs=beside)
        usage = {"prompt_tokens": answer.input_tokens, "completion_tokens": answer.output_tokens}
        choice = {"finish_reason": "tool_calls" if calls else "stop"}
        return ChatResponse(message=message, raw={"model": self.model, "choices": [choice], "usage": usage})

    def _pieces(self, turn: int, answer: Answer) -> list[ChatResponse]:
        """Cut an answer as a provider streams it: the role alone, the words, and at last calls, reason and usage."""
        raw = {"model": self.model, "choices": [{"finish_reason": None}]}
        said, pieces = "", []
        for word in ["", *answer.text.split(" ")]:
            delta = f"{' ' if said else ''}{word}"
            said += delta
            message = ChatMessage(role=MessageRole.ASSISTANT, content=said)
            pieces.append(ChatResponse(message=message, delta=delta, raw=raw))
        whole = self._whole(turn, answer)
        whole.delta = ""
        return [*pieces, whole]


def _completion(response: ChatResponse) -> CompletionResponse:
    return CompletionResponse(text=response.message.content or "", delta=response.delta, raw=response.raw)


class LetterEmbedding(BaseEmbedding):
    """Counts letters: texts of similar words get similar vectors, without a model."""

    model_name: str = "letters"

    def _get_text_embedding(self, text: str) -> list[float]:
        said = text.lower()
        # The first component keeps texts without letters from having no direction.
        return [1.0, *(float(said.count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz")]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)
