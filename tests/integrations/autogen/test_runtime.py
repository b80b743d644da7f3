"""Messages are handled under the span from which they were sent, whoever started the runtime."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import pytest
from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage, TextMessage
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import (
    AgentId,
    CancellationToken,
    ClosureAgent,
    ClosureContext,
    DefaultTopicId,
    MessageContext,
    RoutedAgent,
    SingleThreadedAgentRuntime,
    TypeSubscription,
    default_subscription,
    message_handler,
)
from autogen_core.models import UserMessage

import agentops
from agentops import Recorder, Span, activate
from agentops.semconv import GenAI
from agentops.testing import Recording
from tests.integrations.autogen.runs import PAIR, add, agent, call, check, model


@dataclass
class Task:
    text: str


@dataclass
class Draft:
    text: str


def on(runtime: SingleThreadedAgentRuntime) -> RoundRobinGroupChat:
    """The usual pair, on a runtime of the user's own."""
    researcher = agent(
        "researcher", [call(("add", '{"a": 1, "b": 2}')), "It is 3."], tools=[add], reflect_on_tool_use=True
    )
    return RoundRobinGroupChat([researcher, agent("writer", ["Three."])], max_turns=2, runtime=runtime)


async def test_a_runtime_that_was_started_in_another_session(recorded: Recording) -> None:
    """Each team's run is whole, and in the session in which it was started, though all go through one runtime."""
    runtime = SingleThreadedAgentRuntime()

    async def run(name: str) -> None:
        with agentops.start_session(name):
            await on(runtime).run(task="What is 1 + 2?")

    with agentops.start_session("start-up"):
        runtime.start()
        await run("within")
    await asyncio.gather(run("left"), run("right"))
    await runtime.stop_when_idle()
    check(recorded)
    outlines = {session.name: recorded.outline(session) for session in recorded.sessions}
    assert outlines.pop("start-up") == "session start-up"
    assert outlines == {name: PAIR.replace("default", name) for name in ("within", "left", "right")}


async def test_a_runtime_that_was_started_inside_a_run_of_another_framework(recorded: Recording) -> None:
    """What another framework takes for current in the runtime's context is not taken for the parent there."""
    foreign: ContextVar[Span | None] = ContextVar("foreign", default=None)
    other = Recorder("other")
    forget = other.add_parent_resolver(foreign.get)
    runtime = SingleThreadedAgentRuntime()

    async def run() -> None:
        foreign.set(None)
        with agentops.start_session("later"):
            await on(runtime).run(task="What is 1 + 2?")

    with agentops.start_session("earlier"), other.span("agent", "a"), other.span("tool", "b") as deep:
        foreign.set(deep)
        runtime.start()
        with activate(None):
            await asyncio.create_task(run())
    assert forget is not None
    forget()
    await runtime.stop_when_idle()
    check(recorded)
    assert {session.name: recorded.outline(session) for session in recorded.sessions} == {
        "earlier": "session earlier\n  agent a\n    tool b",
        "later": PAIR.replace("default", "later"),
    }


class Opener(BaseChatAgent):
    """Starts a runtime, and stays at work until it is done."""

    produced_message_types = (TextMessage,)

    def __init__(self, name: str, runtime: SingleThreadedAgentRuntime) -> None:
        super().__init__(name, "Opens.")
        self.runtime = runtime
        self.started, self.done = asyncio.Event(), asyncio.Event()

    async def on_messages(self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken) -> Response:
        self.runtime.start()
        self.started.set()
        await self.done.wait()
        return Response(chat_message=TextMessage(content="Open.", source=self.name))

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Nothing to forget."""


async def test_a_runtime_that_was_started_inside_an_agent(recorded: Recording) -> None:
    """An agent that starts a runtime is no part of what others do with it, not even where they have its name."""
    runtime = SingleThreadedAgentRuntime()
    opener = Opener("researcher", runtime)

    async def earlier() -> None:
        with agentops.start_session("earlier"):
            await opener.run(task="Open.")

    async def later() -> None:
        await opener.started.wait()
        with agentops.start_session("later"):
            await on(runtime).run(task="What is 1 + 2?")
        opener.done.set()

    await asyncio.gather(later(), earlier())
    await runtime.stop_when_idle()
    check(recorded)
    assert {session.name: recorded.outline(session) for session in recorded.sessions} == {
        "earlier": "session earlier\n  agent researcher",
        "later": PAIR.replace("default", "later"),
    }


class Reviewer(RoutedAgent):
    """Answers, asking a model."""

    @message_handler
    async def on_draft(self, message: Draft, ctx: MessageContext) -> Task:
        result = await model("Shorter, please.").create([UserMessage(content=message.text, source="user")])
        return Task(str(result.content))


class Writer(RoutedAgent):
    """Asks the reviewer and waits for it."""

    @message_handler
    async def on_task(self, message: Task, ctx: MessageContext) -> Draft:
        await model("A long draft.").create([UserMessage(content=message.text, source="user")])
        review = await self.send_message(Draft("A long draft."), AgentId("reviewer", "default"))
        return Draft(f"A draft. ({review.text})")


async def test_agents_that_send_messages(recorded: Recording) -> None:
    """Agents without a team are agents by their registered names; who is asked is below who waits for the answer."""
    runtime = SingleThreadedAgentRuntime()
    runtime.start()
    await Writer.register(runtime, "writer", lambda: Writer("Writes."))
    await Reviewer.register(runtime, "reviewer", lambda: Reviewer("Reviews."))
    with agentops.start_session("mine"):
        answer = await runtime.send_message(Task("Write."), AgentId("writer", "default"))
    await runtime.stop_when_idle()
    assert answer == Draft("A draft. (Shorter, please.)")
    assert (
        check(recorded)
        == """\
