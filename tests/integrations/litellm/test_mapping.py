"""What stands on the span of a call through litellm, and that nothing is there twice."""

import asyncio
from collections.abc import Iterator
from typing import Any

import litellm
import pytest
from litellm import acompletion, aembedding, completion, embedding, text_completion

import agentops
from agentops import Recorder
from agentops.messages import message
from agentops.sdk.span import Span
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

ASKED: Any = [{"role": "user", "content": "Where is Rome?"}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "In Italy."}], "finish_reason": "stop"}]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(lambda body: Reply("In Italy.", input_tokens=40, output_tokens=12, cached=32)) as running:
        yield running


@pytest.fixture(params=["alone", "with openai"], autouse=True)
def _enabled(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything holds with litellm's integration alone, and with that of the library which it asks through."""
    both = request.param == "with openai"
    with recording():
        agentops.enable("litellm")
        agentops.enable("openai") if both else agentops.disable("openai")
    yield
    agentops.disable("openai")
    agentops.disable("litellm")


@pytest.fixture
def recorded() -> Iterator[Recording]:
    with recording() as block:
        yield block
    check_tree(block)


def _options(server: ScriptedServer, **more: Any) -> Any:
    return {
        "model": "openai/gpt-4o-mini",
        "messages": ASKED,
        "api_base": server.url,
        "api_key": "test",
        "temperature": 0.5,
        **more,
    }


def _only(recorded: Recording, kind: str = "llm") -> Span:
    (span,) = recorded.find(kind)
    assert span.origin == "litellm"
    return span


def _whole(span: Span, *, streams: bool = False) -> dict[str, object]:
    """Return what every call has; check and leave out what only a stream has, and ids that litellm makes up."""
    attributes = dict(span.attributes)
    assert ("gen_ai.response.time_to_first_chunk" in attributes) == streams
    assert attributes.pop("gen_ai.request.stream", False) == streams
    for name in ("gen_ai.response.time_to_first_chunk", "gen_ai.response.id"):
        attributes.pop(name, None)
    return attributes


WHOLE = {
    "gen_ai.request.model": "openai/gpt-4o-mini",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Where is Rome?"}]}],
    "gen_ai.output.messages": SAID,
    "gen_ai.usage.input_tokens": 40,
    "gen_ai.usage.output_tokens": 12,
    "gen_ai.usage.cache_read.input_tokens": 32,
    "gen_ai.usage.reasoning.output_tokens": 0,
}


def test_completion(recorded: Recording, server: ScriptedServer) -> None:
    """One span, though two libraries make the call, with messages, parameters and tokens."""
    completion(**_options(server))
    assert _whole(_only(recorded)) == WHOLE


def test_acompletion(recorded: Recording, server: ScriptedServer) -> None:
    """The same asynchronously: of litellm's functions that call each other the outer one counts."""
    asyncio.run(acompletion(**_options(server)))
    assert _whole(_only(recorded)) == WHOLE


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_stream(recorded: Recording, server: ScriptedServer, is_async: bool) -> None:
    """A stream that is read to its end; litellm's own object, with the time to the first text.

    The piece with the usage has choices before litellm 1.110 only, as the provider's own has none.
    """
    options = _options(server, stream=True, stream_options={"include_usage": True})

    async def read() -> str:
        stream: Any = await acompletion(**options)
        assert type(stream) is litellm.CustomStreamWrapper
        return "".join([choice.delta.content or "" async for chunk in stream for choice in chunk.choices])

    if is_async:
        assert asyncio.run(read()) == "In Italy."
    else:
        chunks: Any = completion(**options)
        assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "In Italy."
    read_whole = _whole(_only(recorded), streams=True)
    assert read_whole["gen_ai.output.messages"] == SAID
    usage = {name: value for name, value in read_whole.items() if name.startswith("gen_ai.usage")}
    assert (usage["gen_ai.usage.input_tokens"], usage["gen_ai.usage.output_tokens"]) == (40, 12)


@pytest.mark.skipif(not hasattr(litellm.CustomStreamWrapper, "aclose"), reason="a stream cannot be closed")
def test_stream_that_is_closed_early(recorded: Recording, server: ScriptedServer) -> None:
    """What came until then is kept, and nothing is left open."""

    async def read() -> None:
        stream: Any = await acompletion(**_options(server, stream=True))
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.aclose()

    asyncio.run(read())
    span = _only(recorded)
    assert (span.status, span.attributes["agentops.span.closed_early"]) == ("ok", True)
    assert span.output == [{"role": "assistant", "parts": [{"type": "text", "content": "In "}]}]


def test_retries_are_attempts(recorded: Recording) -> None:
    """``num_retries`` asks again: each attempt is a span, the failed one with its error."""
    replies = [Reply(status=400, error="not now"), Reply("In Italy.")]
    with scripted_server(replies) as server:
        completion(**_options(server), num_retries=1, retry_strategy="constant_retry", max_retries=0)
    spans = recorded.find("llm")
    assert [span.status for span in spans] == ["error", "ok"]
    assert spans[0].error is not None
    assert spans[0].error.type.startswith("litellm.exceptions.")
    assert spans[1].output == SAID


def test_failure_reaches_the_caller(recorded: Recording) -> None:
    """litellm's exception is on the span, unchanged."""
    with (
        scripted_server([Reply(status=401, error="who are you")]) as server,
        pytest.raises(litellm.AuthenticationError, match="who are you"),
    ):
        completion(**_options(server), max_retries=0)
    span = _only(recorded)
    assert span.error is not None
    assert (span.status, span.error.type) == ("error", "litellm.exceptions.AuthenticationError")


def test_mocked_answer(recorded: Recording) -> None:
    """``mock_response`` is recorded as any answer."""
    completion("gpt-4o-mini", ASKED, mock_response="In Italy.")
    span = _only(recorded)
    assert (span.name, span.output) == ("gpt-4o-mini", SAID)
    assert span.attributes["gen_ai.provider.name"] == "openai"


def test_embeddings(recorded: Recording, server: ScriptedServer) -> None:
    """Sync and async embeddings: one span each from litellm."""
    options: Any = {"model": "openai/text-embedding-3-small", "api_base": server.url, "api_key": "test"}
    embedding(**options, input=["a"])
    asyncio.run(aembedding(**options, input=["a"]))
    spans = [span for span in recorded.find("embedding") if span.origin == "litellm"]
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in spans] == [40, 40]
    assert {span.input[0] for span in spans if isinstance(span.input, list)} == {"a"}
    assert len(recorded.find("embedding")) == 2, "the library below adds none"


