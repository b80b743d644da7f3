"""What stands on the span of a model call, for each endpoint, sync and async, whole, streamed and left early."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

import agentops
from agentops import Recorder
from agentops.messages import message
from agentops.sdk.span import Span
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

ASKED: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is Rome?"}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "In Italy."}], "finish_reason": "stop"}]
USAGE = {
    "gen_ai.usage.input_tokens": 40,
    "gen_ai.usage.output_tokens": 12,
    "gen_ai.usage.cache_read.input_tokens": 32,
    "gen_ai.usage.reasoning.output_tokens": 5,
}


def _reply(_: dict[str, Any]) -> Reply:
    return Reply("In Italy.", input_tokens=40, output_tokens=12, cached=32, reasoning=5)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(_reply) as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="test", max_retries=2) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    with recording():
        agentops.enable("openai")
    yield
    agentops.disable("openai")


@pytest.fixture
def recorded() -> Iterator[Recording]:
    with recording() as block:
        yield block
    check_tree(block)


def _only(recorded: Recording, kind: str = "llm") -> Span:
    (span,) = recorded.find(kind)
    return span


def _without_time(span: Span) -> dict[str, object]:
    """Return a span's attributes; the time to the first chunk is checked to be there, and left out."""
    attributes = dict(span.attributes)
    seconds = attributes.pop("gen_ai.response.time_to_first_chunk", None)
    assert seconds is None or (isinstance(seconds, float) and seconds > 0)
    assert (seconds is not None) == bool(attributes.get("gen_ai.request.stream"))
    return attributes


CHAT = {
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.input.messages": [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Where is Rome?"}]},
    ],
    "gen_ai.output.messages": SAID,
    **USAGE,
}


def test_chat(recorded: Recording, client: openai.OpenAI) -> None:
    """Messages, parameters, model, id, finish reason and tokens by class."""
    client.chat.completions.create(
        model="gpt-4o-mini", messages=ASKED, temperature=0.5, max_completion_tokens=99, seed=7, stop=["\n"], top_p=None
    )
    span = _only(recorded)
    assert (span.kind, span.name, span.status) == ("llm", "gpt-4o-mini", "ok")
    assert _without_time(span) == {
        **CHAT,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("\n",),
    }


def test_chat_stream(recorded: Recording, client: openai.OpenAI) -> None:
    """A stream that is read to its end holds the same, and the time to the first piece of text."""
    stream = client.chat.completions.create(
        model="gpt-4o-mini", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    assert isinstance(stream, openai.Stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == "In Italy."
    assert _without_time(_only(recorded)) == {**CHAT, "gen_ai.request.stream": True}


def test_chat_async(recorded: Recording, server: ScriptedServer) -> None:
    """Asynchronous calls and streams hold the same."""

    async def ask() -> None:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="test") as client:
            await client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
            stream = await client.chat.completions.create(
                model="gpt-4o-mini", messages=ASKED, stream=True, stream_options={"include_usage": True}
            )
            assert isinstance(stream, openai.AsyncStream)
            assert [chunk.choices[0].delta.content async for chunk in stream if chunk.choices][1:3] == ["In ", "Italy."]

    asyncio.run(ask())
    whole, streamed = recorded.find("llm")
    assert _without_time(whole) == CHAT
    assert _without_time(streamed) == {**CHAT, "gen_ai.response.id": "chatcmpl-2", "gen_ai.request.stream": True}


def test_tool_calls_are_put_together(recorded: Recording) -> None:
    """Calls that a stream brings in pieces are read as those of a whole answer."""
    reply = Reply(calls=[("add", {"a": 1}), ("add", {"a": 2})])
    with scripted_server([reply, reply]) as server, openai.OpenAI(base_url=server.url, api_key="test") as client:
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
        list(client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True))
    whole, streamed = (span.output for span in recorded.find("llm"))
    assert isinstance(streamed, list)
    for part, number in zip(streamed[0]["parts"], (1, 2), strict=True):
        assert part == {"type": "tool_call", "id": f"call_2_{number - 1}", "name": "add", "arguments": {"a": number}}
        part["id"] = f"call_1_{number - 1}"
    assert streamed == whole


@pytest.mark.parametrize("way", ["close", "with", "break", "client's helper"])
def test_stream_that_is_left_early(recorded: Recording, client: openai.OpenAI, way: str) -> None:
    """What came until then is kept, the span says that there was more, and nothing is left open."""

    def read() -> None:
        if way == "client's helper":
            with client.chat.completions.stream(model="gpt-4o-mini", messages=ASKED) as events:
                next(event for event in events if event.type == "content.delta" and event.delta)
            return
        stream = client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True)
        if way == "with":
            with stream:
                next(chunk for chunk in stream if chunk.choices[0].delta.content)
            return
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        if way == "close":
            stream.close()

    read()
    gc.collect()
    span = _only(recorded)
    assert (span.status, span.attributes["agentops.span.closed_early"]) == ("ok", True)
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "In "}]}]


