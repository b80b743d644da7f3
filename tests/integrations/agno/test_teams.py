"""The trees of agno's teams: members are agents below the tool by which their leader asks them."""

import asyncio
import textwrap
from typing import Any

import pytest
from agno.run.base import RunStatus
from agno.team import Team

from agentops.testing import Recording
from agentops_agno.scripted import Answer, ScriptedModel
from tests.integrations.agno.agents_under_test import ASKED, QUIET, SUMMED, calls, check, clerk, desk, last, ways

MEMBER = textwrap.indent(SUMMED.partition("\n")[2], "    ")
DELEGATED = f"""\
session default
  agent desk
    llm gpt-4o
    tool delegate_task_to_member
{MEMBER}
    llm gpt-4o"""


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_member_is_below_the_call_that_asks_it(recorded: Recording, way: str) -> None:
    """With task and answer on both runs, the report on the tool, and each token counted once."""
    ways(desk, session_id="talk-7")[way]()
    assert check(recorded) == DELEGATED
    team, member = recorded.find("agent")
    assert (team.input, team.output) == (ASKED, "It is 5.")
    assert (member.input, member.output) == (ASKED, "It is 5.")
    assert {run.attributes["gen_ai.conversation.id"] for run in (team, member)} == {"talk-7"}
    assert member.attributes["gen_ai.agent.description"] == "Calculates"
    asked = recorded.find("tool", "delegate_task_to_member")[0]
    assert asked.input == {"member_id": "calculator", "task": ASKED}
    assert str(asked.output).startswith("It is 5.")
    assert sum(int(str(call.attributes["gen_ai.usage.input_tokens"])) for call in recorded.find("llm")) == 440


@pytest.mark.parametrize("way", ["whole", "async"])
def test_all_members_at_once(recorded: Recording, way: str) -> None:
    """``delegate_to_all_members`` asks them in turn, or at once with asyncio."""
    ways(lambda: desk(("delegate_task_to_members", {"task": ASKED}), delegate_to_all_members=True))[way]()
    both = f"{MEMBER}\n      agent writer\n        llm gpt-4o-mini"
    shown = check(recorded).replace("tool delegate_task_to_members", "tool delegate_task_to_member")
    first, second = DELEGATED.replace(MEMBER, both), DELEGATED
    assert sorted(shown.splitlines()) == sorted(first.splitlines())
    assert second != first
    parents = {span.parent.name for span in recorded.find("agent") if span.name != "desk" and span.parent}
    assert parents == {"delegate_task_to_members"}


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_team_that_only_routes(recorded: Recording, way: str) -> None:
    """``respond_directly`` gives the member's answer as the team's."""
    ways(lambda: desk(respond_directly=True))[way]()
    assert check(recorded) == DELEGATED.removesuffix("\n    llm gpt-4o")
    assert [run.output for run in recorded.find("agent")] == ["It is 5."] * 2


def test_teams_in_teams(recorded: Recording) -> None:
    """A team can be the member of another."""
    asked = ("delegate_task_to_member", {"member_id": "desk", "task": ASKED})
    house = Team(name="house", members=[desk()], model=ScriptedModel("gpt-4o", calls(asked)), **QUIET)
    house.run(ASKED)
    inner = textwrap.indent(DELEGATED.partition("\n")[2], "    ")
    assert check(recorded) == DELEGATED.replace("agent desk", "agent house").replace(MEMBER, inner)


def test_several_members_that_are_asked_at_once(recorded: Recording) -> None:
    """Each is below the call that asked it, with asyncio too."""
    asked = [("delegate_task_to_member", {"member_id": name, "task": ASKED}) for name in ("calculator", "writer")]
    asyncio.run(desk(*asked).arun(ASKED))
    check(recorded)
    asked_by = {span.name: span.parent.input for span in recorded.find("agent") if span.name != "desk" and span.parent}
    assert {name: given["member_id"] for name, given in asked_by.items()} == {  # type: ignore[call-overload, index]
        "calculator": "calculator",
        "writer": "writer",
    }


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_a_member_that_fails(recorded: Recording, way: str) -> None:
    """agno tells the leader what has happened; the team's own run goes on."""

    def failing() -> Team:
        asked = calls(("delegate_task_to_member", {"member_id": "broken", "task": ASKED}))
        member = clerk("broken", ConnectionError("the model is down"))
        return Team(name="desk", members=[member], model=ScriptedModel("gpt-4o", asked), **QUIET)

    ways(failing)[way]()
    assert (
        check(recorded)
        == """\
session default
  agent desk
    llm gpt-4o
    tool delegate_task_to_member
      agent broken [error ConnectionError]
        llm gpt-4o-mini [error ConnectionError]
    llm gpt-4o"""
    )


def test_a_leader_whose_model_fails(recorded: Recording) -> None:
    """The team has failed, which agno says in its result."""
    team = desk()
    team.model = ScriptedModel("gpt-4o", [ConnectionError("down"), ConnectionError("down")])
    result: Any = team.run(ASKED)
    assert result.status == RunStatus.error
    assert last(team.run(ASKED, stream=True)).content == "down"
    failed = "  agent desk [error ConnectionError]\n    llm gpt-4o [error ConnectionError]"
    assert check(recorded) == f"session default\n{failed}\n{failed}"


def test_a_team_that_plans_its_tasks(recorded: Recording) -> None:
    """The mode ``tasks`` asks the model again until all tasks are done; it is one run."""
    script = [
        Answer(calls=[("create_task", {"title": "sum", "description": ASKED, "assignee": "calculator"})]),
        "Planned.",
        Answer(calls=[("mark_all_complete", {"summary": "It is 5."})]),
        "It is 5.",
        "It is 5.",
    ]
    team = desk(mode="tasks", max_iterations=3)
    team.model = ScriptedModel("gpt-4o", script)
    team.run(ASKED)
    outline = check(recorded)
    assert outline.startswith("session default\n  agent desk\n    llm gpt-4o\n    tool create_task\n    llm gpt-4o")
    assert "    tool mark_all_complete" in outline
    assert len(recorded.find("agent")) == 1
