"""The conformance cases for plain programs: an agent of the user's own, written with decorators around the client."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.resources.chat.completions import AsyncCompletions as AsyncChat
from openai.resources.chat.completions import Completions as Chat
from openai.resources.completions import AsyncCompletions, Completions
from openai.resources.embeddings import AsyncEmbeddings, Embeddings
from openai.resources.responses import AsyncResponses, Responses

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


def _begin() -> list[dict[str, Any]]:
    return [{"role": "user", "content": "2 + 3?"}]


def _go_on(messages: list[dict[str, Any]], call_id: str, arguments: str) -> None:
    called = {"id": call_id, "type": "function", "function": {"name": "add", "arguments": arguments}}
    messages.append({"role": "assistant", "content": None, "tool_calls": [called]})
    messages.append({"role": "tool", "tool_call_id": call_id, "content": str(add(**json.loads(arguments)))})


class TestOpenAI(Conformance):
    integration = "openai"
    plugin = "agentops_openai.plugin"
    framework = "openai"
    server: ScriptedServer

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with scripted_server(script) as server:
            type(self).server = server
            yield

    def run(self) -> Any:
        @agentops.agent(name="calculator")
        def calculate() -> str | None:
            with openai.OpenAI(base_url=self.server.url, api_key="test") as client:
                messages: Any = _begin()
                answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOLS)
                (call,) = answer.choices[0].message.tool_calls or ()
                _go_on(messages, call.id, call.function.arguments)  # type: ignore[union-attr]
                last = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
                return last.choices[0].message.content

        return calculate()

    async def run_async(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str | None:
            async with openai.AsyncOpenAI(base_url=self.server.url, api_key="test") as client:
                messages: Any = _begin()
                answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOLS)
                (call,) = answer.choices[0].message.tool_calls or ()
                _go_on(messages, call.id, call.function.arguments)  # type: ignore[union-attr]
                last = await client.chat.completions.create(model="gpt-4o-mini", messages=messages)
                return last.choices[0].message.content

        return await calculate()

    async def run_streaming(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str:
            async with openai.AsyncOpenAI(base_url=self.server.url, api_key="test") as client:
                messages: Any = _begin()
                stream = await client.chat.completions.create(
                    model="gpt-4o-mini", messages=messages, tools=TOOLS, stream=True
                )
                calls = [call async for chunk in stream for call in chunk.choices[0].delta.tool_calls or ()]
                _go_on(messages, str(calls[0].id), str(calls[0].function.arguments))  # type: ignore[union-attr]
                last = await client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in last])

        return await calculate()

    def run_failing(self) -> Any:
        with openai.OpenAI(base_url=self.server.url, api_key="test", max_retries=0) as client:
            messages: Any = [{"role": "user", "content": "x"}]
            with scripted_server([Reply(status=400, error="bad request")]) as failing:
                client.base_url = failing.url
                return client.chat.completions.create(model="gpt-4o-mini", messages=messages)

    def patched(self) -> list[Any]:
        owners = (
            Chat,
            AsyncChat,
            Responses,
            AsyncResponses,
            Completions,
            AsyncCompletions,
            Embeddings,
            AsyncEmbeddings,
        )
        return [dict(vars(owner)) for owner in (*owners, openai.OpenAI, openai.AsyncOpenAI)]

    def test_concurrent_runs_return_what_they_return(self) -> None:
        """Streams that are read at the same time each get their own text."""

        async def several() -> list[Any]:
            return await asyncio.gather(*(self.run_streaming() for _ in range(3)))

        assert asyncio.run(several()) == ["It is 5."] * 3
