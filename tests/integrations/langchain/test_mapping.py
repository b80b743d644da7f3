"""What LangChain and LangGraph programs look like as trees."""

import operator
from typing import Annotated, Any, TypedDict

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, PIIMiddleware, SummarizationMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, Send, interrupt

from agentops.semconv import GenAI
from agentops.semconv import Span as Attr
from agentops.testing import Recording
from agentops_langchain.scripted import ScriptedChatModel, ask_for
from tests.integrations.langchain.trees import asking, expect


class Findings(TypedDict):
    """What several nodes find is gathered."""

    found: Annotated[list[str], operator.add]


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_agent_with_parallel_tools(recorded: Recording) -> None:
    """An agent contains its model calls and tools, with all that its model said about them; wrappers are not shown."""
    calls = [ask_for("add", {"a": 1, "b": 2}, "call_1"), ask_for("add", {"a": 3, "b": 4}, "call_2")]
    usage = {
        "input_tokens": 120,
        "output_tokens": 30,
        "total_tokens": 150,
        "input_token_details": {"cache_read": 64, "cache_creation": 16},
        "output_token_details": {"reasoning": 12},
    }
    model = ScriptedChatModel(script=[AIMessage("", tool_calls=calls, usage_metadata=usage), "3 and 7."])
    agent = create_agent(model, [add], name="calculator", system_prompt="You calculate.")

    agent.invoke(asking("What is 1 + 2, and 3 + 4?"), config={"run_name": "my run"})

    expect(
        recorded,
        """
        session default
          agent calculator
            llm gpt-4o-mini
            tool add
            tool add
            llm gpt-4o-mini
        """,
    )
    agent_span = recorded.find("agent")[0]
    assert agent_span.input == "What is 1 + 2, and 3 + 4?"
    assert agent_span.output == "3 and 7."
    first, second = recorded.find("llm")
    question = {"role": "user", "parts": [{"type": "text", "content": "What is 1 + 2, and 3 + 4?"}]}
    system = {"role": "system", "parts": [{"type": "text", "content": "You calculate."}]}
    request = {
        "role": "assistant",
        "parts": [
            {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1, "b": 2}},
            {"type": "tool_call", "id": "call_2", "name": "add", "arguments": {"a": 3, "b": 4}},
        ],
    }
    results = [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "3"}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_2", "response": "7"}]},
    ]
    assert first.input == [system, question]
    assert first.output == [{**request, "finish_reason": "tool_calls"}]
    assert second.input == [system, question, request, *results]
    definitions = first.attributes.pop(GenAI.TOOL_DEFINITIONS)
    assert definitions[0]["function"]["name"] == "add"
    del first.attributes[GenAI.INPUT_MESSAGES], first.attributes[GenAI.OUTPUT_MESSAGES]
    assert first.attributes == {
        GenAI.REQUEST_MODEL: "gpt-4o-mini",
        GenAI.PROVIDER_NAME: "openai",
        GenAI.RESPONSE_MODEL: "gpt-4o-mini",
        GenAI.RESPONSE_FINISH_REASONS: ("tool_calls",),
        GenAI.USAGE_INPUT_TOKENS: 120,
        GenAI.USAGE_OUTPUT_TOKENS: 30,
        GenAI.USAGE_CACHE_READ: 64,
        GenAI.USAGE_CACHE_CREATION: 16,
        GenAI.USAGE_REASONING: 12,
    }
    one, two = sorted(recorded.find("tool"), key=lambda span: str(span.attributes[GenAI.TOOL_CALL_ID]))
    assert (one.input, one.output) == ({"a": 1, "b": 2}, "3")
    assert two.attributes == {
        GenAI.TOOL_TYPE: "function",
        GenAI.TOOL_DESCRIPTION: "Add two numbers.",
        GenAI.TOOL_CALL_ID: "call_2",
        GenAI.TOOL_CALL_ARGUMENTS: {"a": 3, "b": 4},
        GenAI.TOOL_CALL_RESULT: "7",
    }


def test_agents_nest_through_tools(recorded: Recording) -> None:
    """An agent that a tool calls, without any config, is below that tool."""
    worker = create_agent(ScriptedChatModel(script=["42"]), [], name="worker")

    @tool
    def delegate(question: str) -> str:
        """Ask the worker."""
        return str(worker.invoke(asking(question))["messages"][-1].content)

    request = AIMessage("", tool_calls=[ask_for("delegate", {"question": "6 * 7?"}, "call_1")])
    boss = create_agent(ScriptedChatModel(script=[request, "It is 42."]), [delegate], name="boss")

    boss.invoke(asking())

    expect(
        recorded,
        """
        session default
          agent boss
            llm gpt-4o-mini
            tool delegate
              agent worker
                llm gpt-4o-mini
            llm gpt-4o-mini
        """,
    )


