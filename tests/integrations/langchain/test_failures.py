"""What goes wrong, is tried again, or is given up, and how it looks in the tree."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, ModelRetryMiddleware, ToolRetryMiddleware
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import ToolException, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import RetryPolicy

from agentops.semconv import GenAI
from agentops.semconv import Span as Attr
from agentops.testing import Recording
from agentops_langchain.scripted import ScriptedChatModel, ask_for
from tests.integrations.langchain.trees import asking, expect


class Overloaded:
    """A script that raises as often as told, and answers then."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def __call__(self, messages: list[BaseMessage]) -> str:
        self.failures -= 1
        if self.failures >= 0:
            raise ConnectionError("overloaded")
        return "Done."


class SlowModel(ScriptedChatModel):
    """Never answers."""

    async def _agenerate(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(30)


def attempts(recorded: Recording, kind: str) -> list[object]:
    """Return the attempt numbers of all spans of a kind; None is the first."""
    return [span.attributes.get(Attr.ATTEMPT) for span in recorded.find(kind)]


def test_tool_is_retried(recorded: Recording) -> None:
    """Each attempt of a tool is a span; the failed one has its error, the next one its number."""
    failures = iter([ConnectionError("no answer"), None])

    @tool
    def fetch(page: str) -> str:
        """Fetch a page."""
        failure = next(failures)
        if failure:
            raise failure
        return "content"

    request = AIMessage("", tool_calls=[ask_for("fetch", {"page": "a"}, "call_1")])
    middleware = [ToolRetryMiddleware(max_retries=2, initial_delay=0)]
    create_agent(ScriptedChatModel(script=[request, "Read."]), [fetch], name="reader", middleware=middleware).invoke(
        asking()
    )

    expect(
        recorded,
        """
        session default
          agent reader
            llm gpt-4o-mini
            tool fetch [error ConnectionError]
            tool fetch
            llm gpt-4o-mini
        """,
    )
    assert attempts(recorded, "tool") == [None, 2]
    error = recorded.find("tool")[0].error
    assert error is not None
    assert error.message == "no answer"
    assert "in fetch" in str(error.stack)


def test_model_is_retried(recorded: Recording) -> None:
    """Retry middleware asks the same model again: attempts are numbered, and only real answers have tokens."""
    middleware = [ModelRetryMiddleware(max_retries=3, initial_delay=0)]
    create_agent(ScriptedChatModel(script=Overloaded(2)), [], name="patient", middleware=middleware).invoke(asking())

    expect(
        recorded,
        """
        session default
          agent patient
            llm gpt-4o-mini [error ConnectionError]
            llm gpt-4o-mini [error ConnectionError]
            llm gpt-4o-mini
        """,
    )
    assert attempts(recorded, "llm") == [None, 2, 3]
    assert [GenAI.USAGE_INPUT_TOKENS in span.attributes for span in recorded.find("llm")] == [False, False, True]


def test_with_retry_and_with_fallbacks(recorded: Recording) -> None:
    """``with_retry`` numbers its attempts; a fallback is another call beside the one that failed."""
    ScriptedChatModel(script=Overloaded(1)).with_retry(wait_exponential_jitter=False).invoke("Go on.")
    broken = ScriptedChatModel(script=[ConnectionError("down")])
    broken.with_fallbacks([ScriptedChatModel(script=["Here."], model_name="gpt-4o")]).invoke("Go on.")
    fallback = ModelFallbackMiddleware(ScriptedChatModel(script=["Here."], model_name="gpt-4o"))
    create_agent(broken, [], name="resourceful", middleware=[fallback]).invoke(asking())

    expect(
        recorded,
        """
        session default
          chain ScriptedChatModel
            llm gpt-4o-mini [error ConnectionError]
            llm gpt-4o-mini
          chain RunnableWithFallbacks
            llm gpt-4o-mini [error ConnectionError]
            llm gpt-4o
          agent resourceful
            llm gpt-4o-mini [error ConnectionError]
            llm gpt-4o
        """,
    )
    assert attempts(recorded, "llm") == [None, 2, None, None, None, None]


def test_node_is_retried(recorded: Recording) -> None:
    """Each attempt under a retry policy of LangGraph's is a node."""
    script = Overloaded(1)
    graph = StateGraph(MessagesState)
    graph.add_node("load", lambda _: {"messages": [script([])]}, retry_policy=RetryPolicy(initial_interval=0.001))
    graph.add_edge(START, "load")
    graph.compile(name="loader").invoke(asking())

    expect(
        recorded,
        """
        session default
          workflow loader
            operation load [error ConnectionError]
            operation load
        """,
    )
    assert attempts(recorded, "operation") == [None, 2]


def test_error_returned_by_a_tool(recorded: Recording) -> None:
    """A tool that raises is failed, even if the program goes on; one that returns its error is only marked."""

    @tool
    def loud(x: int) -> int:
        """Raise."""
        raise ValueError("bad x")

    @tool
    def quiet(x: int) -> int:
        """Raise what LangChain turns into a result."""
        raise ToolException("x is not for me")

    quiet.handle_tool_error = True
    calls = [ask_for("loud", {"x": 1}, "call_1"), ask_for("quiet", {"x": 1}, "call_2")]
    graph = StateGraph(MessagesState)
    graph.add_node("work", ToolNode([loud, quiet], handle_tool_errors=True))
    graph.add_edge(START, "work")
    graph.compile().invoke({"messages": [AIMessage("", tool_calls=calls)]})

    recorded.runtime.finish()
    [failed], [marked] = recorded.find("tool", "loud"), recorded.find("tool", "quiet")
    assert (failed.status, failed.attributes.get(Attr.SWALLOWED_ERROR)) == ("error", None)
    assert (marked.status, marked.attributes[Attr.SWALLOWED_ERROR]) == ("ok", "x is not for me")


def test_collapsed_step_shows_when_it_fails(recorded: Recording) -> None:
    """A prompt or parser is not shown, unless it is what failed; nor is it shown for an error that came from below."""
    (ScriptedChatModel(script=["no json"]) | JsonOutputParser()).with_fallbacks([RunnableLambda(lambda _: {})]).invoke(
        "Go."
    )
    with pytest.raises(KeyError):
        (ChatPromptTemplate.from_template("{topic}") | ScriptedChatModel(script=["x"])).invoke({})
    with pytest.raises(ConnectionError):
        (ChatPromptTemplate.from_template("x") | ScriptedChatModel(script=Overloaded(1))).invoke({})

    expect(
        recorded,
        """
        session default
          chain RunnableWithFallbacks
            llm gpt-4o-mini
            chain JsonOutputParser [error langchain_core.exceptions.OutputParserException]
          chain RunnableSequence [error KeyError]
            chain ChatPromptTemplate [error KeyError]
          chain RunnableSequence [error ConnectionError]
            llm gpt-4o-mini [error ConnectionError]
        """,
    )


async def test_cancelled_agent(recorded: Recording) -> None:
    """What is cancelled is cancelled down to the model call, of whose end LangChain says nothing."""
    agent = create_agent(SlowModel(script=[]), [], name="slow")
    running = asyncio.create_task(agent.ainvoke(asking()))
    await asyncio.sleep(0.2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    expect(
        recorded,
        """
        session default
          agent slow [cancelled asyncio.exceptions.CancelledError]
            llm gpt-4o-mini [cancelled]
        """,
    )


async def test_cancelled_model_call_without_anything_around(recorded: Recording) -> None:
    """A call that stands by itself ends with its task, though LangChain never ends it."""
    running = asyncio.create_task(SlowModel(script=[]).ainvoke("Go."))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0)

    expect(recorded, "session default\n  llm gpt-4o-mini [cancelled]")


def test_stream_closed_early(recorded: Recording) -> None:
    """A consumer who stops reading is no error; what had come until then is kept."""
    for _ in ScriptedChatModel(script=["One two three."]).stream("Count."):
        if recorded.find("llm"):
            break
    agent = create_agent(ScriptedChatModel(script=["One two three."]), [], name="counter")
    for _ in agent.stream(asking(), stream_mode="messages"):
        break

    recorded.runtime.finish()
    assert [span.status for span in recorded.find("agent")] == ["ok"]
    direct, inside = recorded.find("llm")
    assert (direct.status, direct.attributes[Attr.CLOSED_EARLY]) == ("ok", True)
    assert inside.status in {"ok", "cancelled"}


async def test_abandoned_async_stream(recorded: Recording) -> None:
    """The consumer of an async stream may leave its loop at any time."""
    agent = create_agent(ScriptedChatModel(script=["One two three."]), [], name="counter")
    stream = agent.astream(asking(), stream_mode="messages")
    async for _ in stream:
        break
    await stream.aclose()

    recorded.runtime.finish()
    assert all(span.has_ended for span in recorded.spans)
    assert {span.status for span in recorded.spans} <= {"ok", "cancelled"}


def test_error_inside_a_graph(recorded: Recording) -> None:
    """An error is on every run that it left, with the stack where it was first seen."""
    graph = StateGraph(MessagesState)
    graph.add_node("divide", lambda _: 1 / 0)
    graph.add_edge(START, "divide")
    with pytest.raises(ZeroDivisionError):
        graph.compile(name="maths").invoke(asking())

    expect(
        recorded,
        """
        session default
          workflow maths [error ZeroDivisionError]
            operation divide [error ZeroDivisionError]
        """,
    )
    stacks = {span.name: span.error.stack for span in recorded.spans if span.error is not None}
    assert "1 / 0" in str(stacks["divide"])
    assert stacks["maths"] is None
