"""All four frameworks are recorded, and no trace of these tests goes to OpenAI."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import agentops
from agentops.testing import recording

with warnings.catch_warnings():
    # CrewAI's own modules are set up in a way that Python warns of, once, while they are imported.
    warnings.simplefilter("ignore")
    import crewai  # noqa: F401

from agents import set_trace_processors

from tests.integrations.crewai.crews_under_test import calculator_script
from tests.integrations.scripted_server import Reply, ScriptedServer

NAMES = ("threads", "langchain", "crewai", "autogen", "openai-agents")


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    set_trace_processors([])
    with recording():
        for name in NAMES:
            agentops.enable(name)
    yield
    agentops.disable()


@pytest.fixture
def url() -> Iterator[str]:
    """Address of a model that can add. CrewAI never closes its clients, so the server asks them to."""

    def answer(body: dict[str, Any]) -> Reply:
        return replace(calculator_script(body), headers={"Connection": "close"})

    server = ScriptedServer(answer)
    yield server.url
    server.close()