session mine
  agent writer
    llm gpt-4o-mini
    agent reviewer
      llm gpt-4o-mini"""
    )
    [writer, _] = recorded.find("agent")
    assert (writer.input, writer.output) == ({"text": "Write."}, {"text": answer.text})
    assert writer.attributes[GenAI.AGENT_ID] == "writer/default"
    assert writer.attributes[GenAI.AGENT_DESCRIPTION] == "Writes."


@default_subscription
class Modifier(RoutedAgent):
    """Passes on what it made to whoever listens."""

    @message_handler
    async def on_task(self, message: Task, ctx: MessageContext) -> None:
        await model("A draft.").create([UserMessage(content=message.text, source="user")])
        await self.publish_message(Draft("A draft."), DefaultTopicId())


@default_subscription
class Checker(RoutedAgent):
    """Listens to drafts; it is told of tasks as well, for which it has no handler."""

    @message_handler
    async def on_draft(self, message: Draft, ctx: MessageContext) -> None:
        with agentops.start_session("audit"):
            pass


async def test_agents_that_publish_messages(recorded: Recording) -> None:
    """Who hears a message stands beside who published it, since nobody waits; without a handler it is no node."""
    runtime = SingleThreadedAgentRuntime()
    heard: list[Draft] = []

    async def collect(closure: ClosureContext, message: Draft, ctx: MessageContext) -> None:
        if isinstance(message, Draft):
            heard.append(message)

    await Modifier.register(runtime, "modifier", lambda: Modifier("Modifies."))
    await Checker.register(runtime, "checker", lambda: Checker("Checks."))
    await ClosureAgent.register_closure(
        runtime,
        "collect",
        collect,
        subscriptions=lambda: [TypeSubscription("default", "collect")],
        unknown_type_policy="ignore",
    )
    runtime.start()
    with agentops.start_session("mine"):
        await runtime.publish_message(Task("Write."), DefaultTopicId())
        await runtime.stop_when_idle()
    assert heard == [Draft("A draft.")]
    check(recorded)
    outlines = {session.name: recorded.outline(session) for session in recorded.sessions}
    assert outlines == {
        "mine": "session mine\n  agent modifier\n    llm gpt-4o-mini\n  agent checker",
        "audit": "session audit",
    }
    [checker] = recorded.find("agent", "checker")
    assert recorded.sessions[1].outer is checker


class Failing(RoutedAgent):
    """Cannot."""

    @message_handler
    async def on_task(self, message: Task, ctx: MessageContext) -> None:
        raise PermissionError("not mine to do")


async def test_an_error_in_a_handler_reaches_the_sender(recorded: Recording) -> None:
    """The agent that raises is marked, and who sent the message gets the exception itself."""
    runtime = SingleThreadedAgentRuntime()
    runtime.start()
    await Failing.register(runtime, "failing", lambda: Failing("Fails."))
    with pytest.raises(PermissionError, match="not mine to do"):
        await runtime.send_message(Task("Do."), AgentId("failing", "default"))
    await runtime.stop()
    assert check(recorded) == "session default\n  agent failing [error PermissionError]"


async def test_a_users_message_id_is_kept(recorded: Recording) -> None:
    """Who gives a message an id of their own finds it in the handler."""
    seen: list[str] = []

    class Listener(RoutedAgent):
        @message_handler
        async def on_task(self, message: Task, ctx: MessageContext) -> None:
            seen.append(ctx.message_id)

    runtime = SingleThreadedAgentRuntime()
    runtime.start()
    await Listener.register(runtime, "listener", lambda: Listener("Listens."))
    await runtime.send_message(Task("Hear."), AgentId("listener", "default"), message_id="my-own")
    await runtime.stop_when_idle()
    assert seen == ["my-own"]
