"""LlamaIndex's own model class for OpenAI, on a server that speaks like OpenAI's."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai import OpenAI

import agentops
from agentops.errors import PluginError
from agentops.testing import Recording
from tests.integrations.llama_index.agents_under_test import add, ask, check
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server

HELLO = [ChatMessage(role="user", content="Hello?")]
CALL = Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16)
SAID = Reply("It is 5.", input_tokens=130, output_tokens=8, cached=64)


def answer(body: dict[str, Any]) -> Reply:
    """Ask for the tool where there is one, and say the result."""
    return CALL if body.get("tools") and body["messages"][-1]["role"] != "tool" else SAID


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(answer) as running:
        yield running


@pytest.fixture(params=["alone", "with openai's own integration"])
def beside(request: pytest.FixtureRequest, recorded: Recording) -> Iterator[None]:
    """The client library below is recorded too, as ``init()`` does where it is installed."""
    if request.param == "alone":
        yield
        return
    try:
        agentops.enable("openai")
    except PluginError as too_old:
        pytest.skip(f"calls of its day's openai library are its own alone: {too_old}".partition("; run")[0])
    yield
    agentops.disable("openai")


def model(server: ScriptedServer) -> OpenAI:
    usage = {"stream_options": {"include_usage": True}}
    return OpenAI(model="gpt-4o-mini", api_key="none", api_base=server.url, additional_kwargs=usage, max_retries=0)


async def _read(stream: Any) -> None:
    async for _ in await stream:
        pass


FORMS: dict[str, Callable[[OpenAI], object]] = {
    "chat": lambda model: _whole(model).chat(HELLO),
    "achat": lambda model: asyncio.run(_whole(model).achat(HELLO)),
    "complete": lambda model: _whole(model).complete("Hello?"),
    "stream_chat": lambda model: list(model.stream_chat(HELLO)),
    "astream_chat": lambda model: asyncio.run(_read(model.astream_chat(HELLO))),
    "stream_complete": lambda model: list(model.stream_complete("Hello?")),
}


def _whole(model: OpenAI) -> OpenAI:
    """OpenAI refuses stream options where nothing is streamed."""
    model.additional_kwargs = {}
    return model


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("form", FORMS)
def test_a_call_is_one_span(recorded: Recording, server: ScriptedServer, form: str) -> None:
    """With the tokens by class, the finish reason and both names of the model, whoever else sees the call."""
    FORMS[form](model(server))
    assert check(recorded) == "session default\n  llm gpt-4o-mini"
    known = recorded.find("llm")[0].attributes
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (130, 8)
    assert known["gen_ai.usage.cache_read.input_tokens"] == 64
    assert known["gen_ai.response.finish_reasons"] == ("stop",)
    assert known["gen_ai.request.model"] == "gpt-4o-mini"
    assert known["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"
    assert known["gen_ai.provider.name"] == "openai"
    assert ("gen_ai.response.time_to_first_chunk" in known) is ("stream" in form)


@pytest.mark.usefixtures("beside")
def test_an_agent_on_it_has_the_same_tree(recorded: Recording, server: ScriptedServer) -> None:
    """Calls of tools as OpenAI streams them."""
    agent = FunctionAgent(name="calculator", tools=[add], llm=model(server))
    assert asyncio.run(ask(agent)) == "It is 5."
    assert check(recorded) == (
        "session default\n  agent calculator\n    llm gpt-4o-mini\n    tool add\n    llm gpt-4o-mini"
    )
    first, last = recorded.find("llm")
    assert [call.attributes["gen_ai.usage.input_tokens"] for call in (first, last)] == [90, 130]
    asked = {"type": "tool_call", "id": "call_1_0", "name": "add", "arguments": {"a": 2, "b": 3}}
    assert first.output == [{"role": "assistant", "parts": [asked], "finish_reason": "tool_calls"}]
    assert recorded.find("tool")[0].attributes["gen_ai.tool.call.id"] == "call_1_0"


def test_an_error_of_the_provider_is_on_the_call(recorded: Recording) -> None:
    """The exception is OpenAI's own."""
    with scripted_server([Reply(status=400, error="bad request")]) as failing, pytest.raises(Exception, match="bad"):
        list(model(failing).stream_chat(HELLO))
    (call,) = recorded.find("llm")
    assert call.error is not None
    assert call.error.type == "openai.BadRequestError"
    check(recorded)
