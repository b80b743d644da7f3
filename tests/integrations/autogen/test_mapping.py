"""Teams, agents, handoffs and people become the tree that AutoGen's user has in mind."""

import asyncio
import inspect
import json
from collections.abc import Sequence
from typing import Any

import pytest
from autogen_agentchat.agents import (
    BaseChatAgent,
    MessageFilterAgent,
    MessageFilterConfig,
    PerSourceFilter,
    SocietyOfMindAgent,
    UserProxyAgent,
)
from autogen_agentchat.base import Handoff, Response, TaskResult
from autogen_agentchat.conditions import (
    HandoffTermination,
    TextMentionTermination,
)
from autogen_agentchat.messages import BaseChatMessage, TextMessage
from autogen_agentchat.teams import (
    BaseGroupChat,
    DiGraphBuilder,
    GraphFlow,
    MagenticOneGroupChat,
    RoundRobinGroupChat,
    SelectorGroupChat,
    Swarm,
)
from autogen_agentchat.tools import AgentTool, TeamTool
from autogen_core import CancellationToken
from pydantic import BaseModel

import agentops
from agentops.semconv import GenAI
from agentops.semconv import Span as Attr
from agentops.testing import Recording
from agentops_autogen.scripted import Answer
from tests.integrations.autogen.runs import PAIR, add, agent, call, check, model, pair

takes_teams = pytest.mark.skipif(
    "Team" not in str(inspect.signature(BaseGroupChat.__init__).parameters["participants"].annotation),
    reason="teams in teams came with autogen-agentchat 0.6.5",
)


def team(*participants: Any, turns: int, **settings: Any) -> RoundRobinGroupChat:
    """A round robin in which the participants speak so many times in all."""
    return RoundRobinGroupChat(list(participants), max_turns=turns, **settings)


def test_a_team_is_a_workflow_of_its_agents_turns(recorded: Recording) -> None:
    """What was asked, what each agent read and said, and why the team stopped."""
    asyncio.run(pair().run(task="What is 1 + 2?"))
    assert check(recorded) == PAIR
    [workflow] = recorded.find("workflow")
    assert workflow.input == "What is 1 + 2?"
    assert workflow.output == {
        "content": "Three.",
        "stop_reason": "Maximum number of messages 3 reached, current message count: 3",
    }
    [researcher, writer] = recorded.find("agent")
    assert (researcher.input, researcher.output) == ("What is 1 + 2?", "It is 3.")
    assert writer.input == [
        {"source": "user", "content": "What is 1 + 2?"},
        {"source": "researcher", "content": "It is 3."},
    ]
    assert (
        researcher.attributes[GenAI.AGENT_DESCRIPTION] == "An agent that provides assistance with ability to use tools."
    )
    assert {span.origin for span in recorded.spans[1:]} == {"autogen"}


def test_an_agent_runs_without_a_team(recorded: Recording) -> None:
    """All four ways to call an agent give the same node, once."""
    cancellation = CancellationToken()
    said = [TextMessage(content="Hello", source="user")]

    async def run() -> None:
        await agent("planner").run(task="Hello")
        async for _ in agent("planner").run_stream(task="Hello"):
            pass
        await agent("planner").on_messages(said, cancellation)
        async for _ in agent("planner").on_messages_stream(said, cancellation):
            pass

    asyncio.run(run())
    assert check(recorded) == "session default" + 4 * "\n  agent planner\n    llm gpt-4o-mini"
    assert {(span.input, span.output) for span in recorded.find("agent")} == {("Hello", "Done.")}


def test_a_selector_shows_its_choices(recorded: Recording) -> None:
    """The model calls by which a speaker is chosen are the choice's, and it says who was chosen."""
    speakers = model("writer", "editor")
    chat = SelectorGroupChat([agent("writer"), agent("editor")], speakers, max_turns=2, allow_repeated_speaker=True)
    asyncio.run(chat.run(task="Write."))
    assert (
        check(recorded)
        == """\
session default
  workflow SelectorGroupChat
    operation select_speaker
      llm gpt-4o-mini
    agent writer
      llm gpt-4o-mini
    operation select_speaker
      llm gpt-4o-mini
    agent editor
      llm gpt-4o-mini"""
    )
    assert [span.output for span in recorded.find("operation")] == ["writer", "editor"]


