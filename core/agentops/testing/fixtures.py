"""The pytest fixture: ``pytest_plugins = ["agentops.testing.fixtures"]``."""

from collections.abc import Iterator

import pytest

from agentops.testing.recording import Recording, recording

__all__ = ["agentops_recording"]


@pytest.fixture
def agentops_recording() -> Iterator[Recording]:
    """Record the test into memory."""
    with recording() as recorded:
        yield recorded
