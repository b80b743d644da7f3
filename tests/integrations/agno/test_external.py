"""Agents of other frameworks that agno runs, where it has such agents."""

import asyncio
from typing import Any

import pytest
from agno.run.agent import RunContentEvent

import agentops
from agentops.testing import Recording
from tests.integrations.agno.agents_under_test import ASKED, check, last_of, ways


@agentops.operation
def look() -> None:
    """Something that the other framework's integration records."""


def echo(**options: Any) -> Any:
    """An agent whose framework says that it is 5."""
    external = pytest.importorskip("agno.agents.base", reason="agents of other frameworks came with a later agno")

    class Echo(external.BaseExternalAgent):  # type: ignore[misc, name-defined]
        async def _arun_adapter(self, asked: Any, **kwargs: Any) -> str:
            look()
            if asked == "Break!":
                raise ConnectionError("the model is down")
            return "It is 5."

        async def _arun_adapter_stream(self, asked: Any, **kwargs: Any) -> Any:
            look()
            if asked == "Break!":
                raise ConnectionError("the model is down")
            for word in ("It is", " 5."):
                yield RunContentEvent(content=word, run_id=kwargs.get("run_id"))

    return Echo(name="echo", description="Says it.", **options)


ECHOED = "session default\n  agent echo\n    operation look"


@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
def test_its_runs_are_agents(recorded: Recording, way: str) -> None:
    """With what was asked and answered; what its own framework records is below."""
    ways(echo, session_id="talk-7")[way]()
    assert check(recorded) == ECHOED
    (run,) = recorded.find("agent")
    assert (run.input, run.output) == (ASKED, "It is 5.")
    assert run.attributes["gen_ai.conversation.id"] == "talk-7"
    assert run.attributes["gen_ai.agent.description"] == "Says it."


def test_one_that_fails(recorded: Recording) -> None:
    """agno keeps the error to itself; the tree has it, whole and streamed."""
    echo().run("Break!")
    asyncio.run(last_of(echo().arun("Break!", stream=True)))
    failed = ECHOED.partition("\n")[2].replace("agent echo", "agent echo [error ConnectionError]")
    assert check(recorded) == f"session default\n{failed}\n{failed}"
