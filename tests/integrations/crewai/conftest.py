"""Every test speaks to a server of its own, and leaves no run behind."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import agentops
from agentops.testing import Recording, recording

# Read once, while CrewAI is imported; else its vector store would be the one of whoever runs the tests.
_storage = tempfile.TemporaryDirectory(prefix="crewai-")
os.environ["CREWAI_STORAGE_DIR"] = _storage.name

with warnings.catch_warnings():
    # CrewAI's own modules are set up in a way that Python warns of, once, while they are imported.
    warnings.simplefilter("ignore")
    import crewai  # noqa: F401

from tests.integrations.crewai.crews_under_test import calculator_script  # noqa: E402 - see above
from tests.integrations.scripted_server import Reply, ScriptedServer  # noqa: E402

Serve = Callable[[Any], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers: a script goes in, the address of the API comes out.

    CrewAI never closes its clients, so the server asks them to close each connection.
    """
    running: list[ScriptedServer] = []

    def start(script: Callable[[dict[str, Any]], Reply]) -> str:
        def answer(body: dict[str, Any]) -> Reply:
            reply = script(body)
            return replace(reply, headers={"Connection": "close", **reply.headers})

        running.append(ScriptedServer(answer))
        return running[-1].url

    yield start
    for server in running:
        server.close()


@pytest.fixture
def url(serve: Serve) -> str:
    """Address of a model that can add."""
    return serve(calculator_script)


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """Record with the integration on."""
    with recording() as recorded:
        agentops.enable("crewai")
        yield recorded
    agentops.disable("crewai")
