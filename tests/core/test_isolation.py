"""The suite itself: it reaches no other machine, and it leaves the user's own records alone."""

import os
import socket
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.programs import run_program

pytest_plugins = ["pytester"]

CONFTEST = ROOT / "tests" / "conftest.py"


@pytest.mark.parametrize(
    "attempt",
    [
        "client.connect(('192.0.2.1', 80))",
        "client.connect_ex(('192.0.2.1', 80))",
        "datagram.sendto(b'x', ('192.0.2.1', 53))",
        "socket.getaddrinfo('example.com', 443)",
    ],
)
def test_a_call_to_another_machine_fails_the_test_even_when_it_is_swallowed(
    attempt: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A framework that phones home and hides the failure is found out."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile(
        "import contextlib, socket\n"
        "def test_swallows():\n"
        "    with socket.socket() as client, socket.socket(type=socket.SOCK_DGRAM) as datagram:\n"
        f"        with contextlib.suppress(OSError):\n            {attempt}\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*something tried to reach another machine*"])


def test_a_program_of_the_documentation_is_kept_here_too(tmp_path: Path) -> None:
    """An example that phones home fails, although it runs in a process of its own and hides the refusal."""
    program = tmp_path / "program.py"
    program.write_text(
        "import contextlib, socket\nwith contextlib.suppress(OSError):\n    socket.getaddrinfo('example.com', 443)\n"
    )
    with pytest.raises(AssertionError, match="tried to reach another machine"):
        run_program(program)


def test_this_machine_can_be_reached() -> None:
    """Servers that a test runs on the loopback address answer it."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_every_test_records_into_a_directory_of_its_own(agentops_home: Path, tmp_path: Path) -> None:
    """A test run adds nothing to the sessions of the person who runs it."""
    assert os.environ["AGENTOPS_HOME"] == str(agentops_home)
    assert agentops_home.is_relative_to(tmp_path)
