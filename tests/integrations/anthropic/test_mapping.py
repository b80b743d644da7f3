"""What stands on the span of a model call: sync and async, whole, streamed and left early."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

import agentops
from agentops import Recorder
from agentops.messages import message
from agentops.sdk.span import Span
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

OPTIONS: Any = {
    "model": "claude-haiku-4-5",
    "max_tokens": 99,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Where is Rome?"}],
}
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "In Italy."}], "finish_reason": "stop"}]
WHOLE = {
    "gen_ai.request.model": "claude-haiku-4-5",
    "gen_ai.request.max_tokens": 99,
    "gen_ai.provider.name": "anthropic",
    "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Where is Rome?"}]}],
    "gen_ai.output.messages": SAID,
    "gen_ai.response.model": "claude-haiku-4-5",
    "gen_ai.response.id": "msg_1",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 40,
    "gen_ai.usage.output_tokens": 12,
    "gen_ai.usage.cache_read.input_tokens": 32,
    "gen_ai.usage.cache_creation.input_tokens": 5,
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    reply = Reply("In Italy.", input_tokens=40, output_tokens=12, cached=32, cache_write=5)
    with scripted_server(lambda body: reply) as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=server.origin, api_key="test") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    with recording():
        agentops.enable("anthropic")
    yield
    agentops.disable("anthropic")


@pytest.fixture
def recorded() -> Iterator[Recording]:
    with recording() as block:
        yield block
    check_tree(block)


def _only(recorded: Recording) -> Span:
    (span,) = recorded.find("llm")
    return span


def _streamed(span: Span) -> dict[str, object]:
    attributes = dict(span.attributes)
    seconds = attributes.pop("gen_ai.response.time_to_first_chunk")
    assert isinstance(seconds, float)
    assert seconds > 0
    assert attributes.pop("gen_ai.request.stream") is True
    return attributes


def test_whole_answer(recorded: Recording, client: anthropic.Anthropic) -> None:
    """Messages, system prompt, parameters, and tokens by class: what was cached is part of the input."""
    client.messages.create(**OPTIONS)
    assert dict(_only(recorded).attributes) == WHOLE


@pytest.mark.parametrize("way", ["create", "stream", "text", "final message", "beta"])
def test_streams(recorded: Recording, client: anthropic.Anthropic, way: str) -> None:
    """Every way to stream gives one span with the same on it, and the time to the first text."""
    if way in {"create", "beta"}:
        messages: Any = client.messages if way == "create" else client.beta.messages
        assert len(list(messages.create(**OPTIONS, stream=True))) == 7
    else:
        with client.messages.stream(**OPTIONS) as stream:
            if way == "stream":
                assert [event.type for event in stream][-1] == "message_stop"
            elif way == "text":
                assert "".join(stream.text_stream) == "In Italy."
            else:
                assert stream.get_final_message().usage.output_tokens == 12
    assert _streamed(_only(recorded)) == WHOLE


def test_async(recorded: Recording, server: ScriptedServer) -> None:
    """Asynchronous calls and both kinds of stream hold the same."""

    async def ask() -> None:
        async with anthropic.AsyncAnthropic(base_url=server.origin, api_key="test") as client:
            await client.messages.create(**OPTIONS)
            assert len([event async for event in await client.messages.create(**OPTIONS, stream=True)]) == 7
            async with client.messages.stream(**OPTIONS) as stream:
                assert await stream.get_final_text() == "In Italy."

    asyncio.run(ask())
    whole, *streamed = recorded.find("llm")
    assert dict(whole.attributes) == WHOLE
    assert [_streamed(span) for span in streamed] == [{**WHOLE, "gen_ai.response.id": f"msg_{n}"} for n in (2, 3)]


def test_tools_and_their_results(recorded: Recording) -> None:
    """Tool calls are read alike from whole and streamed answers, and results from requests."""
    tools = [{"name": "add", "description": "Add.", "input_schema": {"type": "object", "properties": {}}}]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "3"}]}
    called = {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}
    asked: Any = [
        {"role": "user", "content": [{"type": "text", "text": "1 + 2?"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "s"}, called]},
        {"role": "user", "content": [result]},
    ]
    options = {**OPTIONS, "messages": asked, "tools": tools}
    reply = Reply("Next.", calls=[("add", {"a": 3, "b": 4})])
    with (
        scripted_server([reply, reply]) as server,
        anthropic.Anthropic(base_url=server.origin, api_key="test") as client,
    ):
        client.messages.create(**options)
        list(client.messages.create(**options, stream=True))
    whole, streamed = recorded.find("llm")
    assert whole.input == [
        {"role": "user", "parts": [{"type": "text", "content": "1 + 2?"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm"},
                {"type": "tool_call", "id": "t1", "name": "add", "arguments": {"a": 1}},
            ],
        },
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1", "response": "3"}]},
    ]
    for number, span in enumerate((whole, streamed), 1):
        call = {"type": "tool_call", "id": f"toolu_{number}_0", "name": "add", "arguments": {"a": 3, "b": 4}}
        assert span.output == [
            {"role": "assistant", "parts": [{"type": "text", "content": "Next."}, call], "finish_reason": "tool_calls"}
        ]
        assert span.attributes["gen_ai.tool.definitions"] == tools


@pytest.mark.parametrize("way", ["close", "break", "manager"])
def test_stream_that_is_left_early(recorded: Recording, client: anthropic.Anthropic, way: str) -> None:
    """What came until then is kept, with the tokens known by then, and nothing is left open."""

    def read() -> None:
        if way == "manager":
            with client.messages.stream(**OPTIONS) as events:
                next(text for text in events.text_stream if text)
            return
        stream = client.messages.create(**OPTIONS, stream=True)
        for event in stream:
            if event.type == "content_block_delta":
                break
        if way == "close":
            stream.close()

    read()
    gc.collect()
    span = _only(recorded)
    assert (span.status, span.attributes["agentops.span.closed_early"]) == ("ok", True)
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "In "}]}]
    assert span.attributes["gen_ai.usage.input_tokens"] == 40


@pytest.mark.parametrize("way", ["create", "stream"])
def test_retries_and_failure(recorded: Recording, way: str) -> None:
    """Requests that are sent again are one span with their number, and the last error is its error, unchanged."""
    fails = Reply(status=529, error="overloaded", headers={"retry-after-ms": "1"})
    with (
        scripted_server([fails, Reply("At last."), fails, fails]) as server,
        anthropic.Anthropic(base_url=server.origin, api_key="test", max_retries=1) as client,
    ):

        def ask() -> None:
            if way == "create":
                client.messages.create(**OPTIONS)
                return
            with client.messages.stream(**OPTIONS) as stream:
                stream.until_done()

        ask()
        with pytest.raises(anthropic.APIStatusError, match="overloaded") as raised:
            ask()
    good, bad = recorded.find("llm")
    assert (good.status, good.attributes["agentops.llm.http_retries"]) == ("ok", 1)
    assert bad.error is not None
    assert (bad.status, bad.attributes["agentops.llm.http_retries"]) == ("error", 1)
    assert bad.error.type.endswith(type(raised.value).__qualname__)


def test_manager_that_is_never_entered(recorded: Recording, client: anthropic.Anthropic) -> None:
    """A stream that is prepared and not sent is no call."""
    client.messages.stream(**OPTIONS)
    assert recorded.find("llm") == []


def test_raw_response(recorded: Recording, client: anthropic.Anthropic) -> None:
    """``with_raw_response`` gives the caller the same object and us the answer in it."""
    raw = client.messages.with_raw_response.create(**OPTIONS)
    parsed: Any = raw.parse()
    assert parsed.content[0].text == "In Italy."
    assert dict(_only(recorded).attributes) == WHOLE


def test_async_raw_response(recorded: Recording, server: ScriptedServer) -> None:
    """The same asynchronously, also if its reader looks at the headers only."""

    async def ask() -> None:
        async with anthropic.AsyncAnthropic(base_url=server.origin, api_key="test") as client:
            raw = await client.messages.with_raw_response.create(**OPTIONS)
            assert raw.headers["content-type"] == "application/json"

    asyncio.run(ask())
    assert dict(_only(recorded).attributes) == WHOLE


def test_streaming_response(recorded: Recording, client: anthropic.Anthropic) -> None:
    """``with_streaming_response`` leaves the body to the program; read as an object it is known to us too."""
    with client.messages.with_streaming_response.create(**OPTIONS) as response:
        assert "In Italy." in "".join(response.iter_text())
    with client.messages.with_streaming_response.create(**OPTIONS) as response:
        response.parse()
    unread, read = recorded.find("llm")
    assert (unread.status, unread.output) == ("ok", None)
    assert read.output == SAID


def test_inside_a_frameworks_span(recorded: Recording, client: anthropic.Anthropic) -> None:
    """A call for which a framework has a span open fills that span in, and adds none."""
    framework = Recorder("framework")
    with framework.span("agent", "guide"):
        span = framework.start("llm", "claude-haiku-4-5", input=[message("user", "Where is Rome?")])
        assert span is not None
        client.messages.create(**OPTIONS)
        framework.end(span)
    assert recorded.outline().splitlines()[1:] == ["  agent guide", "    llm claude-haiku-4-5"]
    assert (span.origin, span.output) == ("framework", SAID)
