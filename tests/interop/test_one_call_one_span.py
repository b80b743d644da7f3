"""Frameworks that ask through the openai library, with its integration on too: each call is one span."""

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from agents import Agent as OpenAIAgent
from agents import OpenAIChatCompletionsModel, Runner
from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

import agentops
from agentops.testing import Recording, recording
from agentops.testing.conformance import check_tree
from tests.integrations.crewai.crews_under_test import calculator
from tests.integrations.scripted_server import Reply, ScriptedServer, scripted_server


@pytest.fixture(autouse=True)
def _with_openai(_enabled: None) -> None:
    with recording():
        agentops.enable("openai")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(lambda body: Reply("In Italy.", input_tokens=40, output_tokens=3)) as running:
        yield running


class AskingModel(BaseChatModel):
    """A LangChain model as people write them: it asks through the openai library."""

    url: str
    model_name: str = "gpt-4o-mini"

    @property
    def _llm_type(self) -> str:
        return "asking"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked: Any = [{"role": "user", "content": message.content} for message in messages]
        with openai.OpenAI(base_url=self.url, api_key="test") as client:
            answer = client.chat.completions.create(model=self.model_name, messages=asked)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(str(answer.choices[0].message.content)))])


def _check(recorded: Recording, server: ScriptedServer, origin: str) -> None:
    check_tree(recorded)
    calls = recorded.find("llm")
    assert {span.origin for span in calls} == {origin}
    assert len(calls) == len(server.requests)
    assert all(span.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024-07-18" for span in calls)


def _tokens(recorded: Recording) -> int:
    return sum(int(str(span.attributes.get("gen_ai.usage.input_tokens", 0))) for span in recorded.spans)


def test_langchain(server: ScriptedServer) -> None:
    """Alone, in threads and in tasks; tokens, of which this model tells LangChain nothing, come from the library."""
    model = AskingModel(url=server.url)
    with recording() as recorded:
        model.invoke("Where is Rome?")
        model.batch([f"Where is number {number}?" for number in range(4)])

        async def several() -> None:
            await asyncio.gather(*(model.ainvoke(f"And number {number}?") for number in range(4)))

        asyncio.run(several())
    _check(recorded, server, "langchain")
    assert _tokens(recorded) == 9 * 40


def test_autogen(server: ScriptedServer) -> None:
    """AutoGen's own OpenAI client, whole and streamed."""

    async def run() -> None:
        client = OpenAIChatCompletionClient(model="gpt-4o-mini", base_url=server.url, api_key="test")
        await AssistantAgent("guide", model_client=client).run(task="Where is Rome?")
        streaming = AssistantAgent("streamer", model_client=client, model_client_stream=True)
        async for _ in streaming.run_stream(task="Where is Oslo?"):
            pass
        await client.close()

    with recording() as recorded:
        asyncio.run(run())
    _check(recorded, server, "autogen")
    assert "gen_ai.response.time_to_first_chunk" in recorded.find("llm")[1].attributes


def test_openai_agents(server: ScriptedServer) -> None:
    """The SDK's chat completions model."""

    async def run() -> None:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="test") as client:
            model = OpenAIChatCompletionsModel("gpt-4o-mini", openai_client=client)
            await Runner.run(OpenAIAgent(name="guide", model=model), "Where is Rome?")

    with recording() as recorded:
        asyncio.run(run())
    _check(recorded, server, "openai-agents")
    assert _tokens(recorded) == 40


def test_crewai(url: str) -> None:
    """CrewAI's own OpenAI client."""
    with recording() as recorded:
        calculator(url).kickoff()
    check_tree(recorded)
    assert {span.origin for span in recorded.find("llm")} == {"crewai"}
    assert len(recorded.find("llm")) == 2
