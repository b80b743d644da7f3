"""smolagents' own model classes, on a server that speaks like OpenAI's; other libraries of ours see the same calls."""

from collections.abc import Iterator
from typing import Any

import pytest
from smolagents import ChatMessage, CodeAgent, InferenceClientModel, LiteLLMModel, Model, OpenAIServerModel, Tool
from smolagents.agents import AgentGenerationError

import agentops
from agentops.errors import PluginError
from agentops.testing import Recording
from agentops_smolagents.scripted import Answer, ScriptedModel, code
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server
from tests.integrations.smolagents.agents_under_test import ASKED, QUIET, add, calculator, check

HELLO = [ChatMessage(role="user", content=[{"type": "text", "text": "Hello?"}])]
TREE = "session default\n  llm gpt-4o-mini"


def answer(body: dict[str, Any]) -> Reply:
    """Ask for the tool, and say the result, where there are tools; else write code or a text."""
    said = str(body["messages"][-1]["content"])
    if body.get("tools"):
        asked = ("final_answer", {"answer": "It is 5."}) if "Observation" in said else ("add", {"a": 2, "b": 3})
        return Reply(calls=[asked], input_tokens=90, output_tokens=16, cached=64)
    return Reply("It is 5.", input_tokens=130, output_tokens=8, cached=64, reasoning=3)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(answer) as running:
        yield running


@pytest.fixture(params=["alone", "openai", "openai,litellm"])
def beside(request: pytest.FixtureRequest, recorded: Recording) -> Iterator[str]:
    """The client libraries below are recorded too, as ``init()`` does where they are installed."""
    others = [] if request.param == "alone" else request.param.split(",")
    try:
        for name in others:
            agentops.enable(name)
    except PluginError as too_old:
        pytest.skip(f"calls of its day's client libraries are their own alone: {too_old}".partition("; run")[0])
    yield request.param
    for name in others:
        agentops.disable(name)


def openai(server: ScriptedServer) -> Model:
    return OpenAIServerModel("gpt-4o-mini", api_base=server.url, api_key="none", temperature=0.5, max_tokens=99)


def litellm(server: ScriptedServer) -> Model:
    return LiteLLMModel("openai/gpt-4o-mini", api_base=server.url, api_key="none", temperature=0.5, max_tokens=99)


MODELS = {"OpenAIServerModel": openai, "LiteLLMModel": litellm}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", MODELS)
def test_a_call_is_one_span(
    recorded: Recording, server: ScriptedServer, beside: str, name: str, streamed: bool
) -> None:
    """With the tokens, settings, answer and finish reason, whoever else sees the call; what they know is added."""
    model: Any = MODELS[name](server)
    if streamed:
        assert (
            "".join(piece.content or "" for piece in model.generate_stream(HELLO, stop_sequences=["."])) == "It is 5."
        )
    else:
        assert model.generate(HELLO, stop_sequences=["."]).content == "It is 5."
    assert check(recorded) == TREE.replace("gpt-4o-mini", model.model_id)
    (call,) = recorded.find("llm")
    known = call.attributes
    assert call.origin == "smolagents"
    assert call.input == [{"role": "user", "parts": [{"type": "text", "content": "Hello?"}]}]
    assert call.output[0]["parts"] == [{"type": "text", "content": "It is 5."}]
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (130, 8)
    assert (known["gen_ai.request.temperature"], known["gen_ai.request.max_tokens"]) == (0.5, 99)
    assert known["gen_ai.request.stop_sequences"] == (".",)
    assert known["gen_ai.provider.name"] == "openai"
    assert ("gen_ai.response.time_to_first_chunk" in known) is streamed
    is_known_to_us = not streamed or beside != "alone"
    if is_known_to_us and not (streamed and name == "LiteLLMModel" and beside == "openai"):
        assert known["gen_ai.usage.cache_read.input_tokens"] == 64
        assert known["gen_ai.usage.reasoning.output_tokens"] == 3
        assert known["gen_ai.response.finish_reasons"] == ("stop",)
        assert str(known["gen_ai.response.model"]).startswith("gpt-4o-mini")


