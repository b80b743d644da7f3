"""A model that answers from a script: for programs that have to run without a network, such as demos and tests."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from typing import Any

from strands.models import Model

from agentops.scripted import Answer, answer_at

__all__ = ["Answer", "ScriptedModel"]


class ScriptedModel(Model):
    """Gives its answers in turn: ``Answer`` objects, plain texts, or exceptions, which it raises.

    Args:
        model: The name it goes by, such as ``gpt-4o-mini``.
        answers: What it answers, first call first.
    """

    def __init__(self, model: str, answers: Sequence[Answer | str | Exception]) -> None:
        self.config: dict[str, Any] = {"model_id": model}
        self._answers = list(answers)

    def update_config(self, **model_config: Any) -> None:
        """Take settings."""
        self.config.update(model_config)

    def get_config(self) -> dict[str, Any]:
        """Return the settings."""
        return self.config

    async def structured_output(
        self, output_model: Any, prompt: Any, system_prompt: str | None = None, **kwargs: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Answer with the empty model: no script needs more."""
        yield {"output": output_model()}

    async def stream(
        self, messages: Any, tool_specs: Any = None, system_prompt: str | None = None, **kwargs: Any
    ) -> AsyncIterable[Any]:
        """Give the answer whose turn it is in this conversation, so that one model serves several runs at once."""
        position = sum(message["role"] == "assistant" for message in messages)
        answer = answer_at(self._answers, position)
        await asyncio.sleep(answer.seconds)
        yield {"messageStart": {"role": "assistant"}}
        if answer.text:
            yield {"contentBlockStart": {"start": {}}}
            for number, word in enumerate(answer.text.split(" ")):
                yield {"contentBlockDelta": {"delta": {"text": f" {word}" if number else word}}}
            yield {"contentBlockStop": {}}
        for number, (name, arguments) in enumerate(answer.calls, start=1):
            call_id = f"call_{position + 1}_{number}"
            yield {"contentBlockStart": {"start": {"toolUse": {"name": name, "toolUseId": call_id}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(arguments)}}}}
            yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if answer.calls else "end_turn"}}
        tokens = {"inputTokens": answer.input_tokens, "outputTokens": answer.output_tokens}
        tokens["totalTokens"] = sum(tokens.values())
        yield {"metadata": {"usage": tokens, "metrics": {"latencyMs": int(answer.seconds * 1000)}}}
