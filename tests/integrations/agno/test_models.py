"""agno's own model classes, on a server that speaks like OpenAI's; openai's integration sees the same calls."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from agno.agent import Agent
from agno.media import Image
from agno.models.base import Model
from agno.models.message import Message
from agno.models.openai import OpenAIChat, OpenAIResponses
from agno.models.response import ModelResponse

import agentops
from agentops.testing import Recording
from agentops_agno.scripted import Answer, ScriptedModel
from tests.integrations.agno.agents_under_test import ASKED, QUIET, SUMMED, add, check, clerk, ways
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server


def answer(body: dict[str, Any]) -> Reply:
    """Ask for the tool, and say the result."""
    said = (body.get("messages") or body["input"])[-1]
    if body.get("tools") and said.get("role") == "user":
        return Reply(calls=[("add", {"a": 2, "b": 3})], input_tokens=90, output_tokens=16, cached=64)
    return Reply("It is 5.", input_tokens=130, output_tokens=8, cached=64, reasoning=3)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(answer) as running:
        yield running


@pytest.fixture(params=["alone", "openai"])
def beside(request: pytest.FixtureRequest, recorded: Recording) -> Iterator[str]:
    """The client library below is recorded too, as ``init()`` does where it is installed."""
    if request.param == "alone":
        agentops.disable("openai")
    else:
        agentops.enable("openai")
    yield request.param
    agentops.disable("openai")


def calculator(server: ScriptedServer, kind: Any = OpenAIChat, **settings: Any) -> Agent:
    model = kind(id="gpt-4o-mini", base_url=server.url, api_key="none", temperature=0.5, **settings)
    return Agent(name="calculator", model=model, tools=[add], **QUIET)


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_call_is_one_span(recorded: Recording, server: ScriptedServer, beside: str, way: str) -> None:
    """With the tokens by class, settings and answer, whoever else sees the call; what they know is added."""
    ways(lambda: calculator(server, max_tokens=99, stop=["."]))[way]()
    assert check(recorded) == SUMMED
    first, second = recorded.find("llm")
    known = second.attributes
    assert {call.origin for call in (first, second)} == {"agno"}
    assert known["gen_ai.provider.name"] == "openai"
    assert (known["gen_ai.request.temperature"], known["gen_ai.request.max_tokens"]) == (0.5, 99)
    assert known["gen_ai.request.stop_sequences"] == (".",)
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (130, 8)
    assert known["gen_ai.usage.cache_read.input_tokens"] == 64
    assert known["gen_ai.usage.reasoning.output_tokens"] == 3
    assert known["gen_ai.response.id"] == "chatcmpl-2"
    assert ("gen_ai.response.time_to_first_chunk" in known) is ("streamed" in way)
    assert second.output[0]["parts"] == [{"type": "text", "content": "It is 5."}]
    asked = {"type": "tool_call", "id": "call_1_0", "name": "add", "arguments": {"a": 2, "b": 3}}
    assert first.output[0]["parts"] == [asked]
    assert recorded.find("tool")[0].attributes["gen_ai.tool.call.id"] == "call_1_0"
    if beside == "openai":
        assert known["gen_ai.response.finish_reasons"] == ("stop",)
        assert known["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize("way", ["whole", "async"])
def test_the_other_endpoint(recorded: Recording, server: ScriptedServer, beside: str, way: str) -> None:
    """``OpenAIResponses`` has the same tree and tokens."""
    ways(lambda: calculator(server, OpenAIResponses))[way]()
    assert check(recorded) == SUMMED
    calls = recorded.find("llm")
    assert [call.attributes["gen_ai.usage.input_tokens"] for call in calls] == [90, 130]
    assert [call.attributes["gen_ai.response.id"] for call in calls] == ["resp_1", "resp_2"]


def test_an_error_of_the_provider_is_on_the_call(recorded: Recording, beside: str) -> None:
    """It is agno's, and its stack tells the provider's."""
    with scripted_server([Reply(status=400, error="bad request")]) as failing:
        assert calculator(failing).run(ASKED).content == "bad request"
    error = "agno.exceptions.ModelProviderError"
    assert (
        check(recorded) == f"session default\n  agent calculator [error {error}]\n    llm gpt-4o-mini [error {error}]"
    )
    told = recorded.find("llm")[0].error
    assert told is not None
    assert "openai.BadRequestError" in str(told.stack)


def test_a_model_that_thinks_first(recorded: Recording, server: ScriptedServer) -> None:
    """agno asks it in an agent that it makes for that; what it has thought is on the operation around it."""
    model = OpenAIChat(id="o3-mini", base_url=server.url, api_key="none")
    for reply in ("whole", "async"):
        ways(lambda: clerk("thinker", reasoning_model=model))[reply]()
    thought = """\
  agent thinker
    operation reasoning
      agent Agent
        llm o3-mini
    llm gpt-4o-mini"""
    assert check(recorded) == f"session default\n{thought}\n{thought}"
    assert recorded.find("operation")[0].output is not None


def test_a_model_may_be_asked_without_an_agent(recorded: Recording) -> None:
    """In each way that the class has."""
    said = [Message(role="user", content="Hello?")]
    model = ScriptedModel("gpt-4o-mini", ["Hello."] * 4)

    async def both() -> None:
        await model.aresponse(messages=list(said))
        async for _ in model.aresponse_stream(messages=list(said)):
            pass

    model.response(messages=list(said))
    list(model.response_stream(messages=list(said)))
    asyncio.run(both())
    assert check(recorded) == "\n".join(["session default", *["  llm gpt-4o-mini"] * 4])
    assert {str(call.output[0]["parts"]) for call in recorded.find("llm")} == {
        str([{"type": "text", "content": "Hello."}])
    }


def test_a_model_around_another_is_one_call(recorded: Recording) -> None:
    """A model of the program's own that asks one of agno's: one span, with the tokens of the one that answers."""

    class Polite(ScriptedModel):
        def invoke(self, messages: Any, *args: Any, **kwargs: Any) -> ModelResponse:
            return inner.invoke(messages, *args, **kwargs)

    inner = ScriptedModel("gpt-4o-mini", [Answer(text="Hello.", input_tokens=7)])
    Agent(name="clerk", model=Polite("polite", []), **QUIET).run("Hello?")
    assert check(recorded) == "session default\n  agent clerk\n    llm polite"
    assert recorded.find("llm")[0].attributes["gen_ai.usage.input_tokens"] == 7


@pytest.mark.parametrize(
    ("provider", "expected"),
    [("OpenAI", (100, "openai")), ("Anthropic", (150, "anthropic")), ("AwsBedrock", (150, "aws.bedrock"))],
)
def test_cached_tokens_are_part_of_the_input(recorded: Recording, provider: str, expected: Any) -> None:
    """Some providers count them apart, and agno keeps it so."""

    class Caching(ScriptedModel):
        def invoke(self, messages: Any, *args: Any, **kwargs: Any) -> ModelResponse:
            usage = type(messages[0].metrics)(  # the class has had two names
                input_tokens=100, output_tokens=9, cache_read_tokens=30, cache_write_tokens=20
            )
            return ModelResponse(content="Hello.", response_usage=usage)

    Agent(name="clerk", model=Caching("model", [], provider=provider), **QUIET).run("Hello?")
    check(recorded)
    known = recorded.find("llm")[0].attributes
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.provider.name"]) == expected
    assert known["gen_ai.usage.cache_read.input_tokens"] == 30
    assert known["gen_ai.usage.cache_creation.input_tokens"] == 20


def test_what_a_model_did_not_report_is_not_nought(recorded: Recording) -> None:
    """An answer without usage has no tokens."""

    class Silent(ScriptedModel):
        def invoke(self, messages: Any, *args: Any, **kwargs: Any) -> ModelResponse:
            return ModelResponse(content="Hello.")

    Agent(name="clerk", model=Silent("model", []), **QUIET).run("Hello?")
    (call,) = recorded.find("llm")
    assert not [name for name in call.attributes if "usage" in name]


def test_pictures_are_named_and_not_kept(recorded: Recording) -> None:
    """By their address, where they have one."""
    pictures = [Image(url="http://127.0.0.1/plum.png"), Image(content=b"not looked at")]
    Agent(name="clerk", model=ScriptedModel("gpt-4o-mini", ["A plum."]), **QUIET).run("What is it?", images=pictures)
    check(recorded)
    parts = recorded.find("llm")[0].input[-1]["parts"]
    assert [part["content"] for part in parts] == ["What is it?", "[image http://127.0.0.1/plum.png]", "[image]"]


def test_models_that_are_made_later_are_recorded_as_long_as_it_is_on(recorded: Recording) -> None:
    """Classes of the program's own, made before, while and after it is on, are as they were."""

    class Own(ScriptedModel):
        def invoke(self, messages: Any, *args: Any, **kwargs: Any) -> ModelResponse:
            return super().invoke(messages, *args, **kwargs)

    recorded_method = vars(Own)["invoke"]
    Agent(name="clerk", model=Own("model", ["Hello."]), **QUIET).run("Hello?")
    assert check(recorded) == "session default\n  agent clerk\n    llm model"
    agentops.disable("agno")
    assert vars(Own)["invoke"] is recorded_method.__wrapped__
    assert "__init_subclass__" not in vars(Model)
