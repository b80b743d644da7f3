"""Projects are kept apart on ClickHouse as they are in the embedded store."""

from collections.abc import Callable, Iterator

import pytest

from agentops_dashboard.door.settings import ServerSettings
from tests.server.conftest import Server, fill, make_server
from tests.server.test_access import (  # the same tests on another store  # noqa: F401
    _short_stream,
    test_another_projects_ids_are_not_there,
    test_no_answer_has_another_projects_data,
    test_the_same_ids_in_two_projects_are_two_sessions,
    test_the_same_text_in_two_projects_is_found_in_both,
)

_SETTINGS = ServerSettings(key_rate=1e6, address_rate=1e6)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, new_url: Callable[[], str]) -> Iterator[Server]:
    """A filled server that a module's tests share."""
    for made in make_server(tmp_path_factory.mktemp("home"), _SETTINGS, new_url()):
        fill(made)
        yield made


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory, new_url: Callable[[], str]) -> Iterator[Server]:
    """A filled server of the test's own."""
    for made in make_server(tmp_path_factory.mktemp("home"), _SETTINGS, new_url()):
        fill(made)
        yield made
