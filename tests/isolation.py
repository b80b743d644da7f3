"""Keeping a process on this machine: tests with it fail when anything in them tries to reach another one.

``python -m tests.isolation program.py`` runs a program so, and fails with the attempts that it made.
"""

import ipaddress
import os
import runpy
import sys
from typing import Final

QUIET: Final = {
    "AGNO_TELEMETRY": "false",
    "ANONYMIZED_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_TESTING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
"""What frameworks read to learn that they are not to phone home. Read while they are imported."""

remote_calls: list[str] = []
"""Attempts to reach another machine. A framework may swallow the refusal; the list does not."""


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
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a Unix socket
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    else:
        return
    if not _is_local(host):
        remote_calls.append(f"{event} {host!s}")
        raise RemoteCallError(f"Tests reach 127.0.0.1 only, and this one tried {host!s} ({event}).")


def stay_on_this_machine() -> None:
    """Refuse connections to other machines from here on, for good.

    By an audit hook: it sees connections that C code makes too, and nothing in a test can take it off again.
    """
    os.environ.update(QUIET)
    sys.addaudithook(_refuse_remote)


if __name__ == "__main__":
    stay_on_this_machine()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
    if remote_calls:
        sys.exit(f"{sys.argv[0]} tried to reach another machine: {remote_calls}")
