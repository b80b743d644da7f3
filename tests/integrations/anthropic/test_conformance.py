"""The conformance cases for plain programs: an agent of the user's own, written with decorators around the client."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic._base_client import AsyncAPIClient, SyncAPIClient
from anthropic.resources.beta.messages import AsyncMessages as AsyncBetaMessages
from anthropic.resources.beta.messages import Messages as BetaMessages
from anthropic.resources.messages import AsyncMessages, Messages

import agentops
from agentops.testing.conformance import Conformance
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

TOOLS: Any = [{"name": "add", "input_schema": {"type": "object", "properties": {}}}]


def script(body: dict[str, Any]) -> Reply:
    if isinstance(body["messages"][-1]["content"], list):
        return Reply("It is 5.", input_tokens=130, output_tokens=8)
    return Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)


@agentops.tool
def add(a: int, b: int) -> int:
    return a + b


def _begin() -> Any:
    return [{"role": "user", "content": "2 + 3?"}]


def _go_on(messages: Any, answer: Any) -> None:
    (call,) = answer.content
    result = {"type": "tool_result", "tool_use_id": call.id, "content": str(add(**call.input))}
    messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]


class TestAnthropic(Conformance):
    integration = "anthropic"
    plugin = "agentops_anthropic.plugin"
    framework = "anthropic"
    server: ScriptedServer

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with scripted_server(script) as server:
            type(self).server = server
            yield

    def run(self) -> Any:
        @agentops.agent(name="calculator")
        def calculate() -> str:
            with anthropic.Anthropic(base_url=self.server.origin, api_key="test") as client:
                options: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": _begin()}
                _go_on(options["messages"], client.messages.create(**options, tools=TOOLS))
                return str(client.messages.create(**options).content[0].text)

        return calculate()

    async def run_async(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str:
            async with anthropic.AsyncAnthropic(base_url=self.server.origin, api_key="test") as client:
                options: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": _begin()}
                _go_on(options["messages"], await client.messages.create(**options, tools=TOOLS))
                return str((await client.messages.create(**options)).content[0].text)

        return await calculate()

    async def run_streaming(self) -> Any:
        @agentops.agent(name="calculator")
        async def calculate() -> str:
            async with anthropic.AsyncAnthropic(base_url=self.server.origin, api_key="test") as client:
                options: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": _begin()}
                async with client.messages.stream(**options, tools=TOOLS) as stream:
                    _go_on(options["messages"], await stream.get_final_message())
                async with client.messages.stream(**options) as stream:
                    return "".join([text async for text in stream.text_stream])

        return await calculate()

    def run_failing(self) -> Any:
        with (
            scripted_server([Reply(status=400, error="bad request")]) as failing,
            anthropic.Anthropic(base_url=failing.origin, api_key="test", max_retries=0) as client,
        ):
            return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=_begin())

    def patched(self) -> list[Any]:
        owners = (Messages, AsyncMessages, BetaMessages, AsyncBetaMessages, SyncAPIClient, AsyncAPIClient)
        return [dict(vars(owner)) for owner in owners]