def test_handoff_is_not_an_error(recorded: Recording) -> None:
    """What LangGraph raises to leave for another agent is a handoff in the tree, and no run is marked as failed."""

    @tool
    def transfer_to_bob(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Hand over to Bob."""
        update = {"messages": [ToolMessage("Bob takes over.", tool_call_id=tool_call_id)]}
        return Command(graph=Command.PARENT, goto="bob", update=update)

    request = AIMessage("", tool_calls=[ask_for("transfer_to_bob", {}, "call_1")])
    alice = create_agent(ScriptedChatModel(script=[request]), [transfer_to_bob], name="alice")
    bob = create_agent(ScriptedChatModel(script=["Bob here."]), [], name="bob")
    graph = StateGraph(MessagesState)
    graph.add_node("alice", alice, destinations=("bob",))
    graph.add_node("bob", bob)
    graph.add_edge(START, "alice")

    graph.compile(name="desk").invoke(asking())

    expect(
        recorded,
        """
        session default
          workflow desk
            agent alice
              llm gpt-4o-mini
              tool transfer_to_bob
              handoff bob
            agent bob
              llm gpt-4o-mini
        """,
    )


def test_interrupt_is_a_human_wait(recorded: Recording) -> None:
    """An interrupt opens a human span beside the run, and the resumption ends it with the answer."""

    def approve(state: MessagesState) -> dict[str, Any]:
        return {"messages": [("user", interrupt({"question": "Refund 20 EUR?"}))]}

    graph = StateGraph(MessagesState)
    graph.add_node("approve", approve)
    graph.add_edge(START, "approve")
    program = graph.compile(checkpointer=InMemorySaver(), name="refund")
    config: Any = {"configurable": {"thread_id": "t-1"}}

    program.invoke(asking(), config)
    [wait] = recorded.find("human")
    assert not wait.has_ended
    program.invoke(Command(resume="yes"), config)

    expect(
        recorded,
        """
        session default
          workflow refund
            operation approve
          human approve
          workflow refund
            operation approve
        """,
    )
    assert (wait.input, wait.output) == ({"question": "Refund 20 EUR?"}, "yes")
    assert recorded.find("workflow")[0].attributes[GenAI.CONVERSATION_ID] == "t-1"


def test_a_node_that_is_an_agent_is_one_span(recorded: Recording) -> None:
    """A node that consists of an agent shows as that agent; what else happens in a node shows in the node."""
    writer = create_agent(ScriptedChatModel(script=["Draft."]), [], name="writer")
    editor = create_agent(ScriptedChatModel(script=["Edited."]), [], name="editor")

    def polish(state: MessagesState) -> dict[str, Any]:
        writer.invoke(asking())
        editor.invoke(asking())
        return {"messages": [ScriptedChatModel(script=["Better?"], model_name="gpt-4o").invoke("Compare.")]}

    graph = StateGraph(MessagesState)
    graph.add_node("writing", writer)
    graph.add_node("polish", polish)
    graph.add_edge(START, "writing")
    graph.add_edge("writing", "polish")
    graph.compile(name="article").invoke(asking("Write about bees."))

    expect(
        recorded,
        """
        session default
          workflow article
            agent writer
              llm gpt-4o-mini
            agent writer
              llm gpt-4o-mini
            agent editor
              llm gpt-4o-mini
            operation polish
              llm gpt-4o
        """,
    )
    assert recorded.find("agent", "writer")[0].input == "Write about bees."
    assert recorded.find("agent", "writer")[0].output == "Draft."


def test_subgraphs_send_and_routers(recorded: Recording) -> None:
    """A subgraph is a workflow in place of its node, each ``Send`` a node of its own; routers are not shown."""

    def research(state: dict[str, Any]) -> dict[str, Any]:
        return {"found": [state["topic"].upper()]}

    def plan(state: Findings) -> dict[str, Any]:
        return {"found": []}

    def route(state: Findings) -> list[Send]:
        return [Send("research", {"topic": topic}) for topic in ("bees", "bees")]

    inner = StateGraph(Findings)
    inner.add_node("collect", plan)
    inner.add_edge(START, "collect")
    graph = StateGraph(Findings)
    graph.add_node("plan", plan)
    graph.add_node("research", research)
    graph.add_node("report", inner.compile(name="reporting"))
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", route, ["research"])
    graph.add_edge("research", "report")
    graph.compile(name="survey").invoke({"found": []})

    expect(
        recorded,
        """
        session default
          workflow survey
            operation plan
            operation research
            operation research
            workflow report
              operation collect
        """,
    )
    assert recorded.find("operation", "research")[0].input == {"topic": "bees"}
    assert recorded.find("operation", "research")[0].output == {"found": ["BEES"]}


def test_functional_api(recorded: Recording) -> None:
    """A function with ``@entrypoint`` is a workflow, its tasks are operations in it."""

    @task
    def summarize(text: str) -> str:
        return str(ScriptedChatModel(script=["Short."]).invoke(text).content)

    @entrypoint()
    def digest(text: str) -> str:
        return summarize(text).result()

    assert digest.invoke("Long.") == "Short."
    expect(
        recorded,
        """
        session default
          workflow digest
            operation summarize
              llm gpt-4o-mini
        """,
    )


def test_hand_built_loop_is_an_agent(recorded: Recording) -> None:
    """The loop of a model node ``agent`` and a ``ToolNode`` is taken for the agent that it is."""
    request = AIMessage("", tool_calls=[ask_for("add", {"a": 1, "b": 2}, "call_1")])
    model = ScriptedChatModel(script=[request, "3."]).bind_tools([add])
    graph = StateGraph(MessagesState)
    graph.add_node("agent", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([add]))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", tools_condition)
    graph.add_edge("tools", "agent")
    graph.compile(name="adder").invoke(asking())

    expect(
        recorded,
        """
        session default
          agent adder
            llm gpt-4o-mini
            tool add
            llm gpt-4o-mini
        """,
    )


def test_handoff_by_command_after_a_model_call(recorded: Recording) -> None:
    """A node that asks its model who is next and goes there hands off; going to the end is no handoff."""
    clerk = create_agent(ScriptedChatModel(script=["Filed."]), [], name="clerk")

    def chief(state: MessagesState) -> Command[Any]:
        ScriptedChatModel(script=["clerk"], model_name="gpt-4o").invoke("Who is next?")
        return Command(goto="clerk" if len(state["messages"]) == 1 else END)

    graph = StateGraph(MessagesState)
    graph.add_node("chief", chief, destinations=("clerk", END))
    graph.add_node("clerk", clerk)
    graph.add_edge(START, "chief")
    graph.add_edge("clerk", "chief")
    graph.compile(name="office").invoke(asking())

    expect(
        recorded,
        """
        session default
          workflow office
            operation chief
              llm gpt-4o
              handoff clerk
            agent clerk
              llm gpt-4o-mini
            operation chief
              llm gpt-4o
        """,
    )
    handoff = recorded.find("handoff")[0]
    assert handoff.attributes == {Attr.HANDOFF_FROM: "chief", Attr.HANDOFF_TO: "clerk"}


def test_approval_of_a_tool_is_a_human_wait(recorded: Recording) -> None:
    """LangChain's human-in-the-loop middleware makes a wait that is named by what is to be approved."""
    request = AIMessage("", tool_calls=[ask_for("add", {"a": 1, "b": 2}, "call_1")])
    agent = create_agent(
        ScriptedChatModel(script=[request, "3."]),
        [add],
        name="careful",
        middleware=[HumanInTheLoopMiddleware(interrupt_on={"add": True})],
        checkpointer=InMemorySaver(),
    )
    config: Any = {"configurable": {"thread_id": "t-1"}}
    agent.invoke(asking(), config)
    agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)

    expect(
        recorded,
        """
        session default
          agent careful
            llm gpt-4o-mini
          human approve add
          agent careful
            tool add
            llm gpt-4o-mini
        """,
    )
    assert recorded.find("human")[0].output == {"decisions": [{"type": "approve"}]}