def test_a_swarm_hands_over(recorded: Recording) -> None:
    """The tool call by which an agent hands over is a handoff from and to; the next agent is a sibling."""
    triage = agent("triage", [call(("transfer_to_refunds", "{}"))], handoffs=["refunds"])
    refunds = agent(
        "refunds",
        [call(("add", '{"a": 1, "b": 1}'), ("ask", "{}"))],
        tools=[add],
        handoffs=[Handoff(target="user", name="ask")],
    )
    swarm = Swarm([triage, refunds], termination_condition=HandoffTermination("user"))
    asyncio.run(swarm.run(task="I want my money back."))
    assert (
        check(recorded)
        == """\
session default
  workflow Swarm
    agent triage
      llm gpt-4o-mini
      handoff refunds
    agent refunds
      llm gpt-4o-mini
      handoff user
      tool add"""
    )
    [first, second] = recorded.find("handoff")
    assert (first.attributes[Attr.HANDOFF_FROM], first.attributes[Attr.HANDOFF_TO]) == ("triage", "refunds")
    assert first.attributes[GenAI.TOOL_NAME] == "transfer_to_refunds"
    assert second.attributes[GenAI.TOOL_NAME] == "ask"
    assert first.output == "Transferred to refunds, adopting the role of refunds immediately."


LEDGER = {
    "is_request_satisfied": {"reason": "", "answer": False},
    "is_in_loop": {"reason": "", "answer": False},
    "is_progress_being_made": {"reason": "", "answer": True},
    "next_speaker": {"reason": "", "answer": "surfer"},
    "instruction_or_question": {"reason": "", "answer": "Look it up."},
}


def test_magentic_one_shows_its_orchestrator_as_an_agent(recorded: Recording) -> None:
    """Its planning, its ledger and its final answer are turns of the orchestrator."""
    done = {**LEDGER, "is_request_satisfied": {"reason": "", "answer": True}}
    orchestrator = model("Facts.", "Plan.", json.dumps(LEDGER), json.dumps(done), "It is 42.")
    asyncio.run(MagenticOneGroupChat([agent("surfer"), agent("coder")], orchestrator).run(task="What is it?"))
    assert (
        check(recorded)
        == """\
session default
  workflow MagenticOneGroupChat
    agent MagenticOneOrchestrator
      llm gpt-4o-mini
      llm gpt-4o-mini
      llm gpt-4o-mini
    agent surfer
      llm gpt-4o-mini
    agent MagenticOneOrchestrator
      llm gpt-4o-mini
      llm gpt-4o-mini"""
    )
    assert [span.input for span in recorded.find("agent", "MagenticOneOrchestrator")] == ["What is it?", "Done."]


def test_a_graph_runs_agents_in_parallel(recorded: Recording) -> None:
    """Agents of a fan-out run at the same time under the one workflow, and do not swallow each other's calls."""
    draft, facts, style, final = (
        agent(name, [Answer(text=name, seconds=seconds)])
        for name, seconds in (("draft", 0), ("facts", 0.05), ("style", 0.02), ("final", 0))
    )
    builder = DiGraphBuilder()
    for node in (draft, facts, style, final):
        builder.add_node(node)
    builder.add_edge(draft, facts).add_edge(draft, style).add_edge(facts, final).add_edge(style, final)
    asyncio.run(GraphFlow([draft, facts, style, final], builder.build()).run(task="Write."))
    assert (
        check(recorded)
        == """\
session default
  workflow GraphFlow
    agent draft
      llm gpt-4o-mini
    agent facts
      llm gpt-4o-mini
    agent style
      llm gpt-4o-mini
    agent final
      llm gpt-4o-mini"""
    )
    [facts_span], [style_span] = recorded.find("agent", "facts"), recorded.find("agent", "style")
    assert style_span.start_ns < facts_span.end_ns, "they ran at the same time"
    for span in recorded.find("agent"):
        assert span.output == span.name