@pytest.mark.parametrize("stream_outputs", [False, True], ids=["whole", "streamed"])
def test_an_agent_on_it_has_the_same_tree(
    recorded: Recording, server: ScriptedServer, beside: str, stream_outputs: bool
) -> None:
    """Tools are offered, asked for with the provider's ids, and no call is counted twice."""
    agent = calculator(stream_outputs=stream_outputs)
    agent.model = openai(server)
    assert agent.run(ASKED) == "It is 5."
    assert (
        check(recorded)
        == """\
session default
  agent calculator
    operation step 1
      llm gpt-4o-mini
      tool add
    operation step 2
      llm gpt-4o-mini
      tool final_answer"""
    )
    first, last = recorded.find("llm")
    assert [call.attributes["gen_ai.usage.input_tokens"] for call in (first, last)] == [90, 90]
    asked = {"type": "tool_call", "id": "call_1_0", "name": "add", "arguments": {"a": 2, "b": 3}}
    assert first.output[0]["parts"] == [asked]
    assert recorded.find("tool")[0].attributes["gen_ai.tool.call.id"] == "call_1_0"
    offered = first.attributes["gen_ai.tool.definitions"]
    assert [tool["function"]["name"] for tool in offered] == ["add", "final_answer"]


def test_an_error_of_the_provider_is_on_the_call(recorded: Recording) -> None:
    """It is the provider's own; smolagents' error around it is the one of the step and of the agent."""
    with scripted_server([Reply(status=400, error="bad request")]) as failing:
        agent = CodeAgent([add], openai(failing), **QUIET)
        with pytest.raises(AgentGenerationError, match="bad request"):
            agent.run(ASKED)
    error = "smolagents.utils.AgentGenerationError"
    assert (
        check(recorded)
        == f"""\
session default
  agent CodeAgent [error {error}]
    operation step 1 [error {error}]
      llm gpt-4o-mini [error openai.BadRequestError]"""
    )


def test_a_model_around_another_is_one_call(recorded: Recording) -> None:
    """A model of the program's own that asks one of smolagents': one span, by the name of the one that answers."""

    class Polite(Model):
        def generate(self, messages: Any, **options: Any) -> ChatMessage:
            return inner.generate(messages, **options)

    inner = ScriptedModel("gpt-4o-mini", [Answer(text=code("final_answer(5)"), input_tokens=7)])
    assert CodeAgent([], Polite(), name="clerk", **QUIET).run(ASKED) == 5
    assert check(recorded).count("llm ") == 1
    (call,) = recorded.find("llm")
    assert (call.name, call.attributes["gen_ai.usage.input_tokens"]) == ("gpt-4o-mini", 7)


def test_what_a_model_did_not_report_is_not_nought(recorded: Recording) -> None:
    """Of a stream without usage smolagents makes 0 and 0."""

    class Silent(ScriptedModel):
        def generate_stream(self, messages: Any, **options: Any) -> Any:
            for piece in super().generate_stream(messages, **options):
                piece.token_usage = None
                yield piece

    agent = CodeAgent([], Silent("gpt-4o-mini", [code("final_answer(5)")]), stream_outputs=True, **QUIET)
    assert agent.run(ASKED) == 5
    (call,) = recorded.find("llm")
    assert not [name for name in call.attributes if "usage" in name]


def test_a_provider_is_known_by_the_class(recorded: Recording) -> None:
    """Hugging Face's client by whom it routes to, litellm's models by what they begin with."""
    models: list[Any] = [
        InferenceClientModel("Qwen/Qwen3", provider="together", token="none"),
        LiteLLMModel("mistral/large"),
        OpenAIServerModel("gpt-4o", api_key="none"),
    ]
    for model in models:
        # A role that there is none of: nobody is asked.
        with pytest.raises(Exception):  # noqa: B017 - which one is the library's affair
            model.generate([{"role": "nobody", "content": "Hello?"}])
    assert [call.attributes["gen_ai.provider.name"] for call in recorded.find("llm")] == [
        "together",
        "mistral_ai",
        "openai",
    ]


def test_a_tool_is_described_as_without_us(recorded: Recording) -> None:
    """What smolagents reads from a tool's source, to save it or to send it elsewhere, is the same."""
    agentops.disable("smolagents")

    class Shout(Tool):
        name = "shout"
        description = "Shout."
        inputs = {"text": {"type": "string", "description": "What."}}  # noqa: RUF012 - as smolagents asks for
        output_type = "string"

        def forward(self, text: str) -> str:
            return text.upper()

    before = [Shout().to_dict(), add.to_dict()]
    agentops.enable("smolagents")
    assert [Shout().to_dict(), add.to_dict()] == before
