"""agno is recorded where a test asks for ``recorded``."""

import gc
import os
import warnings
from collections.abc import Iterator

import pytest

import agentops
from agentops.testing import Recording, recording

LEFT_OPEN = ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning")

os.environ["AGNO_TELEMETRY"] = "false"


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """What the test records."""
    with recording() as recorded:
        agentops.enable("agno")
        agentops.enable("threads")  # as init() does
        yield recorded
    agentops.disable("agno")
    agentops.disable("threads")


@pytest.fixture(autouse=True, scope="session")
def _leaves_things_open() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Do not hold against a test that nobody closes agno's client for all models: any test may notice."""
    for item in items:
        if "integrations/agno/" in item.path.as_posix():
            for kind in LEFT_OPEN:
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}"))
