"""Workflows that users write, runs that are called off, and tools that wait for a person."""

import asyncio
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.workflow import (
    Context,
    Event,
    HumanResponseEvent,
    InputRequiredEvent,
    StartEvent,
    StopEvent,
    Workflow,
    step,
)

from agentops.testing import Recording
from agentops_llama_index.scripted import Answer, ScriptedLLM
from tests.integrations.llama_index.agents_under_test import ASKED, SAID, ask, calculator, check

WORKFLOWS = tuple(int(part) for part in version("llama-index-workflows").split(".")[:2])
no_waits = pytest.mark.skipif(
    WORKFLOWS < (2, 9),
    reason="waits in tools are not told apart from work before llama-index-workflows 2.9",
)
no_ends = pytest.mark.skipif(
    WORKFLOWS < (2, 15),
    reason="runs that are cut off end without a reason before llama-index-workflows 2.15",
)

dispatcher = get_dispatcher("tests")


class Drafted(Event):
    text: str


class Writing(Workflow):
    """Drafts with a model, then corrects."""

    @step
    async def draft(self, ev: StartEvent) -> Drafted:
        answer = await ScriptedLLM("gpt-4o", ["A draft."]).acomplete(str(ev.topic))
        return Drafted(text=answer.text)

    @step
    async def correct(self, ev: Drafted) -> StopEvent:
        return StopEvent(result=ev.text.upper())


class Broken(Workflow):
    """Fails in its first step."""

    @step
    async def begin(self, ev: StartEvent) -> StopEvent:
        raise ZeroDivisionError("no result today")


async def run(workflow: Workflow, **given: Any) -> Any:
    return await workflow.run(**given)


def test_a_workflow_has_its_steps(recorded: Recording) -> None:
    """Each step is an operation with the event that it was given, and what happens in it is below it."""
    assert asyncio.run(run(Writing(), topic="Salt")) == "A DRAFT."
    assert check(recorded) == (
        "session default\n  workflow Writing\n    operation draft\n      llm gpt-4o\n    operation correct"
    )
    (workflow,) = recorded.find("workflow")
    assert (workflow.input, workflow.output) == ({"topic": "Salt"}, "A DRAFT.")
    draft, correct = recorded.find("operation")
    assert (draft.input, draft.output) == ({"topic": "Salt"}, {"text": "A draft."})
    assert (correct.input, correct.output) == ({"text": "A draft."}, "A DRAFT.")


def test_a_workflow_that_fails_is_marked(recorded: Recording) -> None:
    """The step has the exception with its stack."""
    with pytest.raises(Exception, match="no result today"):
        asyncio.run(run(Broken()))
    assert check(recorded) == (
        "session default\n  workflow Broken [error ZeroDivisionError]\n    operation begin [error ZeroDivisionError]"
    )
    (begin,) = recorded.find("operation")
    assert begin.error is not None
    assert "in begin" in str(begin.error.stack)


def test_an_agent_in_a_workflow_is_below_its_step(recorded: Recording) -> None:
    """One framework's run in another run of its own."""

    class Asking(Workflow):
        @step
        async def work(self, ev: StartEvent) -> StopEvent:
            return StopEvent(result=await ask(calculator()))

    assert asyncio.run(run(Asking())) == "It is 5."
    assert check(recorded) == (
        "session default\n"
        "  workflow Asking\n"
        "    operation work\n"
        "      agent calculator\n"
        "        llm gpt-4o-mini\n"
        "        tool add\n"
        "        llm gpt-4o-mini"
    )


def test_a_function_that_the_user_marked_is_shown(recorded: Recording) -> None:
    """LlamaIndex's own decorator on functions and methods of a program."""

    @dispatcher.span
    def look_up(what: str) -> str:
        return str(ScriptedLLM("gpt-4o", ["5"]).complete(what))

    class Desk:
        @dispatcher.span
        def serve(self, what: str) -> str:
            return look_up(what)

    assert Desk().serve("2 + 3") == "5"
    assert check(recorded) == "session default\n  operation Desk.serve\n    operation look_up\n      llm gpt-4o"
    assert [span.input for span in recorded.find("operation")] == [{"what": "2 + 3"}] * 2


async def wait(a: int, b: int) -> int:
    """Take a minute."""
    await asyncio.sleep(60)
    return a + b


def slow_team() -> AgentWorkflow:
    call = Answer(calls=[("wait", {"a": 2, "b": 3})])
    return AgentWorkflow(agents=[FunctionAgent(name="slow", tools=[wait], llm=ScriptedLLM("gpt-4o", [call, "5"]))])


