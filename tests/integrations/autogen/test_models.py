"""Model calls are recorded once, with what went in, what came out, and the tokens that the model reported."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from autogen_core import CacheStore, FunctionCall, Image, InMemoryStore
from autogen_core.models import (
    AssistantMessage,
    CreateResult,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    SystemMessage,
    UserMessage,
)
from autogen_core.tools import FunctionTool
from autogen_ext.models.cache import ChatCompletionCache
from autogen_ext.models.openai import OpenAIChatCompletionClient
from PIL import Image as Picture

import agentops
from agentops.semconv import GenAI
from agentops.semconv import Span as Attr
from agentops.testing import Recording, recording
from agentops_autogen.scripted import Answer, ScriptedModel
from tests.integrations.autogen.runs import add, agent, call, check, model, pair
from tests.integrations.scripted_server import Reply, scripted_server

ASKED = [UserMessage(content="What is 1 + 2?", source="user")]
INFO = {"vision": True, "function_calling": True, "json_output": True, "family": "gpt-4o", "structured_output": True}


def test_messages_of_every_kind(recorded: Recording) -> None:
    """Who said what, what was asked of tools and what they gave back, in the order of the conversation."""
    messages = [
        SystemMessage(content="Be brief."),
        UserMessage(content=["Look at this:", Image(Picture.new("RGB", (4, 3)))], source="editor"),
        AssistantMessage(
            content=[FunctionCall(id="1", name="add", arguments='{"a": 1}')], thought="Let me add.", source="clerk"
        ),
        FunctionExecutionResultMessage(
            content=[FunctionExecutionResult(content="3", name="add", call_id="1", is_error=False)]
        ),
        AssistantMessage(content="It is 3.", source="assistant"),
    ]
    answer = Answer(calls=[("add", '{"a": 3}')], thought="Once more.")
    tool = FunctionTool(add, description="Add two numbers.")
    asyncio.run(model(answer).create(messages, tools=[tool, tool.schema]))
    check(recorded)
    [llm] = recorded.find("llm")
    assert llm.input == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {
            "role": "user",
            "name": "editor",
            "parts": [
                {"type": "text", "content": "Look at this:"},
                {"type": "text", "content": "[image, 4×3 pixels]"},
            ],
        },
        {
            "role": "assistant",
            "name": "clerk",
            "parts": [
                {"type": "reasoning", "content": "Let me add."},
                {"type": "tool_call", "id": "1", "name": "add", "arguments": {"a": 1}},
            ],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "3"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "It is 3."}]},
    ]
    assert llm.output == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Once more."},
                {"type": "tool_call", "id": "call_1_1", "name": "add", "arguments": {"a": 3}},
            ],
            "finish_reason": "tool_calls",
        }
    ]
    definitions: Any = llm.attributes[GenAI.TOOL_DEFINITIONS]
    assert [(item["type"], item["name"], item["description"]) for item in definitions] == 2 * [
        ("function", "add", "Add two numbers.")
    ]
    assert definitions[0]["parameters"]["required"] == ["a", "b"]


def test_tokens_are_those_that_the_model_reported_once(recorded: Recording) -> None:
    """They stand on the model calls, and nowhere else."""
    researcher = agent(
        "researcher",
        [call(("add", '{"a": 1, "b": 2}'), input_tokens=311, output_tokens=17), Answer(text="3", input_tokens=340)],
        tools=[add],
        reflect_on_tool_use=True,
    )
    asyncio.run(researcher.run(task="What is 1 + 2?"))
    check(recorded)
    found = [
        (span.kind, span.attributes[GenAI.USAGE_INPUT_TOKENS], span.attributes[GenAI.USAGE_OUTPUT_TOKENS])
        for span in recorded.spans
        if GenAI.USAGE_INPUT_TOKENS in span.attributes
    ]
    assert found == [("llm", 311, 17), ("llm", 340, 5)]


def test_usage_that_nobody_reported_is_unknown(recorded: Recording) -> None:
    """AutoGen says 0 and 0 for it."""
    asyncio.run(model(Answer(text="Hi", input_tokens=0, output_tokens=0)).create(ASKED))
    check(recorded)
    assert GenAI.USAGE_INPUT_TOKENS not in recorded.find("llm")[0].attributes


def test_a_stream_is_one_call(recorded: Recording) -> None:
    """With the time to the first chunk, and the whole answer."""

    async def run() -> None:
        async for _ in model(Answer(text="One two three.", input_tokens=7)).create_stream(ASKED):
            assert agentops.current_span() is None

    asyncio.run(run())
    check(recorded)
    [llm] = recorded.find("llm")
    assert llm.output == [
        {"role": "assistant", "parts": [{"type": "text", "content": "One two three."}], "finish_reason": "stop"}
    ]
    assert llm.attributes[GenAI.USAGE_INPUT_TOKENS] == 7
    assert llm.attributes[GenAI.REQUEST_STREAM] is True
    seconds: Any = llm.attributes[GenAI.RESPONSE_TIME_TO_FIRST_CHUNK]
    assert 0 < seconds < (llm.end_ns - llm.start_ns) / 1e9


def test_a_stream_that_is_left_has_no_answer(recorded: Recording) -> None:
    """Who stops before the end never learns what it cost."""

    async def run() -> None:
        stream = model("One two three.").create_stream(ASKED)
        await anext(stream)
        await stream.aclose()

    asyncio.run(run())
    check(recorded)
    [llm] = recorded.find("llm")
    assert llm.attributes[Attr.CLOSED_EARLY] is True
    assert llm.output is None


def test_a_call_that_does_not_fit_fails_where_it_fails_without_us(recorded: Recording) -> None:
    """A stream that lacks its messages raises at once, not at its first step, and is no call."""
    with pytest.raises(TypeError, match="messages"):
        model("Never.").create_stream()  # type: ignore[call-arg]
    assert recorded.find("llm") == []


def test_a_cached_answer_costs_nothing(recorded: Recording) -> None:
    """A caching client and the client in it are one call; what comes from the cache has no tokens."""
    store: CacheStore[Any] = InMemoryStore()
    client = ChatCompletionCache(model("Three."), store)

    async def run() -> None:
        for _ in range(2):
            assert (await client.create(ASKED)).content == "Three."

    asyncio.run(run())
    assert check(recorded) == "session default\n  llm gpt-4o-mini\n  llm gpt-4o-mini"
    [called, cached] = recorded.find("llm")
    assert called.attributes[GenAI.USAGE_INPUT_TOKENS] == 10
    assert GenAI.USAGE_INPUT_TOKENS not in cached.attributes
    assert [name for name, *_ in cached.events or ()] == ["cache_hit"]
    assert called.output == cached.output


def test_what_cannot_be_described_is_recorded_without() -> None:
    """A tool whose schema raises, and an answer of another kind: the call is whole, and the program is not told."""

    class Unreadable(FunctionTool):
        @property
        def schema(self) -> Any:
            raise RuntimeError("no schema today")

    class Odd(ScriptedModel):
        async def create(self, *args: Any, **kwargs: Any) -> Any:
            result = await super().create(*args, **kwargs)
            return result.model_copy(update={"content": [3]})

    with recording(is_loud=False) as recorded:
        agentops.enable("autogen")
        tools = [Unreadable(add, description="Add.")]
        result = asyncio.run(Odd("gpt-4o-mini", ["Three."]).create(ASKED, tools=tools))
    agentops.disable("autogen")
    assert result.content == [3]
    assert check(recorded) == "session default\n  llm gpt-4o-mini"


class Loud(ScriptedModel):
    """A client of a user's own that builds on another, and gives an iterator that is no generator."""

    async def create(self, *args: Any, **kwargs: Any) -> CreateResult:
        result = await super().create(*args, **kwargs)
        return result.model_copy(update={"content": str(result.content).upper()})

    def create_stream(self, *args: Any, **kwargs: Any) -> AsyncGenerator[str | CreateResult, None]:
        return Items(super().create_stream(*args, **kwargs))  # type: ignore[return-value]