def test_async_stream_that_is_closed(recorded: Recording, server: ScriptedServer) -> None:
    """Closing an asynchronous stream ends its span."""

    async def ask() -> None:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="test") as client:
            stream = await client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True)
            async for _ in stream:
                break
            await stream.close()

    asyncio.run(ask())
    assert _only(recorded).attributes["agentops.span.closed_early"] is True


def test_stream_that_breaks(recorded: Recording) -> None:
    """A connection that is cut is the span's error, beside what had come."""
    replies = [Reply("In Italy.", breaks_after=2)]
    with scripted_server(replies) as server, openai.OpenAI(base_url=server.url, api_key="test") as client:
        stream = client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True)
        with pytest.raises(Exception) as raised:
            list(stream)
    span = _only(recorded)
    assert span.status == "error"
    assert span.error is not None
    assert span.error.type.endswith(type(raised.value).__qualname__)
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "In "}]}]


def test_retries_are_counted(recorded: Recording) -> None:
    """Requests that the library sends again by itself are one span with their number."""
    fails = Reply(status=503, headers={"retry-after-ms": "1"})
    with (
        scripted_server([fails, fails, Reply("At last.")]) as server,
        openai.OpenAI(base_url=server.url, api_key="test", max_retries=2) as client,
    ):
        client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
    span = _only(recorded)
    assert (span.status, span.attributes["agentops.llm.http_retries"]) == ("ok", 2)


def test_failure_after_retries(recorded: Recording) -> None:
    """The exception reaches the caller unchanged and is on the span, with the retries before it."""
    fails = Reply(status=429, error="too fast", headers={"retry-after-ms": "1"})
    with (
        scripted_server([fails, fails]) as server,
        openai.OpenAI(base_url=server.url, api_key="test", max_retries=1) as client,
        pytest.raises(openai.RateLimitError, match="too fast"),
    ):
        client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
    span = _only(recorded)
    assert span.error is not None
    assert (span.status, span.error.type) == ("error", "openai.RateLimitError")
    assert span.attributes["agentops.llm.http_retries"] == 1


class Place(BaseModel):
    country: str


def test_parse(recorded: Recording) -> None:
    """Structured output of both APIs is one call each."""
    replies = [Reply('{"country": "Italy"}'), Reply('{"country": "Italy"}')]
    with scripted_server(replies) as server, openai.OpenAI(base_url=server.url, api_key="test") as client:
        chat = client.chat.completions.parse(model="gpt-4o", messages=ASKED, response_format=Place)
        response = client.responses.parse(model="gpt-4o", input="Where is Rome?", text_format=Place)
    assert chat.choices[0].message.parsed == response.output_parsed == Place(country="Italy")
    assert [span.output for span in recorded.find("llm")] == [
        [{"role": "assistant", "parts": [{"type": "text", "content": '{"country": "Italy"}'}], "finish_reason": "stop"}]
    ] * 2


RESPONSE = {
    **CHAT,
    "gen_ai.response.id": "resp_1",
    "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Where is Rome?"}]}],
}


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_responses(recorded: Recording, client: openai.OpenAI, streams: bool) -> None:
    """The Responses API, whole and streamed."""
    result: Any = client.responses.create(
        model="gpt-4o-mini", input="Where is Rome?", instructions="Be brief.", stream=streams
    )
    if streams:
        assert list(result)[-1].type == "response.completed"
    span = _only(recorded)
    read = _without_time(span)
    read.pop("gen_ai.usage.cache_creation.input_tokens", None)  # known to newer versions of the library
    assert read == {**RESPONSE, **({"gen_ai.request.stream": True} if streams else {})}


def test_response_stream_left_early(recorded: Recording, client: openai.OpenAI) -> None:
    """What was said until then is kept."""
    with client.responses.create(model="gpt-4o-mini", input="Where is Rome?", stream=True) as stream:
        next(event for event in stream if event.type == "response.output_text.delta")
    span = _only(recorded)
    assert span.attributes["agentops.span.closed_early"] is True
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "In "}]}]
    assert span.attributes["gen_ai.response.id"] == "resp_1"