async def until(recorded: Recording, kind: str) -> None:
    """Let the run go on until there is a span of this kind."""
    while not recorded.find(kind):  # noqa: ASYNC110 - what is recorded rings no asyncio bell
        await asyncio.sleep(0.01)


CUT = "session default\n  workflow AgentWorkflow\n    agent slow\n      llm gpt-4o\n      tool wait"


def test_a_run_that_is_called_off_is_cancelled(recorded: Recording) -> None:
    """By LlamaIndex's own means, while a tool is at work: nothing stays open."""

    async def leave() -> None:
        handler = slow_team().run(user_msg=ASKED)
        await until(recorded, "tool")
        await handler.cancel_run()
        with suppress(Exception, asyncio.CancelledError):
            await handler

    asyncio.run(leave())
    outline = check(recorded)
    assert [line.partition(" [")[0] for line in outline.splitlines()] == CUT.splitlines()
    assert {span.status for span in recorded.spans if span.kind in {"workflow", "agent", "tool"}} == {"cancelled"}


@no_ends
def test_a_run_whose_time_is_up_ends(recorded: Recording) -> None:
    """The run has LlamaIndex's error, the tool that was at work is cancelled."""
    team = slow_team()
    team._timeout = 1
    with pytest.raises(Exception, match="timed out") as caught:
        asyncio.run(ask(team))
    seen = f" [error {caught.type.__module__}.{caught.type.__name__}]"
    expected = CUT.replace("AgentWorkflow", f"AgentWorkflow{seen}").replace("agent slow", f"agent slow{seen}")
    assert check(recorded) == f"{expected} [cancelled asyncio.exceptions.CancelledError]"


@no_ends
def test_a_program_that_ends_in_the_middle_leaves_nothing_open(recorded: Recording) -> None:
    """A run that nobody awaits is cancelled by asyncio with its loop."""

    async def leave() -> None:
        slow_team().run(user_msg=ASKED)
        await until(recorded, "tool")

    asyncio.run(leave())
    outline = check(recorded)
    assert [line.partition(" [")[0] for line in outline.splitlines()] == CUT.splitlines()


async def approve(ctx: Context, a: int, b: int) -> str:
    """Have a sum approved."""
    question = InputRequiredEvent(prefix="Is it 5?")  # type: ignore[call-arg]  # events take any field
    answer = await ctx.wait_for_event(HumanResponseEvent, waiter_event=question)
    return str(answer.response)


async def answered() -> str:
    """Ask an agent whose tool asks a person, and answer for the person."""
    call = Answer(calls=[("approve", {"a": 2, "b": 3})])
    handler = calculator(approve, ScriptedLLM("gpt-4o-mini", [call, SAID])).run(user_msg=ASKED)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            handler.ctx.send_event(HumanResponseEvent(response="yes"))  # type: ignore[call-arg, union-attr]
    return str(await handler)


@no_waits
def test_a_person_who_is_asked_is_no_time_of_the_tool(recorded: Recording) -> None:
    """The tool, which LlamaIndex calls again when the answer is there, is one; the wait is in it, with the question."""
    assert asyncio.run(answered()) == "It is 5."
    assert check(recorded) == (
        "session default\n"
        "  agent calculator\n"
        "    llm gpt-4o-mini\n"
        "    tool approve\n"
        "      human human input\n"
        "    llm gpt-4o-mini"
    )
    (tool,), (human,) = recorded.find("tool"), recorded.find("human")
    assert (human.input, tool.output) == ({"prefix": "Is it 5?"}, "yes")
    assert tool.start_ns < human.start_ns < human.end_ns < tool.end_ns


@no_waits
def test_a_person_who_does_not_answer_leaves_nothing_open(recorded: Recording) -> None:
    """A run that is called off while it waits."""

    async def leave() -> None:
        call = Answer(calls=[("approve", {"a": 2, "b": 3})])
        handler = calculator(approve, ScriptedLLM("gpt-4o-mini", [call, SAID])).run(user_msg=ASKED)
        await until(recorded, "human")
        await handler.cancel_run()
        with suppress(Exception, asyncio.CancelledError):
            await handler

    asyncio.run(leave())
    check(recorded)
    assert [(span.kind, span.status) for span in recorded.spans[1:]] == [
        ("agent", "cancelled"),
        ("llm", "ok"),
        ("tool", "cancelled"),
        ("human", "cancelled"),
    ]