@takes_teams
def test_a_team_in_a_team(recorded: Recording) -> None:
    """An inner team is a workflow inside the outer one, between its agents."""
    inner = team(agent("researcher"), agent("checker"), turns=2, name="research")
    outer = team(inner, agent("writer"), turns=2, name="newsroom")
    asyncio.run(outer.run(task="Write."))
    assert (
        check(recorded)
        == """\
session default
  workflow newsroom
    workflow research
      agent researcher
        llm gpt-4o-mini
      agent checker
        llm gpt-4o-mini
    agent writer
      llm gpt-4o-mini"""
    )


def test_a_society_of_mind_is_an_agent_with_a_team_inside(recorded: Recording) -> None:
    """The inner team's run and the summing up are parts of the agent's turn."""
    mind = SocietyOfMindAgent("mind", team(agent("left"), agent("right"), turns=2), model("Both agree."))
    asyncio.run(team(mind, turns=1).run(task="Think."))
    assert (
        check(recorded)
        == """\
session default
  workflow RoundRobinGroupChat
    agent mind
      workflow RoundRobinGroupChat
        agent left
          llm gpt-4o-mini
        agent right
          llm gpt-4o-mini
      llm gpt-4o-mini"""
    )


def test_agents_and_teams_as_tools(recorded: Recording) -> None:
    """What is called as a tool is below the tool call; its result is the text that the model reads."""
    poet = agent("poet", ["Roses are red."])
    crowd = team(agent("fan", ["Bravo!"]), turns=1)
    asked = call(("poet", '{"task": "A line, please."}'), ("crowd", '{"task": "Cheer."}'))
    tools = [AgentTool(poet), TeamTool(crowd, name="crowd", description="Cheers.")]
    host = agent("host", [asked, "What a poem."], tools=tools, reflect_on_tool_use=True)
    asyncio.run(host.run(task="Entertain us."))
    check(recorded)
    [node] = recorded.tree()[0]["children"]
    below = {child["name"]: child.get("children") for child in node["children"] if child["kind"] == "tool"}
    assert below == {
        "poet": [{"kind": "agent", "name": "poet", "children": [{"kind": "llm", "name": "gpt-4o-mini"}]}],
        "crowd": [
            {
                "kind": "workflow",
                "name": "RoundRobinGroupChat",
                "children": [{"kind": "agent", "name": "fan", "children": [{"kind": "llm", "name": "gpt-4o-mini"}]}],
            }
        ],
    }
    assert [span.output for span in recorded.find("tool")] == ["poet: Roses are red.", "fan: Bravo!"]


def test_a_person_is_a_human_node(recorded: Recording) -> None:
    """The time that a person takes is neither an agent's nor a model's."""
    person = UserProxyAgent("reviewer", input_func=lambda prompt: "APPROVE")
    chat = team(agent("writer", ["A draft."]), person, turns=9, termination_condition=TextMentionTermination("APPROVE"))
    asyncio.run(chat.run(task="Write."))
    assert (
        check(recorded)
        == """\
session default
  workflow RoundRobinGroupChat
    agent writer
      llm gpt-4o-mini
    human reviewer"""
    )
    [human] = recorded.find("human")
    assert human.output == "APPROVE"


def test_a_person_hands_back(recorded: Recording) -> None:
    """A handoff that no tool call asked for is recorded as well."""

    async def answer(prompt: str, cancellation_token: CancellationToken | None) -> str:
        return "Number 17."

    triage = agent("triage", [call(("transfer_to_customer", "{}")), "Thank you."], handoffs=["customer"])
    swarm = Swarm([triage, UserProxyAgent("customer", input_func=answer)], max_turns=3)
    asyncio.run(swarm.run(task="Refund me."))
    assert (
        check(recorded)
        == """\
session default
  workflow Swarm
    agent triage
      llm gpt-4o-mini
      handoff customer
    human customer
      handoff triage
    agent triage
      llm gpt-4o-mini"""
    )


