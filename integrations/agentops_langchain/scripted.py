"""A chat model that answers from a script: for demos, examples and tests, without a key and without a network."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

__all__ = ["Script", "ScriptedChatModel", "ask_for"]

Script = Sequence[AIMessage | Exception | str] | Callable[[list[BaseMessage]], AIMessage | str]


def ask_for(name: str, arguments: dict[str, Any], call_id: str) -> dict[str, Any]:
    """Return a tool call for an ``AIMessage(tool_calls=[…])``."""
    return {"name": name, "args": arguments, "id": call_id, "type": "tool_call"}


class ScriptedChatModel(BaseChatModel):
    """Answers with the script's next reply; streams it word by word when it is streamed.

    It keeps no state: which reply is next follows from how many answers the conversation holds since the user last
    spoke, so one model serves any number of concurrent conversations.
    """

    script: Any
    """Replies in order (text, message, or exception to raise), or a function from the conversation to a reply."""
    model_name: str = "gpt-4o-mini"
    provider: str = "openai"
    delay_s: float = 0.0
    """Seconds that each answer takes."""

    @property
    def _llm_type(self) -> str:
        return "scripted-chat-model"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider=self.provider, ls_model_name=self.model_name, ls_model_type="chat")

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        return {"model": self.model_name, "stop": stop, **kwargs}

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools, so that the model's requests name them as a provider's would."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        time.sleep(self.delay_s)
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        chunks = _chunks(reply)
        for chunk in chunks:
            time.sleep(self.delay_s / len(chunks))
            generation = ChatGenerationChunk(message=chunk)
            if run_manager is not None:
                run_manager.on_llm_new_token(str(chunk.content), chunk=generation)
            yield generation

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        if callable(self.script):
            reply = self.script(messages)
        else:
            turn = 0
            for message in messages:
                turn = 0 if isinstance(message, HumanMessage) else turn + isinstance(message, AIMessage)
            reply = self.script[min(turn, len(self.script) - 1)]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, str):
            reply = AIMessage(reply)
        facts = {
            "model_name": self.model_name,
            "model_provider": self.provider,
            "finish_reason": "tool_calls" if reply.tool_calls else "stop",
        }
        usage = reply.usage_metadata or _estimated_usage(messages, reply)
        answer: AIMessage = reply.model_copy(
            update={"response_metadata": {**facts, **reply.response_metadata}, "usage_metadata": usage, "id": None}
        )
        return answer


def _estimated_usage(messages: list[BaseMessage], reply: AIMessage) -> UsageMetadata:
    """A provider counts about a token per four characters."""
    asked = sum(len(str(message.content)) // 4 + 4 for message in messages)
    answered = (len(str(reply.content)) + len(str(reply.tool_calls or ""))) // 4 + 1
    usage = {"input_tokens": asked, "output_tokens": answered, "total_tokens": asked + answered}
    return cast("UsageMetadata", usage)  # mypy takes its optional keys for required ones


def _chunks(reply: AIMessage) -> list[AIMessageChunk]:
    """Cut a reply as a provider streams it: the role alone, then the content, then the finish reason and usage."""
    calls = [
        tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
        for index, call in enumerate(reply.tool_calls)
    ]
    words = [word + " " for word in str(reply.content).split(" ")] if reply.content else []
    if words:
        words[-1] = words[-1].rstrip(" ")
    return [
        AIMessageChunk(content=""),
        *(AIMessageChunk(content=word) for word in words),
        *(AIMessageChunk(content="", tool_call_chunks=[call]) for call in calls),
        AIMessageChunk(
            content="",
            response_metadata=reply.response_metadata,
            usage_metadata=reply.usage_metadata,
            chunk_position="last",
        ),
    ]