class Items:
    """An asynchronous iterator, and no more."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __aiter__(self) -> "Items":
        return self

    async def __anext__(self) -> Any:
        return await anext(self.inner)


def test_a_client_of_a_users_own(recorded: Recording) -> None:
    """What it inherits is not recorded a second time."""

    async def run() -> list[Any]:
        client = Loud("gpt-4o-mini", ["Three.", "Four."])
        whole = (await client.create(ASKED)).content
        return [whole, *[item async for item in client.create_stream(ASKED)]]

    result = asyncio.run(run())
    assert [item if isinstance(item, str) else item.content for item in result] == ["THREE.", "Four.", "Four."]
    assert check(recorded) == "session default\n  llm gpt-4o-mini\n  llm gpt-4o-mini"
    assert [span.output[0]["parts"][0]["content"] for span in recorded.find("llm")] == ["THREE.", "Four."]  # type: ignore[index]


def client_of(url: str, **settings: Any) -> OpenAIChatCompletionClient:
    return OpenAIChatCompletionClient(
        model="gpt-4o-mini", base_url=url, api_key="none", model_info=INFO, max_retries=0, **settings
    )


@pytest.mark.parametrize("streams", [False, True])
def test_a_real_client_over_http(recorded: Recording, streams: bool) -> None:
    """AutoGen's OpenAI client, whole and streamed: what was asked for, and what came back."""
    settings: dict[str, Any] = {"stream_options": {"include_usage": True}} if streams else {}
    script = [Reply(calls=[("add", {"a": 1, "b": 2})], input_tokens=80, output_tokens=12), Reply(text="It is 3.")]

    async def run(url: str) -> None:
        client = client_of(url, temperature=0.2, max_tokens=64, seed=7, stop=["END"], **settings)
        clerk = agent("clerk", tools=[add], reflect_on_tool_use=True, model_client_stream=streams)
        clerk._model_client = client
        await clerk.run(task="What is 1 + 2?")
        await client.close()

    with scripted_server(script) as server:
        asyncio.run(run(server.url))
    assert (
        check(recorded)
        == """\
session default
  agent clerk
    llm gpt-4o-mini
    tool add
    llm gpt-4o-mini"""
    )
    first, second = recorded.find("llm")
    assert first.attributes[GenAI.PROVIDER_NAME] == "openai"
    assert first.attributes[GenAI.REQUEST_TEMPERATURE] == 0.2
    assert first.attributes[GenAI.REQUEST_MAX_TOKENS] == 64
    assert first.attributes[GenAI.REQUEST_SEED] == 7
    assert first.attributes[GenAI.REQUEST_STOP_SEQUENCES] == ("END",)
    assert first.attributes[GenAI.RESPONSE_FINISH_REASONS] == ("tool_calls",)
    used = [
        (span.attributes[GenAI.USAGE_INPUT_TOKENS], span.attributes[GenAI.USAGE_OUTPUT_TOKENS])
        for span in (first, second)
    ]
    assert used == [(80, 12), (100, 20)]
    assert second.output[0]["parts"] == [{"type": "text", "content": "It is 3."}]  # type: ignore[index]