def test_a_filter_around_an_agent_is_not_an_agent_of_its_own(recorded: Recording) -> None:
    """A ``MessageFilterAgent`` goes by the name of the agent that it wraps."""
    settings = MessageFilterConfig(per_source=[PerSourceFilter(source="user", position="first", count=1)])
    filtered = MessageFilterAgent("writer", wrapped_agent=agent("writer"), filter=settings)
    asyncio.run(team(filtered, turns=1).run(task="Write."))
    check(recorded)
    assert recorded.outline().splitlines()[2:] == ["    agent writer", "      llm gpt-4o-mini"]


def test_a_filter_around_an_agent_that_hands_over(recorded: Recording) -> None:
    """The handoff is one node, and a call that reaches no tool is shown, as without the filter."""
    settings = MessageFilterConfig(per_source=[PerSourceFilter(source="user", position="first", count=1)])
    inner = agent("triage", [call(("transfer_to_refunds", "{}"), ("nothing", "{}"))], handoffs=["refunds"])
    filtered = MessageFilterAgent("triage", wrapped_agent=inner, filter=settings)
    asyncio.run(Swarm([filtered, agent("refunds")], max_turns=2).run(task="Refund me."))
    assert (
        check(recorded)
        == """\
session default
  workflow Swarm
    agent triage
      llm gpt-4o-mini
      handoff refunds
      tool nothing
    agent refunds
      llm gpt-4o-mini"""
    )


