"""AG2 is recorded where a test asks for ``recorded``."""

from collections.abc import Iterator

import pytest

import agentops
from agentops.testing import Recording, recording


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """What the test records."""
    with recording() as recorded:
        agentops.enable("ag2")
        agentops.enable("threads")  # as init() does
        yield recorded
    agentops.disable("ag2")
    agentops.disable("threads")