@pytest.mark.parametrize("streams", [False, True])
def test_what_the_provider_reports_is_added_to_the_same_call(recorded: Recording, streams: bool) -> None:
    """Beside the ``openai`` integration a call is one call, with the cached tokens that AutoGen leaves out."""

    async def run(url: str) -> None:
        client = client_of(url, stream_options={"include_usage": True}) if streams else client_of(url)
        clerk = agent("clerk", model_client_stream=streams)
        clerk._model_client = client
        await clerk.run(task="What is 1 + 2?")
        await client.close()

    try:
        agentops.enable("openai")
    except agentops.PluginError as error:
        pytest.skip(f"calls of its day's openai library are its own alone: {str(error).partition(';')[0]}")
    try:
        with scripted_server([Reply(text="It is 3.", input_tokens=80, cached=64, output_tokens=9)]) as server:
            asyncio.run(run(server.url))
    finally:
        agentops.disable("openai")
    assert check(recorded) == "session default\n  agent clerk\n    llm gpt-4o-mini"
    [llm] = recorded.find("llm")
    assert llm.attributes[GenAI.USAGE_INPUT_TOKENS] == 80
    assert llm.attributes[GenAI.USAGE_CACHE_READ] == 64
    assert llm.attributes[GenAI.RESPONSE_MODEL] == "gpt-4o-mini-2024-07-18"
    assert llm.origin == "autogen"


def test_a_providers_error_passes_through(recorded: Recording) -> None:
    """The client's own exception, with its type and stack on the call."""

    async def run(url: str) -> None:
        client = client_of(url)
        try:
            await client.create(ASKED)
        finally:
            await client.close()

    with scripted_server([Reply(status=429, error="slow down")]) as server, pytest.raises(Exception, match="slow down"):
        asyncio.run(run(server.url))
    assert check(recorded) == "session default\n  llm gpt-4o-mini [error openai.RateLimitError]"
    [llm] = recorded.find("llm")
    assert llm.error is not None
    assert llm.error.stack is not None


def test_without_content_nothing_that_was_said_is_kept() -> None:
    """Structure, tokens and models remain."""
    with recording(capture_content="off") as recorded:
        agentops.enable("autogen")
        asyncio.run(pair().run(task="A secret."))
    agentops.disable("autogen")
    assert len(recorded.find("llm")) == 3
    for span in recorded.spans:
        assert (span.input, span.output) == (None, None)
        assert "secret" not in str(span.attributes)