class Echo(BaseChatAgent):
    """An agent of a user's own, which knows only ``on_messages``."""

    produced_message_types = (TextMessage,)

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        with_span = agentops.current_span()
        assert with_span is None or (with_span.kind, with_span.name) == ("agent", self.name)
        return Response(chat_message=TextMessage(content=messages[-1].to_text(), source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Nothing to forget."""


class Shout(Echo):
    """An agent that builds on another."""

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        response = await super().on_messages(messages, cancellation_token)
        return Response(chat_message=TextMessage(content=f"{response.chat_message.to_text()}!", source=self.name))


def test_agents_of_a_users_own(recorded: Recording) -> None:
    """Classes made before and after enabling are recorded; what they inherit is not recorded twice."""

    class Late(Shout):
        pass

    asyncio.run(
        team(Echo("echo", "Repeats."), Shout("shout", "Shouts."), Late("late", "Late."), turns=3).run(task="Hi")
    )
    check(recorded)
    assert [(span.name, span.output) for span in recorded.find("agent")] == [
        ("echo", "Hi"),
        ("shout", "Hi!"),
        ("late", "Hi!!"),
    ]


def test_structured_answers_keep_their_fields(recorded: Recording) -> None:
    """An answer by a schema is recorded as its fields, not as its text."""

    class Verdict(BaseModel):
        score: int
        reason: str

    judge = agent("judge", ['{"score": 7, "reason": "Clear."}'], output_content_type=Verdict)
    asyncio.run(judge.run(task="Judge."))
    check(recorded)
    assert recorded.find("agent")[0].output == {"score": 7, "reason": "Clear."}


def test_streaming_gives_the_same_tree_and_leaks_nothing(recorded: Recording) -> None:
    """In the body of ``async for`` what was current before is current, at each item."""

    async def run() -> None:
        with agentops.start_session("mine") as session:
            async for _ in pair(model_client_stream=True).run_stream(task="What is 1 + 2?"):
                assert agentops.current_span() is session.root
            assert agentops.current_span() is session.root

    asyncio.run(run())
    assert check(recorded) == PAIR.replace("session default", "session mine")


@pytest.mark.parametrize("closes", [True, False])
def test_a_stream_left_early_ends_its_spans(recorded: Recording, closes: bool) -> None:
    """``break`` ends the run's spans, whoever closes the stream, and the next run is no part of it."""

    async def run() -> None:
        stream = pair().run_stream(task="What is 1 + 2?")
        async for message in stream:
            if isinstance(message, TextMessage) and message.source == "researcher":
                break
        if closes:
            await stream.aclose()
        del stream  # the event loop closes what is left, in a task of its own
        while not recorded.find("workflow")[0].has_ended:  # noqa: ASYNC110 - nothing tells the end
            await asyncio.sleep(0)
        assert agentops.current_span() is None
        await agent("next").run(task="Go on.")

    asyncio.run(run())
    assert check(recorded) == PAIR + "\n  agent next\n    llm gpt-4o-mini"
    assert recorded.find("workflow")[0].attributes[Attr.CLOSED_EARLY] is True


def test_a_response_is_the_end_of_a_turn(recorded: Recording) -> None:
    """Who stops reading an agent's stream at its response has not left it early."""

    async def run() -> None:
        said = [TextMessage(content="Hello", source="user")]
        stream = agent("planner").on_messages_stream(said, CancellationToken())
        async for item in stream:
            if isinstance(item, Response):
                break
        assert recorded.find("agent")[0].status == "ok"
        await stream.aclose()

    asyncio.run(run())
    check(recorded)
    assert Attr.CLOSED_EARLY not in recorded.find("agent")[0].attributes


def test_cancellation_is_no_error(recorded: Recording) -> None:
    """A token that is cancelled ends the model call, the agent and the team as cancelled."""
    slow = agent("slow", [Answer(text="Never.", seconds=30)])

    async def run() -> None:
        token = CancellationToken()
        running = asyncio.ensure_future(team(slow, turns=1).run(task="Wait.", cancellation_token=token))
        while not recorded.find("llm"):  # noqa: ASYNC110 - the call itself would have to set an event
            await asyncio.sleep(0)
        token.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())
    assert (
        check(recorded)
        == """\
session default
  workflow RoundRobinGroupChat [cancelled asyncio.exceptions.CancelledError]
    agent slow [cancelled asyncio.exceptions.CancelledError]
      llm gpt-4o-mini [cancelled asyncio.exceptions.CancelledError]"""
    )


def test_a_timeout_waits_for_what_autogen_waits_for(recorded: Recording) -> None:
    """A cancelled task ends its team as cancelled, after the agents that AutoGen lets finish."""
    slow = agent("slow", [Answer(text="Late.", seconds=0.1)])

    async def run() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(team(slow, turns=1).run(task="Wait."), 0.02)

    asyncio.run(run())
    assert (
        check(recorded)
        == """\
session default
  workflow RoundRobinGroupChat [cancelled asyncio.exceptions.CancelledError]
    agent slow
      llm gpt-4o-mini"""
    )


def test_an_error_names_its_type_where_it_happened(recorded: Recording) -> None:
    """AutoGen turns an agent's exception into a RuntimeError of text; the tree keeps what it was."""
    failing = agent("researcher", [ConnectionError("the model is down")])
    with pytest.raises(RuntimeError, match="the model is down"):
        asyncio.run(team(failing, turns=1).run(task="Look."))
    assert (
        check(recorded)
        == """\
session default
  workflow RoundRobinGroupChat [error RuntimeError]
    agent researcher [error ConnectionError]
      llm gpt-4o-mini [error ConnectionError]"""
    )
    [llm] = recorded.find("llm")
    assert llm.error is not None
    assert llm.error.message == "the model is down"
    assert "in create" in (llm.error.stack or "")


def test_a_team_runs_again(recorded: Recording) -> None:
    """The same team's second run is a second workflow."""
    chat = team(agent("writer", ["One.", "Two."]), turns=1)

    async def run() -> None:
        await chat.run(task="First.")
        await chat.run(task="Second.")

    asyncio.run(run())
    check(recorded)
    assert [(span.input, span.output["content"]) for span in recorded.find("workflow")] == [  # type: ignore[index]
        ("First.", "One."),
        ("Second.", "Two."),
    ]


def test_a_user_sees_the_result_of_autogen_unchanged(recorded: Recording) -> None:
    """The messages that a run returns are those of a run that is not recorded."""
    with_us: TaskResult = asyncio.run(pair().run(task="What is 1 + 2?"))
    agentops.disable("autogen")
    without: TaskResult = asyncio.run(pair().run(task="What is 1 + 2?"))
    assert [(item.source, item.to_text()) for item in with_us.messages] == [
        (item.source, item.to_text()) for item in without.messages
    ]
