"""litellm keeps clients, sockets and an event loop beyond a call; what it leaves open is its own affair."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _leaves_things_open() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Do not hold against a test what litellm is warned of: by pydantic, and when its objects are collected."""
    for item in items:
        if "integrations/litellm" in item.path.as_posix():
            for kind in ("ResourceWarning", "RuntimeWarning", "UserWarning", "pytest.PytestUnraisableExceptionWarning"):
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{kind}"))
