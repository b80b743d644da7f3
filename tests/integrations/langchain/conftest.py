"""Every test records LangChain into memory."""

from collections.abc import Iterator

import pytest

import agentops
from agentops.testing import Recording, recording
from agentops_langchain import AgentOpsCallbackHandler
from agentops_langchain.tracker import tracker


@pytest.fixture(autouse=True)
def errors_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain swallows what a handler raises, also what our guard lets through under test."""
    monkeypatch.setattr(AgentOpsCallbackHandler, "raise_error", True)


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """Record with the integration on; when the test is over, no run may be left behind."""
    with recording() as recorded:
        agentops.enable("langchain")
        yield recorded
    agentops.disable("langchain")
    assert len(tracker().tree.runs) == 0, "runs are still held"
