"""What every integration's run says of itself."""

import platform
from collections.abc import Callable
from importlib import metadata

import pytest


@pytest.fixture(scope="session", autouse=True)
def _says_what_it_ran_with(record_testsuite_property: Callable[[str, object], None]) -> None:
    """Leave the versions of Python and of every distribution in the JUnit file; `nox -s compatibility` reads them."""
    record_testsuite_property("python", platform.python_version())
    for found in metadata.distributions():
        record_testsuite_property(f"distribution {found.name}", found.version)
