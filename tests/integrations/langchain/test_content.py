"""What is recorded of messages, states, documents and model settings."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core._api import LangChainBetaWarning
from langchain_core.callbacks import CallbackManagerForRetrieverRun, dispatch_custom_event
from langchain_core.documents import Document
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langgraph.types import Command, Send

import agentops
from agentops.semconv import GenAI, Operation
from agentops.testing import Recording, recording
from agentops_langchain.content import agent_input, agent_output, message_of, plain
from agentops_langchain.scripted import ScriptedChatModel
from tests.integrations.langchain.trees import asking, expect


class Library(BaseRetriever):
    """Finds one book."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document("Bees dance.", metadata={"source": "bees.md"}, id="d-1")]


def test_retrieval_chain(recorded: Recording) -> None:
    """A chain is one node around its retriever and its model call; what passes text on is not shown."""
    prompt = ChatPromptTemplate.from_messages([("system", "{context}"), ("user", "{question}")])
    model = ScriptedChatModel(script=["They dance."])
    chain = {"context": Library(), "question": RunnablePassthrough()} | prompt | model | StrOutputParser()
    assert chain.with_config(run_name="ask the library").invoke("What do bees do?") == "They dance."

    expect(
        recorded,
        """
        session default
          chain ask the library
            retriever Library
            llm gpt-4o-mini
        """,
    )
    retriever = recorded.find("retriever")[0]
    assert retriever.input == "What do bees do?"
    assert retriever.output == [{"content": "Bees dance.", "metadata": {"source": "bees.md"}, "id": "d-1"}]
    chain_span = recorded.find("chain")[0]
    assert (chain_span.input, chain_span.output) == ("What do bees do?", "They dance.")


def test_streamed_chain_has_its_input_and_output(recorded: Recording) -> None:
    """A chain that is streamed learns its input while it runs; both ends are recorded, and the first token's time."""
    chain = (
        ChatPromptTemplate.from_template("About {topic}.") | ScriptedChatModel(script=["One two."]) | StrOutputParser()
    )
    assert "".join(chain.stream({"topic": "bees"})) == "One two."

    expect(recorded, "session default\n  chain RunnableSequence\n    llm gpt-4o-mini")
    chain_span, call = recorded.find("chain")[0], recorded.find("llm")[0]
    assert (chain_span.input, chain_span.output) == ({"topic": "bees"}, "One two.")
    seconds = call.attributes[GenAI.RESPONSE_TIME_TO_FIRST_CHUNK]
    assert isinstance(seconds, float)
    assert 0 < seconds < (call.end_ns - call.start_ns) / 1e9
    assert call.attributes[GenAI.REQUEST_STREAM] is True
    assert call.attributes[GenAI.USAGE_OUTPUT_TOKENS] == 3
    said: Any = call.output
    assert said[0]["parts"] == [{"type": "text", "content": "One two."}]


def test_first_token_in_the_newer_streaming_protocol(recorded: Recording) -> None:
    """``astream_events(version="v3")`` has events instead of tokens; the first content is the first token."""

    async def read() -> None:
        stream = await ScriptedChatModel(script=["One two."]).astream_events("Count.", version="v3")
        assert await stream.text == "One two."

    with pytest.warns(LangChainBetaWarning):
        asyncio.run(read())
    recorded.runtime.finish()
    [call] = recorded.find("llm")
    assert call.status == "ok"
    assert call.attributes[GenAI.RESPONSE_TIME_TO_FIRST_CHUNK] > 0  # type: ignore[operator]


def test_model_settings(recorded: Recording) -> None:
    """Settings of a request carry OpenTelemetry's names, whatever LangChain's model calls them."""
    model = ScriptedChatModel(script=["x"], model_name="claude-sonnet-4-5", provider="google_genai")
    model.bind(temperature=0.2, max_completion_tokens=50, top_p=0.9, seed=7, stop=["END"], n=1).invoke("Go on.")

    attributes = recorded.find("llm")[0].attributes
    del attributes[GenAI.INPUT_MESSAGES], attributes[GenAI.OUTPUT_MESSAGES]
    assert attributes == {
        GenAI.REQUEST_MODEL: "claude-sonnet-4-5",
        GenAI.PROVIDER_NAME: "gcp.gemini",
        GenAI.REQUEST_TEMPERATURE: 0.2,
        GenAI.REQUEST_MAX_TOKENS: 50,
        GenAI.REQUEST_TOP_P: 0.9,
        GenAI.REQUEST_SEED: 7,
        GenAI.REQUEST_STOP_SEQUENCES: ("END",),
        GenAI.REQUEST_CHOICE_COUNT: 1,
        GenAI.RESPONSE_MODEL: "claude-sonnet-4-5",
        GenAI.RESPONSE_FINISH_REASONS: ("stop",),
        GenAI.USAGE_INPUT_TOKENS: 5,
        GenAI.USAGE_OUTPUT_TOKENS: 1,
    }