def test_text_completion_is_a_completion(recorded: Recording, server: ScriptedServer) -> None:
    """The old interface asks through ``completion`` or the library below it: once."""
    text_completion(model="openai/gpt-4o-mini", prompt="Where is Rome?", api_base=server.url, api_key="test")
    assert len(recorded.find("llm")) == 1


def test_responses(recorded: Recording, server: ScriptedServer) -> None:
    """The Responses API, whole and streamed."""
    options: Any = {"model": "openai/gpt-4o-mini", "api_base": server.url, "api_key": "test", "input": "Where is Rome?"}
    litellm.responses(**options)
    assert list(litellm.responses(**options, stream=True))
    whole, streamed = recorded.find("llm")
    for span in (whole, streamed):
        assert span.output == SAID
        assert span.attributes["gen_ai.usage.input_tokens"] == 40
    assert streamed.attributes.get("agentops.span.closed_early") is None


def test_router(recorded: Recording, server: ScriptedServer) -> None:
    """A router's call is the call that it makes."""
    deployment = {"model": "openai/gpt-4o-mini", "api_base": server.url, "api_key": "test"}
    router = litellm.Router(model_list=[{"model_name": "cheap", "litellm_params": deployment}])
    router.completion(model="cheap", messages=ASKED)
    assert _only(recorded).output == SAID


def test_inside_a_frameworks_span(recorded: Recording, server: ScriptedServer) -> None:
    """A framework, litellm and the library below it see one call: the framework's span has it."""
    framework = Recorder("framework")
    with framework.span("agent", "guide"):
        span = framework.start("llm", "gpt-4o-mini", input=[message("user", "Where is Rome?")])
        assert span is not None
        completion(**_options(server))
        framework.end(span)
    assert recorded.outline().splitlines()[1:] == ["  agent guide", "    llm gpt-4o-mini"]
    assert (span.output, span.attributes["gen_ai.usage.input_tokens"]) == (SAID, 40)
