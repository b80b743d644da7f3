"""AutoGen is recorded in every test of this directory."""

from collections.abc import Iterator

import pytest

import agentops
from agentops.testing import Recording, recording


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """What the test records."""
    with recording() as recorded:
        agentops.enable("autogen")
        agentops.enable("threads")  # as init() does
        yield recorded
    agentops.disable("autogen")
    agentops.disable("threads")