def test_length_is_told(recorded: Recording) -> None:
    """An answer that was cut off says so."""
    replies = [Reply("In", finish="length"), Reply("In", finish="length")]
    with scripted_server(replies) as server, openai.OpenAI(base_url=server.url, api_key="test") as client:
        client.responses.create(model="gpt-4o", input="Where?", max_output_tokens=16)
        client.chat.completions.create(model="gpt-4o", messages=ASKED, max_tokens=16)
    for span in recorded.find("llm"):
        assert span.attributes["gen_ai.response.finish_reasons"] == ("length",)
        assert span.attributes["gen_ai.request.max_tokens"] == 16


def test_embeddings(recorded: Recording, client: openai.OpenAI) -> None:
    """Texts in; of the vectors only number of dimensions and tokens."""
    client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
    span = _only(recorded, "embedding")
    assert (span.name, dict(span.attributes)) == (
        "text-embedding-3-small",
        {
            "gen_ai.request.model": "text-embedding-3-small",
            "gen_ai.provider.name": "openai",
            "gen_ai.response.model": "text-embedding-3-small",
            "gen_ai.embeddings.dimension.count": 2,
            "gen_ai.usage.input_tokens": 40,
            "input.value": ["a", "b"],
        },
    )


def test_raw_response(recorded: Recording, client: openai.OpenAI) -> None:
    """``with_raw_response``, which libraries use, gives the caller the same object and us the answer in it."""
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=ASKED)
    assert raw.headers["content-type"] == "application/json"
    assert raw.parse().choices[0].message.content == "In Italy."
    assert _without_time(_only(recorded)) == CHAT


def test_raw_stream(recorded: Recording, client: openai.OpenAI) -> None:
    """The same for a stream in a raw response."""
    raw: Any = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    assert len(list(raw.parse())) == 5
    assert _without_time(_only(recorded)) == {**CHAT, "gen_ai.request.stream": True}


def test_streaming_response_is_left_to_the_program(recorded: Recording, client: openai.OpenAI) -> None:
    """``with_streaming_response`` leaves the body unread: so do we, and record the request."""
    with client.chat.completions.with_streaming_response.create(model="gpt-4o-mini", messages=ASKED) as response:
        assert "In Italy." in "".join(response.iter_text())
    span = _only(recorded)
    assert (span.status, span.output) == ("ok", None)


def test_inside_a_frameworks_span(recorded: Recording, client: openai.OpenAI) -> None:
    """A call for which a framework has a span open fills that span in, and adds none."""
    framework = Recorder("framework")
    with framework.span("agent", "guide"):
        asked = [message("user", "Where is Rome?")]
        span = framework.start("llm", "gpt-4o-mini", input=asked, attributes={"gen_ai.response.id": "theirs"})
        assert span is not None
        list(client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True))
        framework.end(span)
    assert recorded.outline().splitlines()[1:] == ["  agent guide", "    llm gpt-4o-mini"]
    assert span.origin == "framework"
    assert span.attributes["gen_ai.response.id"] == "theirs"
    assert span.output == SAID
    assert "gen_ai.response.time_to_first_chunk" in span.attributes


def test_two_streams_at_once(recorded: Recording, client: openai.OpenAI) -> None:
    """Streams that are read alternately are two spans; what runs meanwhile is below neither."""

    @agentops.operation
    def note() -> None:
        """Do something between the chunks."""

    streams = [client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, stream=True) for _ in range(2)]
    for _ in zip(*streams, strict=False):
        note()
    for stream in streams:
        stream.close()
    lines = recorded.outline().splitlines()[1:]
    assert lines[:2] == ["  llm gpt-4o-mini"] * 2
    assert set(lines[2:]) == {"  operation note"}


def test_threads_record_into_the_automatic_session(recorded: Recording, client: openai.OpenAI) -> None:
    """A call in a plain thread is recorded."""
    thread = threading.Thread(target=lambda: client.chat.completions.create(model="gpt-4o-mini", messages=ASKED))
    thread.start()
    thread.join()
    assert recorded.outline().splitlines()[1:] == ["  llm gpt-4o-mini"]


def test_providers_by_address() -> None:
    """Who is behind a base URL, in the conventions' words; an unknown address is OpenAI's API all the same."""
    from agentops_openai.endpoints import provider_of

    addresses = {
        "https://api.openai.com/v1": "openai",
        "https://my.openai.azure.com/openai": "azure.ai.openai",
        "https://api.groq.com/openai/v1": "groq",
        "https://not-api.groq.com.example/v1": "openai",
        "http://localhost:11434/v1": "openai",
    }
    assert {address: provider_of(address) for address in addresses} == addresses
