"""Ways in, and what is around what: handlers, threads, tasks, consumers' loops, decorated functions, sessions."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import BaseTool, tool

import agentops
from agentops.integration.callbacks.langchain import AsyncLangchainCallbackHandler, LangchainCallbackHandler
from agentops.testing import Recording, recording
from agentops_langchain import AgentOpsCallbackHandler
from agentops_langchain.scripted import ScriptedChatModel, ask_for
from tests.integrations.langchain.trees import asking, expect


@agentops.operation
def look_up(x: int) -> int:
    """A function of the user's own."""
    return x + 1


@tool
def lookup(x: int) -> int:
    """Look something up."""
    return look_up(x)


def agent(*tools: BaseTool, name: str = "planner") -> Any:
    """Return an agent that calls each of its tools once, all in one answer."""
    calls = [ask_for(item.name, {"x": 1}, f"call_{index}") for index, item in enumerate(tools)]
    return create_agent(ScriptedChatModel(script=[AIMessage("", tool_calls=calls), "Done."]), list(tools), name=name)


AGENT = """\
  agent planner
    llm gpt-4o-mini
    tool lookup
      operation look_up
    llm gpt-4o-mini"""

ASYNC_AGENT = AGENT if sys.version_info >= (3, 11) else AGENT.replace("    llm gpt-4o-mini\n", "").rsplit("\n", 1)[0]
"""On Python 3.10 LangChain itself does not tell a handler of what a node awaits."""


def test_handlers_beside_each_other_record_once(recorded: Recording) -> None:
    """A run that is recorded anyway, and that is given one handler or two, is one run."""
    one, two = AgentOpsCallbackHandler(), AgentOpsCallbackHandler()
    agent(lookup).invoke(asking(), {"callbacks": [one]})
    agent(lookup).invoke(asking(), {"callbacks": [one, two]})
    model = ScriptedChatModel(script=["Hi."], callbacks=[one])
    (ChatPromptTemplate.from_template("Hi.") | model).invoke({})

    expect(recorded, f"session default\n{AGENT}\n{AGENT}\n  chain RunnableSequence\n    llm gpt-4o-mini")


def test_handler_alone_records_what_it_is_given_to() -> None:
    """Without the integration a handler records its runs and nothing else; also on the event loop."""
    with recording() as recorded:
        handler = {"callbacks": [AgentOpsCallbackHandler()]}
        agent(lookup).invoke(asking(), handler)
        asyncio.run(agent(lookup).ainvoke(asking(), handler))
        agent(name="unrecorded").invoke(asking())
    assert recorded.outline() == f"session default\n{AGENT}\n{ASYNC_AGENT}"


def test_a_handler_tags_the_sessions_of_its_runs() -> None:
    """Also of a run that is one model call, and once; a session that it is not given to stays without."""
    handler = AgentOpsCallbackHandler(tags=["beta"])
    with recording() as recorded:
        for name, callbacks in (("tagged", [handler]), ("called", [handler]), ("plain", [AgentOpsCallbackHandler()])):
            with agentops.start_session(name):
                if name == "called":
                    ScriptedChatModel(script=["Hi."]).invoke("Hello", {"callbacks": callbacks})
                else:
                    agent(lookup).invoke(asking(), {"callbacks": callbacks})
    assert [(one.name, one.tags) for one in recorded.sessions] == [
        ("tagged", ["beta"]), ("called", ["beta"]), ("plain", []),
    ]  # fmt: skip


def test_handlers_of_agentops_04() -> None:
    """The handlers of AgentOps 0.4 are at their old address, take its arguments, and record into tagged sessions."""
    with recording() as recorded, agentops.start_session("s"):
        agent(lookup).invoke(asking(), {"callbacks": [LangchainCallbackHandler(tags=["old"])]})
        handler = AsyncLangchainCallbackHandler("no-key", ["newer"], auto_session=True)
        asyncio.run(agent(lookup).ainvoke(asking(), {"callbacks": [handler]}))
    assert recorded.outline() == f"session s\n{AGENT}\n{ASYNC_AGENT}"
    assert recorded.sessions[0].tags == ["old", "newer"]