def test_usage_that_was_not_reported_is_unknown(recorded: Recording) -> None:
    """A model that reports no tokens has none recorded: not zero."""

    class Silent(ScriptedChatModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            return ChatResult(generations=[ChatGeneration(message=AIMessage("x"))])

    Silent(script=[]).invoke("Go on.")
    assert not [name for name in recorded.find("llm")[0].attributes if name.startswith("gen_ai.usage")]


def test_text_completion(recorded: Recording) -> None:
    """A model that completes text is a model call, too, with its own operation."""
    assert FakeListLLM(responses=["world"]).invoke("Hello") == "world"

    [call] = recorded.find("llm")
    assert call.name == "FakeListLLM"
    assert call.attributes[GenAI.OPERATION_NAME] == Operation.TEXT_COMPLETION
    assert call.input == [{"role": "user", "parts": [{"type": "text", "content": "Hello"}]}]
    assert call.output == [{"role": "assistant", "parts": [{"type": "text", "content": "world"}]}]


def test_messages_of_every_kind() -> None:
    """Text, reasoning, images and tool calls keep their kind, whichever provider's blocks they come in."""
    assert message_of(SystemMessage("Be brief."))["role"] == "system"
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert message_of(HumanMessage([{"type": "text", "text": "What is it?"}, image])) == {
        "role": "user",
        "parts": [
            {"type": "text", "content": "What is it?"},
            {"type": "blob", "modality": "image", "mime_type": None, "content": "data:image/png;base64,AA=="},
        ],
    }
    answer = AIMessage(
        [
            {"type": "thinking", "thinking": "A cat."},
            {"type": "text", "text": "A cat."},
            {"type": "tool_use", "id": "t-1", "name": "pet", "input": {}},
        ],
        tool_calls=[{"name": "pet", "args": {"softly": True}, "id": "t-1"}],
    )
    assert message_of(answer, "tool_use") == {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "A cat."},
            {"type": "text", "content": "A cat."},
            {"type": "tool_call", "id": "t-1", "name": "pet", "arguments": {"softly": True}},
        ],
        "finish_reason": "tool_use",
    }
    assert message_of(ToolMessage([{"type": "text", "text": "Purr."}], tool_call_id="t-1"))["parts"] == [
        {"type": "tool_call_response", "id": "t-1", "response": [{"type": "text", "text": "Purr."}]}
    ]
    broken = AIMessage("", invalid_tool_calls=[{"name": "pet", "args": "{", "id": "t-2", "error": "no JSON"}])
    assert message_of(broken)["parts"] == [{"type": "tool_call", "id": "t-2", "name": "pet", "arguments": "{"}]


def test_states_are_readable() -> None:
    """In a state messages and documents become plain; what an agent says is its last message, once."""
    said = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    assert plain({"messages": [HumanMessage("Hi")], "n": 1}) == {"messages": [said], "n": 1}
    assert plain([Send("a", {"m": HumanMessage("Hi")})]) == [{"node": "a", "arg": {"m": said}}]
    assert plain(Command(goto="a", update={"n": 1})) == {"goto": "a", "update": {"n": 1}}
    assert agent_input({"messages": [("user", "Hi")]}) == "Hi"
    assert agent_input({"messages": "Hi"}) == "Hi"
    assert agent_input({"messages": [HumanMessage("Hi")], "lang": "de"}) == {"messages": [said], "lang": "de"}
    assert agent_output({"messages": [HumanMessage("Hi"), AIMessage("Hello.")]}) == "Hello."
    assert agent_output({"messages": []}) == {"messages": []}
    assert agent_output("free text") == "free text"


def test_content_is_not_even_converted_when_it_is_not_wanted() -> None:
    """With ``capture_content="metadata_only"`` models, tokens and tree are there, and no word that was said."""
    with recording(capture_content="metadata_only") as recorded:
        agentops.enable("langchain")
        create_agent(ScriptedChatModel(script=["A secret."]), [], name="quiet").invoke(asking("A secret?"))
        agentops.disable("langchain")
    assert recorded.outline() == "session default\n  agent quiet\n    llm gpt-4o-mini"
    assert GenAI.USAGE_INPUT_TOKENS in recorded.find("llm")[0].attributes
    assert "secret" not in str([span.attributes for span in recorded.spans])


def test_custom_events(recorded: Recording) -> None:
    """What a program dispatches itself is a node below the run in which it did."""

    def work(x: int) -> int:
        dispatch_custom_event("progress", {"done": 50})
        dispatch_custom_event("note", "half way")
        return x

    RunnableLambda(work).invoke(1)
    expect(
        recorded,
        """
        session default
          chain work
            event progress
            event note
        """,
    )
    assert [event.output for event in recorded.find("event")] == [{"done": 50}, "half way"]
