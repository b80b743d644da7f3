"""The conformance cases for plain programs: an agent of the user's own around litellm, which asks a scripted server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litellm import acompletion, completion, main
from litellm.responses import main as responses_main

import agentops
from agentops.testing.conformance import Conformance
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

TOOLS: Any = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]


def script(body: dict[str, Any]) -> Reply:
    if body["messages"][-1]["role"] == "tool":
        return Reply("It is 5.", input_tokens=130, output_tokens=8)
    return Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)


@agentops.tool
def add(a: int, b: int) -> int:
    return a + b


def _begin() -> Any:
    return [{"role": "user", "content": "2 + 3?"}]


def _go_on(messages: Any, call_id: Any, arguments: Any) -> None:
    called = {"id": call_id, "type": "function", "function": {"name": "add", "arguments": arguments}}
    messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
    messages.append({"role": "tool", "tool_call_id": call_id, "content": str(add(**json.loads(arguments)))})


class TestLiteLLM(Conformance):
    integration = "litellm"
    plugin = "agentops_litellm.plugin"
    framework = "litellm"
    server: ScriptedServer

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with scripted_server(script) as server:
            type(self).server = server
            yield

    def _options(self) -> Any:
        return {"model": "openai/gpt-4o-mini", "api_base": self.server.url, "api_key": "test", "messages": _begin()}

    def run(self) -> Any:
        @agentops.agent(name="calculator")
        def calculate() -> str:
            options = self._options()
            (call,) = completion(**options, tools=TOOLS).choices[0].message.tool_calls  # type: ignore[union-attr]
            _go_on(options["messages"], call.id, call.function.arguments)
            return str(completion(**options).choices[0].message.content)  # type: ignore[union-attr]

        return calculate()

    async def run_async(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str:
            options = self._options()
            answer: Any = await acompletion(**options, tools=TOOLS)
            (call,) = answer.choices[0].message.tool_calls
            _go_on(options["messages"], call.id, call.function.arguments)
            last: Any = await acompletion(**options)
            return str(last.choices[0].message.content)

        return await calculate()

    async def run_streaming(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str:
            options = self._options()
            stream: Any = await acompletion(**options, tools=TOOLS, stream=True)
            calls = [call async for chunk in stream for call in chunk.choices[0].delta.tool_calls or ()]
            _go_on(options["messages"], calls[0].id, "".join(call.function.arguments or "" for call in calls))
            last: Any = await acompletion(**options, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in last])

        return await calculate()

    def run_failing(self) -> Any:
        with scripted_server([Reply(status=400, error="bad request")]) as failing:
            return completion(**{**self._options(), "api_base": failing.url})

    def patched(self) -> list[Any]:
        functions: Any = (main.completion, main.acompletion, main.embedding, main.aembedding)
        inner = [*functions, responses_main.responses, responses_main.aresponses]
        cells = [dict(zip(each.__code__.co_freevars, each.__closure__, strict=True)) for each in inner]
        return [*inner, *(cell["original_function"].cell_contents for cell in cells)]
