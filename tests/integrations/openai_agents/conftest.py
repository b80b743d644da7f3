"""No trace of these tests goes to OpenAI: the SDK's own processor is taken out, and ours stays."""

from collections.abc import Iterator

import agents
import pytest

from tests.integrations.openai_agents.agents_under_test import calculator_script
from tests.integrations.scripted_server import ScriptedServer, scripted_server


@pytest.fixture(autouse=True, scope="session")
def _no_upload() -> None:
    agents.set_trace_processors([])


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(calculator_script) as running:
        yield running
