"""The trees of agno's workflows."""

import asyncio
from typing import Any

import pytest
from agno.db.in_memory import InMemoryDb
from agno.run.base import RunStatus
from agno.workflow import Condition, Loop, Parallel, Router, Step, Steps, Workflow
from agno.workflow.agent import WorkflowAgent
from agno.workflow.types import StepOutput

import agentops
from agentops.testing import Recording
from agentops_agno.scripted import Answer, ScriptedModel
from tests.integrations.agno.agents_under_test import ASKED, QUIET, check, clerk, desk, ways

BAKED = """\
session default
  workflow bakery
    task planner
      agent planner
        llm gpt-4o-mini
    task weigh
    operation ovens
      task left
      task right
        agent baker
          llm gpt-4o-mini
    operation tasting
      task taste
      task taste
    operation sweet
      task glaze
    operation packing
      task box
    operation closing
      task sweep"""


@agentops.operation
def look() -> None:
    """Something that the program records itself."""


def step(name: str, **options: Any) -> Step:
    """A step that says its name."""
    return Step(name=name, executor=lambda step_input: StepOutput(content=f"{name} done"), **options)


def workflow(*steps: Any, **options: Any) -> Workflow:
    return Workflow(name="bakery", steps=list(steps), **QUIET, **options)


def bakery() -> Workflow:
    """One of everything."""
    box = step("box")
    return workflow(
        clerk("planner"),
        step("weigh"),
        Parallel(step("left"), Step(name="right", agent=clerk("baker")), name="ovens"),
        Loop(name="tasting", steps=[step("taste")], max_iterations=2, end_condition=lambda outputs: False),
        Condition(name="sweet", evaluator=lambda step_input: True, steps=[step("glaze")]),
        Router(name="packing", selector=lambda step_input: [box], choices=[step("bag"), box]),
        Steps(name="closing", steps=[step("sweep")]),
    )


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_steps_are_in_what_holds_them(recorded: Recording, way: str) -> None:
    """Side by side, in turns, chosen and left out; with what each was given and gave."""
    ways(bakery, session_id="talk-7")[way]()
    outline = check(recorded)
    swapped = BAKED.replace(
        "      task left\n      task right\n        agent baker\n          llm gpt-4o-mini",
        "      task right\n        agent baker\n          llm gpt-4o-mini\n      task left",
    )
    assert outline in {BAKED, swapped}
    (whole,) = recorded.find("workflow")
    assert (whole.input, whole.output) == (ASKED, "sweep done")
    assert whole.attributes["gen_ai.conversation.id"] == "talk-7"
    weigh = recorded.find("task", "weigh")[0]
    assert weigh.input == {"input": ASKED, "previous_step_content": "Done."}
    assert weigh.output == "weigh done"


def test_what_a_step_records_is_below_it(recorded: Recording) -> None:
    """Functions, agents that they ask, teams, and workflows inside."""

    def ask(step_input: Any) -> StepOutput:
        look()
        return StepOutput(content=str(clerk("helper").run("Help!").content))

    workflow(Step(name="ask", executor=ask), Step(name="team", team=desk(respond_directly=True))).run(ASKED)
    assert (
        check(recorded)
        == """\
session default
  workflow bakery
    task ask
      operation look
      agent helper
        llm gpt-4o-mini
    task team
      agent desk
        llm gpt-4o
        tool delegate_task_to_member
          agent calculator
            llm gpt-4o-mini
            tool add
            llm gpt-4o-mini"""
    )


def test_a_workflow_that_is_one_function(recorded: Recording) -> None:
    """What the function asks is right below the workflow."""

    def all_of_it(workflow: Workflow, execution_input: Any) -> str:
        return str(clerk("helper").run(execution_input.input).content)

    assert Workflow(name="bakery", steps=all_of_it, **QUIET).run(ASKED).content == "Done."
    assert check(recorded) == "session default\n  workflow bakery\n    agent helper\n      llm gpt-4o-mini"


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_workflow_that_an_agent_starts(recorded: Recording, way: str) -> None:
    """It is below the tool by which the agent starts it."""

    def led() -> Workflow:
        asked = Answer(calls=[("run_workflow", {"query": "Bake!"})])
        leader = WorkflowAgent(model=ScriptedModel("gpt-4o", [asked, "Baked."]))
        return workflow(step("bake"), agent=leader, db=InMemoryDb())

    ways(led)[way]()
    assert (
        check(recorded)
        == """\
session default
  agent WorkflowAgent
    llm gpt-4o
    tool run_workflow
      workflow bakery
        task bake
    llm gpt-4o"""
    )
    assert recorded.find("workflow")[0].input == "Bake!"


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_step_that_is_gone_on_from_is_an_error(recorded: Recording, way: str) -> None:
    """With each attempt inside it; the workflow has not failed."""
    attempts = 0

    def burn(step_input: Any) -> StepOutput:
        nonlocal attempts
        attempts += 1
        look()
        raise ValueError("the oven is cold")

    ways(lambda: workflow(Step(name="burn", executor=burn, max_retries=1, skip_on_failure=True), step("weigh")))[way]()
    recorded.runtime.finish()
    assert attempts == 2
    burnt = recorded.find("task", "burn")[0]
    assert burnt.error is not None
    assert burnt.error.message == "the oven is cold"
    outline = check(recorded).replace(f" [error {burnt.error.type}]", "")
    assert (
        outline
        == """\
session default
  workflow bakery
    task burn
      operation look
      operation look
    task weigh"""
    )


def test_a_workflow_that_fails_raises_as_without_us(recorded: Recording) -> None:
    """The error is the step's and the workflow's."""

    def burn(workflow: Workflow, execution_input: Any) -> str:
        raise ValueError("the oven is cold")

    with pytest.raises(ValueError, match="the oven is cold"):
        Workflow(name="bakery", steps=burn, **QUIET).run(ASKED)
    assert check(recorded) == "session default\n  workflow bakery [error ValueError]"


def test_runs_in_the_background_and_side_by_side(recorded: Recording) -> None:
    """Each is a run as long as it takes, in the session that started it."""

    async def main() -> None:
        await asyncio.gather(*(agentops.session(_in_background)() for _ in range(3)))

    asyncio.run(main())
    check(recorded)
    outlines = {recorded.outline(session).partition("\n")[2] for session in recorded.sessions}
    assert len(recorded.sessions) == 3
    assert outlines == {"  workflow bakery\n    task planner\n      agent planner\n        llm gpt-4o-mini"}


async def _in_background() -> None:
    flow = workflow(clerk("planner"), db=InMemoryDb())
    pending: Any = await flow.arun(ASKED, background=True)
    for _ in range(300):
        found: Any = flow.get_run(pending.run_id)
        if found is not None and found.status == RunStatus.completed:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("the workflow did not end")


def test_a_workflow_that_nobody_reads_on_ends(recorded: Recording) -> None:
    """What was under way is closed with it."""
    run: Any = bakery().run(ASKED, stream=True, stream_events=True)
    next(run)
    run.close()
    assert check(recorded).startswith("session default\n  workflow bakery")
    assert recorded.find("workflow")[0].attributes["agentops.span.closed_early"]