def test_handler_of_agentops_04_begins_a_session(agentops_home: Path) -> None:
    """Where nothing was initialised, making the handler does it: the run is on the disk when the program ends."""
    program = (
        "from agentops.integration.callbacks.langchain import LangchainCallbackHandler\n"
        "from agentops_langchain.scripted import ScriptedChatModel\n"
        "handler = LangchainCallbackHandler(api_key=None, tags=['old'])\n"
        "ScriptedChatModel(script=['Hi.']).invoke('Hello', config={'callbacks': [handler]})\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    [segment] = (agentops_home / "spool" / "local").glob("*.jsonl")
    assert '"chat gpt-4o-mini"' in segment.read_text()
    assert '"stringValue":"old"' in segment.read_text()


def test_what_tools_call_is_below_them(recorded: Recording) -> None:
    """Decorated functions, models and agents in tools are below these tools, in sync and async runs alike."""

    @tool
    async def delegate(x: int) -> str:
        """Ask another agent."""
        look_up(x)
        await agent(name="worker").ainvoke(asking())
        return str((await ScriptedChatModel(script=["Hi."]).ainvoke("Hi.")).content)

    asyncio.run(agent(delegate).ainvoke(asking()))
    expect(
        recorded,
        """
        session default
          agent planner
            llm gpt-4o-mini
            tool delegate
              operation look_up
              agent worker
                llm gpt-4o-mini
              llm gpt-4o-mini
            llm gpt-4o-mini
        """,
    )


def test_agents_are_below_what_calls_them(recorded: Recording) -> None:
    """A run inside a decorated function is below that function."""

    @agentops.task
    def answer() -> None:
        agent(lookup).invoke(asking())

    answer()
    body = "\n".join(f"  {line}" for line in AGENT.splitlines())
    expect(recorded, f"session default\n  task answer\n{body}")


def test_threads_of_tools(recorded: Recording) -> None:
    """With agentops' own context in threads, what a tool does in a pool or a plain thread stays below the tool."""
    agentops.enable("threads")

    @tool
    def fan_out(x: int) -> int:
        """Do things at once."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(look_up, [x]))
        thread = threading.Thread(target=ScriptedChatModel(script=["Hi."]).invoke, args=("Hi.",))
        thread.start()
        thread.join()
        return x

    try:
        agent(fan_out).invoke(asking())
    finally:
        agentops.disable("threads")
    expect(
        recorded,
        """
        session default
          agent planner
            llm gpt-4o-mini
            tool fan_out
              operation look_up
              llm gpt-4o-mini
            llm gpt-4o-mini
        """,
    )


def test_nothing_leaks_into_the_consumers_loop(recorded: Recording) -> None:
    """What the consumer of a stream does in its loop is its own, not a part of the call that is being streamed."""
    for chunk in ScriptedChatModel(script=["One two."]).stream("Count."):
        if chunk.content == "two.":
            look_up(1)
            ScriptedChatModel(script=["Hi."], model_name="gpt-4o").invoke("Hi.")
    parts = agent(lookup).stream(asking())
    next(parts)
    look_up(2)
    list(parts)

    recorded.runtime.finish()
    top = [f"{span.kind} {span.name}" for span in recorded.spans if span.parent is recorded.sessions[0].root]
    assert sorted(top) == [
        "agent planner",
        "llm gpt-4o",
        "llm gpt-4o-mini",
        "operation look_up",
        "operation look_up",
    ]


def test_batches(recorded: Recording) -> None:
    """Each input of a batch is a run of its own, sync and async."""
    chain = ChatPromptTemplate.from_template("{x}") | ScriptedChatModel(script=["Hi."])
    chain.batch([{"x": "1"}, {"x": "2"}])
    asyncio.run(chain.abatch([{"x": "3"}, {"x": "4"}]))
    expect(recorded, "session default" + 4 * "\n  chain RunnableSequence\n    llm gpt-4o-mini")
    assert sorted(str(span.input) for span in recorded.find("chain")) == [f"{{'x': '{n}'}}" for n in (1, 2, 3, 4)]


def test_event_streams_give_the_same_tree(recorded: Recording) -> None:
    """``astream_events`` adds a handler of LangChain's own beside ours and changes nothing."""

    async def read() -> None:
        async for _ in agent(lookup).astream_events(asking(), version="v2"):
            pass

    asyncio.run(read())
    expect(recorded, f"session default\n{AGENT}")


def test_session_inside_a_node(recorded: Recording) -> None:
    """A session that a tool starts is one of its own, linked to the tool that it was started in."""

    @tool
    def separate(x: int) -> int:
        """Do it on the record of another session."""
        with agentops.start_session("inner"):
            return look_up(x)

    with agentops.start_session("outer"):
        agent(separate).invoke(asking())
    outer, inner = recorded.sessions
    assert recorded.outline(inner) == "session inner\n  operation look_up"
    assert inner.outer is recorded.find("tool", "separate")[0]
    assert "look_up" not in recorded.outline(outer)
