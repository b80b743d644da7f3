"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogen_core import CancellationToken, FunctionCall
from autogen_core.models import (
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelInfo,
    RequestUsage,
)
from autogen_core.tools import Tool, ToolSchema

__all__ = ["Answer", "ScriptedModel"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a model: a text, or tool calls as ``(name, arguments as JSON)``.

    ``seconds`` is how long the model takes.
    """

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    thought: str | None = None
    input_tokens: int = 10
    output_tokens: int = 5
    seconds: float = 0.0


class ScriptedModel(ChatCompletionClient):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    def __init__(self, model: str, answers: Iterable[Answer | str | BaseException]) -> None:
        self.model = model
        self._answers = list(answers)
        self._given = 0
        self._usage = RequestUsage(0, 0)

    async def create(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Any = "auto",
        json_output: Any = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        """Give the next answer."""
        answer = self._next()
        work = asyncio.ensure_future(asyncio.sleep(answer.seconds))
        if cancellation_token is not None:
            cancellation_token.link_future(work)
        await work
        return self._result(answer)

    async def create_stream(
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Any = "auto",
        json_output: Any = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Give the next answer word by word, and then the whole of it."""
        answer = self._next()
        words = answer.text.split(" ") if answer.text else []
        for position, word in enumerate(words):
            await asyncio.sleep(answer.seconds / len(words))
            yield word if position == 0 else f" {word}"
        yield self._result(answer)

    def _next(self) -> Answer:
        if self._given >= len(self._answers):
            raise IndexError(f"the script of {self.model} has {self._given} answers, and one more was asked for")
        answer = self._answers[self._given]
        self._given += 1
        if isinstance(answer, BaseException):
            raise answer
        return Answer(text=answer) if isinstance(answer, str) else answer

    def _result(self, answer: Answer) -> CreateResult:
        usage = RequestUsage(answer.input_tokens, answer.output_tokens)
        total = self._usage
        self._usage = RequestUsage(
            total.prompt_tokens + usage.prompt_tokens, total.completion_tokens + usage.completion_tokens
        )
        calls = [
            FunctionCall(id=f"call_{self._given}_{position}", name=name, arguments=arguments)
            for position, (name, arguments) in enumerate(answer.calls, start=1)
        ]
        return CreateResult(
            finish_reason="function_calls" if calls else "stop",
            content=calls or answer.text,
            usage=usage,
            cached=False,
            thought=answer.thought,
        )

    async def close(self) -> None:
        """Nothing is open."""

    def actual_usage(self) -> RequestUsage:
        """Return the tokens of all answers so far."""
        return self._usage

    def total_usage(self) -> RequestUsage:
        """Return the tokens of all answers so far."""
        return self._usage

    def count_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Return none: what the answers cost is in the script."""
        return 0

    def remaining_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Return more than any script needs."""
        return 100_000

    @property
    def capabilities(self) -> Any:
        """The same as ``model_info``, under its old name."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """It can do what the script says."""
        return ModelInfo(
            vision=True,
            function_calling=True,
            json_output=True,
            family="unknown",
            structured_output=True,
            multiple_system_messages=True,
        )
