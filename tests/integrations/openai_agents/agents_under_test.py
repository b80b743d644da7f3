"""The agents that the tests run: the SDK's own runner and HTTP client, against a scripted server on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
from agents.run import RunConfig
from openai import AsyncOpenAI

from tests.integrations.scripted_server import Reply

__all__ = ["ask", "ask_streaming", "calculator", "calculator_script", "client_of", "last_is_tool_result", "model_of"]


@function_tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@function_tool(failure_error_function=None)
def divide(a: int, b: int) -> float:
    """Divide a by b."""
    return a / b


def last_is_tool_result(body: dict[str, Any]) -> bool:
    """Whether a request hands a tool's result to the model."""
    last = (body.get("input") or body.get("messages"))[-1]
    return last.get("role") == "tool" or last.get("type") == "function_call_output"


def calculator_script(body: dict[str, Any]) -> Reply:
    """Call the first tool once, then say the answer."""
    if last_is_tool_result(body):
        return Reply("The answer is 5.", input_tokens=130, output_tokens=8, cached=64)
    tool = body["tools"][0]
    name = tool.get("name") or tool["function"]["name"]
    return Reply(
        calls=[(name, {"a": 2, "b": 3 if name == "add" else 0})], input_tokens=90, output_tokens=16, reasoning=6
    )


@asynccontextmanager
async def client_of(url: str, **options: Any) -> AsyncIterator[AsyncOpenAI]:
    """Open a client, and close it in the loop that used it."""
    client = AsyncOpenAI(base_url=url, api_key="test", **options)
    try:
        yield client
    finally:
        await client.close()


def model_of(client: AsyncOpenAI, *, uses_chat: bool = False) -> Any:
    """Return the model ``gpt-4o-mini``, of the Responses API or of chat completions."""
    kind: Callable[..., Any] = OpenAIChatCompletionsModel if uses_chat else OpenAIResponsesModel
    return kind("gpt-4o-mini", openai_client=client)


def calculator(model: Any, tool: Any = add) -> Agent[Any]:
    """Return an agent with one tool."""
    return Agent(
        name="calculator",
        instructions="Do the sums.",
        model=model,
        tools=[tool],
        model_settings=ModelSettings(temperature=0.2),
    )


async def ask(url: str, *, tool: Any = add, uses_chat: bool = False, **config: Any) -> Any:
    """Run the calculator once."""
    async with client_of(url) as client:
        agent = calculator(model_of(client, uses_chat=uses_chat), tool)
        result = await Runner.run(agent, "What is 2 + 3?", run_config=RunConfig(**config))
        return result.final_output


async def ask_streaming(url: str, *, uses_chat: bool = False, stops_after: int | None = None, **config: Any) -> Any:
    """Run the calculator with streaming, to the end or for a number of events."""
    async with client_of(url) as client:
        agent = calculator(model_of(client, uses_chat=uses_chat))
        result = Runner.run_streamed(agent, "What is 2 + 3?", run_config=RunConfig(**config))
        count = 0
        async for _ in result.stream_events():
            count += 1
            if count == stops_after:
                result.cancel()
                break
        if stops_after is not None:
            await asyncio.sleep(0.05)
        return result.final_output