def test_two_questions_at_once_are_answered_one_by_one(recorded: Recording) -> None:
    """Of several interrupts each is a wait of its own, and only those that are answered end."""

    def ask(state: dict[str, Any]) -> dict[str, Any]:
        return {"found": [interrupt(state["topic"])]}

    graph = StateGraph(Findings)
    graph.add_node("ask", ask)
    graph.add_conditional_edges(START, lambda _: [Send("ask", {"topic": topic}) for topic in "ab"], ["ask"])
    program = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t-1"}}
    asked = program.invoke({"found": []}, config)["__interrupt__"]
    program.invoke(Command(resume={asked[0].id: "yes"}), config)

    waits = {wait.input: wait for wait in recorded.find("human")}
    assert set(waits) == {"a", "b"}
    answered, waiting = waits[asked[0].value], waits[asked[1].value]
    assert (answered.output, waiting.has_ended) == ("yes", False)
    program.invoke(Command(resume="no"), config)
    assert waiting.output == "no"


def test_middleware_shows_when_it_asks_a_model(recorded: Recording) -> None:
    """A middleware that asks a model is a node around that call; the others leave no trace."""
    small = ScriptedChatModel(script=["They greeted."], model_name="gpt-4o-nano")
    agent = create_agent(
        ScriptedChatModel(script=["Hello."]),
        [],
        name="host",
        middleware=[
            SummarizationMiddleware(small, trigger=("messages", 2), keep=("messages", 1)),
            PIIMiddleware("email"),
        ],
    )
    agent.invoke({"messages": [("user", "Hi."), ("ai", "Hi!"), ("user", "How are you?")]})

    expect(
        recorded,
        """
        session default
          agent host
            operation SummarizationMiddleware.before_model
              llm gpt-4o-nano
            llm gpt-4o-mini
        """,
    )
