"""A model that answers from a script: for demos, examples and tests, without a key and without a network."""

import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crewai import BaseLLM
from crewai.events.types.llm_events import LLMCallType
from crewai.llms.base_llm import llm_call_context

__all__ = ["ScriptedModel", "Turn"]

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer: what the model says, or which tools it calls, by name with their arguments."""

    text: str = ""
    calls: Sequence[tuple[str, dict[str, Any]]] = field(default=())
    input_tokens: int = 400
    output_tokens: int = 30
    cached: int = 0


class ScriptedModel(BaseLLM):
    """Gives its turns one after the other, and emits CrewAI's events as CrewAI's own clients do.

    Args:
        turns: The answers, in order; the last one is given again when they are used up.
        model: Name under which it is recorded.
        delay_s: Seconds that each answer takes.
    """

    turns: list[Turn] = []  # noqa: RUF012 - pydantic copies it
    delay_s: float = 0.0

    def __init__(self, *turns: Turn, model: str = "gpt-4o-mini", delay_s: float = 0.0) -> None:
        super().__init__(model=model, provider="openai")
        self.turns = list(turns)
        self.delay_s = delay_s

    def call(  # noqa: PLR0917 - CrewAI's signature
        self,
        messages: Any,
        tools: Any = None,
        callbacks: Any = None,
        available_functions: Any = None,
        from_task: Any = None,
        from_agent: Any = None,
        response_model: Any = None,
    ) -> Any:
        """Give the next turn: its text, or the tools that it asks for, as OpenAI's client would."""
        whose = {"from_task": from_task, "from_agent": from_agent}
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        number = next(_ids)
        with llm_call_context():
            self._emit_call_started_event(messages=messages, tools=tools, **whose)
            time.sleep(self.delay_s)
            answer = _tool_calls(turn, number) if turn.calls else turn.text
            usage = {
                "prompt_tokens": turn.input_tokens,
                "completion_tokens": turn.output_tokens,
                "total_tokens": turn.input_tokens + turn.output_tokens,
                "cached_prompt_tokens": turn.cached,
            }
            self._track_token_usage_internal(usage)
            self._emit_call_completed_event(
                response=answer,
                call_type=LLMCallType.TOOL_CALL if turn.calls else LLMCallType.LLM_CALL,
                messages=messages,
                usage=usage,
                finish_reason="tool_calls" if turn.calls else "stop",
                response_id=f"chatcmpl-{number}",
                **whose,
            )
        return answer

    async def acall(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the next turn."""
        return self.call(messages, *args, **kwargs)

    def get_input_tokens_count(self, *args: Any, **kwargs: Any) -> int:
        """Return what the next turn says it takes; CrewAI's own estimate would warn of itself at each call."""
        return self.turns[0].input_tokens

    def supports_function_calling(self) -> bool:
        """It asks for tools as OpenAI's models do, not in words."""
        return True


def _tool_calls(turn: Turn, number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{number}_{index}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for index, (name, arguments) in enumerate(turn.calls)
    ]
