"""Waits for a person in the trees of agno."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.team import Team
from agno.tools import tool
from agno.workflow import Step, Workflow, types

from agentops.testing import Recording
from agentops_agno.scripted import Answer, ScriptedModel
from tests.integrations.agno.agents_under_test import QUIET, calls, check, last, last_of


@tool(requires_confirmation=True)
def approved(cake: str) -> str:
    """Order."""
    return f"ordered {cake}"


@tool(external_execution=True)
def elsewhere(cake: str) -> str:  # type: ignore[empty-body]
    """Order."""


@tool(requires_user_input=True, user_input_fields=["cake"])
def filled_in(cake: str) -> str:
    """Order."""
    return f"ordered {cake}"


def confirm(requirement: Any) -> None:
    requirement.confirm()


def reject(requirement: Any) -> None:
    requirement.reject("Too dear.")


def run_it(requirement: Any) -> None:
    requirement.set_external_execution_result("ordered by hand")


def fill_in(requirement: Any) -> None:
    for field in requirement.tool_execution.user_input_schema:
        field.value = "apple cake"


def clerk(use: Any) -> Agent:
    model = ScriptedModel("gpt-4o-mini", calls((use.name, {"cake": "plum cake"})))
    return Agent(name="clerk", model=model, tools=[use], db=InMemoryDb(), **QUIET)


def whole(agent: Any, decide: Callable[[Any], None]) -> None:
    paused = agent.run("Order!")
    for requirement in paused.active_requirements:
        decide(requirement)
    agent.continue_run(run_id=paused.run_id, requirements=paused.requirements, session_id=paused.session_id)


def streamed(agent: Any, decide: Callable[[Any], None]) -> None:
    paused = last(agent.run("Order!", stream=True))
    for requirement in paused.requirements:
        decide(requirement)
    given = {"run_id": paused.run_id, "requirements": paused.requirements, "session_id": paused.session_id}
    last(agent.continue_run(stream=True, **given))


async def _with_asyncio(agent: Any, decide: Callable[[Any], None], *, stream: bool) -> None:
    run = agent.arun("Order!", stream=stream)
    paused = await (last_of(run) if stream else run)
    for requirement in paused.requirements:
        decide(requirement)
    given = {"run_id": paused.run_id, "requirements": paused.requirements, "session_id": paused.session_id}
    run = agent.acontinue_run(stream=stream, **given)
    await (last_of(run) if stream else run)


WAYS: dict[str, Any] = {
    "whole": whole,
    "streamed": streamed,
    "async": lambda agent, decide: asyncio.run(_with_asyncio(agent, decide, stream=False)),
    "async streamed": lambda agent, decide: asyncio.run(_with_asyncio(agent, decide, stream=True)),
}
CASES = {
    "confirmed": (approved, confirm, "approve approved", {"confirmed": True}, "ordered plum cake"),
    "rejected": (approved, reject, "approve approved", {"confirmed": False, "note": "Too dear."}, None),
    "elsewhere": (elsewhere, run_it, "run elsewhere", "ordered by hand", None),
    "filled in": (filled_in, fill_in, "input for filled_in", {"cake": "apple cake"}, "ordered apple cake"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_wait_is_between_the_runs(recorded: Recording, case: str, way: str) -> None:
    """From the run that pauses to the one that goes on, with question and answer; the tool is in the second one."""
    use, decide, question, said, result = CASES[case]
    WAYS[way](clerk(use), decide)
    ran = f"\n    tool {use.name}" if result else ""
    assert (
        check(recorded)
        == f"""\
session default
  agent clerk
    llm gpt-4o-mini
  human {question}
  agent clerk{ran}
    llm gpt-4o-mini"""
    )
    (wait,) = recorded.find("human")
    assert (wait.input, wait.output) == ({"cake": "plum cake"}, said)
    assert [span.output for span in recorded.find("tool")] == ([result] if result else [])
    first, second = recorded.find("agent")
    assert first.end_ns <= wait.end_ns <= second.end_ns
    assert second.output == "It is 5."


@pytest.mark.parametrize("way", WAYS)
def test_a_member_that_waits(recorded: Recording, way: str) -> None:
    """The wait is beside the team, and the member goes on in the team's second run; it is asked once."""
    member = Agent(
        name="clerk",
        model=ScriptedModel("gpt-4o-mini", calls(("approved", {"cake": "plum cake"}))),
        tools=[approved],
        **QUIET,
    )
    asked = Answer(calls=[("delegate_task_to_member", {"member_id": "clerk", "task": "Order!"})])
    team = Team(
        name="desk", members=[member], model=ScriptedModel("gpt-4o", [asked, "All done."]), db=InMemoryDb(), **QUIET
    )
    WAYS[way](team, confirm)
    assert (
        check(recorded)
        == """\
session default
  agent desk
    llm gpt-4o
    tool delegate_task_to_member
      agent clerk
        llm gpt-4o-mini
  human approve approved
  agent desk
    agent clerk
      tool approved
      llm gpt-4o-mini
    llm gpt-4o"""
    )
    assert [run.output for run in recorded.find("agent")][2:] == ["All done.", "It is 5."]


def test_an_unanswered_wait_ends_with_the_session(recorded: Recording) -> None:
    """Nobody has said what became of it."""
    clerk(approved).run("Order!")
    recorded.runtime.finish()
    assert [wait.status for wait in recorded.find("human")] == ["unfinished"]
    assert recorded.find("agent")[0].status == "ok"


def test_a_workflow_that_waits(recorded: Recording) -> None:
    """A step that a person has to approve, where agno has such steps."""
    if not hasattr(types, "HumanReview"):
        pytest.skip("steps that wait for a person came with a later agno")
    review = types.HumanReview(requires_confirmation=True, confirmation_message="Shall we?")
    step = Step(name="bake", executor=lambda step_input: types.StepOutput(content="baked"), human_review=review)
    flow: Any = Workflow(name="bakery", steps=[step], db=InMemoryDb(), **QUIET)
    paused = flow.run("Bake!")
    for requirement in paused.step_requirements:
        requirement.confirm()
    assert flow.continue_run(paused).content == "baked"
    assert (
        check(recorded)
        == """\
session default
  workflow bakery
  human approve bake
  workflow bakery
    task bake"""
    )
    (wait,) = recorded.find("human")
    assert (wait.input, wait.output) == ("Shall we?", {"confirmed": True})


def test_an_agent_that_waits_in_a_workflow(recorded: Recording) -> None:
    """The wait is the agent's, beside the workflow; it ends with the session where nobody goes on with it."""
    Workflow(name="bakery", steps=[Step(name="order", agent=clerk(approved))], db=InMemoryDb(), **QUIET).run("Order!")
    recorded.runtime.finish()
    assert (
        recorded.outline()
        == """\
session default
  workflow bakery
    task order
      agent clerk
        llm gpt-4o-mini
  human approve approved [unfinished]"""
    )
