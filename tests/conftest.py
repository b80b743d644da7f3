"""What holds for every test: nothing leaves this machine, and nothing is recorded outside the test's own directory."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_REMOTE_CALLS: list[str] = []
"""Attempts to reach another machine. A framework may swallow the refusal; the list does not."""

# Frameworks read these while they are imported, which is before any fixture runs.
os.environ.update(
    {
        "AGNO_TELEMETRY": "false",
        "ANONYMIZED_TELEMETRY": "false",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_TESTING": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "LANGSMITH_TRACING": "false",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
)
for _name in [name for name in os.environ if name.startswith("AGENTOPS_") and not name.startswith("AGENTOPS_TEST_")]:
    del os.environ[_name]


class RemoteCallError(ConnectionRefusedError):
    """A test, or something that it uses, tried to reach another machine."""


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("utf-8", "replace")
    if host is None or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse_remote(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: it sees connections that C code makes too, and nothing in a test can take it off again."""
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a Unix socket
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if not _is_local(host):
        _REMOTE_CALLS.append(f"{event} {host!s}")
        raise RemoteCallError(f"Tests reach 127.0.0.1 only, and this one tried {host!s} ({event}).")


sys.addaudithook(_refuse_remote)


@pytest.fixture(autouse=True)
def stays_on_this_machine() -> Iterator[None]:
    """Fail a test during which something tried to reach another machine, even if the refusal was swallowed."""
    _REMOTE_CALLS.clear()
    yield
    assert not _REMOTE_CALLS, f"something tried to reach another machine: {_REMOTE_CALLS}"


@pytest.fixture(autouse=True)
def agentops_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test, and the processes that it starts, a home of their own for what is recorded."""
    home = tmp_path / "agentops-home"
    monkeypatch.setenv("AGENTOPS_HOME", str(home))
    monkeypatch.setenv("CREWAI_STORAGE_DIR", str(tmp_path / "crewai"))
    return home
