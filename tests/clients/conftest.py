"""Other projects' clients, each in an environment of its own, against a real server."""

import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "programs"
LANGCHAIN = ["langchain>=1.3", "opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk"]
REQUIREMENTS = {
    "agentops_04": ["agentops==0.4.21", "opentelemetry-exporter-otlp-proto-http<1.45"],
    "openinference": ["openinference-instrumentation-langchain", *LANGCHAIN],
    "traceloop": ["traceloop-sdk", *LANGCHAIN],
    "logfire": ["logfire", "pydantic-ai-slim", "opentelemetry-exporter-otlp-proto-http"],
}
"""By program. The old client has our own distribution's name, so it can share no environment with us."""


class Server:
    """``agentops serve`` on an empty home; with ``options`` for a login, and the key that is read with then."""

    def __init__(self, home: Path, *options: str, key: str = "") -> None:
        self.key = key
        command = ["serve", "--port", "0", *options]
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from agentops.cli import main; main({command!r})"],
            stdout=subprocess.PIPE, env=os.environ | {"AGENTOPS_HOME": str(home)}, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self._process.stdout.readline())
        assert found is not None
        self.url = found.group()

    def get(self, path: str) -> Any:
        """Fetch JSON."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers)) as answer:
            return json.load(answer)

    def sessions(self, count: int) -> list[dict[str, Any]]:
        """Return the sessions, the oldest first, once there are so many."""
        for _ in range(100):
            found: list[dict[str, Any]] = self.get("/api/v1/sessions?sort=start_time")["sessions"]
            if len(found) >= count:
                break
            time.sleep(0.1)
        return found

    def outline(self, session_id: str) -> list[str]:
        """Return a session's tree as indented lines of kind and what it is about."""
        rows = self.get(f"/api/v1/sessions/{session_id}/tree?limit=1000")["rows"]
        return [
            "  " * row["depth"] + " ".join(filter(None, (row["span"]["kind"], self._about(row["span"]))))
            for row in rows
        ]

    def _about(self, span: dict[str, Any]) -> str:
        failed = "!" if span["status"] == "error" else ""
        return str(span["tool"] or span["agent"] or "") + failed if span["kind"] in ("tool", "agent") else failed

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Relay:
    """Stands between a client and a server, passes everything on, and remembers the batches of spans."""

    key = ""

    def __init__(self, server: Server) -> None:
        self.batches: list[tuple[str, bytes, dict[str, str]]] = []
        relay, (host, port) = self, server.url.removeprefix("http://").split(":")

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                if self.path.endswith("/traces"):
                    relay.batches.append((self.path, body, headers))
                connection = http.client.HTTPConnection(host, int(port))
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type", ""))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def send_thrice(self, server: Server) -> None:
        """Send each batch three times to another server, in an order of chance that is the same each time."""
        shuffled = self.batches * 3
        random.Random(7).shuffle(shuffled)
        for path, body, headers in shuffled:
            with urllib.request.urlopen(urllib.request.Request(server.url + path, body, headers)) as answer:
                assert answer.status == 200

    def stop(self) -> None:
        """End it."""
        self._listener.shutdown()
        self._listener.server_close()


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    relay = Relay(server)
    yield relay
    relay.stop()


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "other")
    yield server
    server.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def guarded_server(tmp_path: Path) -> Iterator[Server]:
    """A server with a login, and one key that sends and reads."""
    from agentops_dashboard.accounts import Accounts, Actor, accounts_path

    accounts, setup = Accounts(accounts_path(tmp_path)), Actor("setup")
    accounts.users.create(setup, "ada", "correct horse", is_admin=True)
    accounts.projects.create(setup, "Checkout")
    key = accounts.keys.create(setup, "checkout", "program", ["ingest", "read"])[1]
    accounts.close()
    server = Server(tmp_path, "--auth", "--log-format", "off", key=key)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def python_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the interpreter of a program's environment; made when it is first asked for."""
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            directory = tmp_path_factory.mktemp(name) / "venv"
            uv = shutil.which("uv")
            venv.create(directory, with_pip=uv is None)
            python = directory / ("Scripts" if os.name == "nt" else "bin") / "python"
            install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
            subprocess.run([*install, "-q", *REQUIREMENTS[name]], check=True)
            made[name] = python
        return made[name]

    return make


@pytest.fixture
def run(python_of: Callable[[str], Path], tmp_path: Path) -> Callable[[str, Server | Relay], str]:
    """Run a program against a server; returns what it printed."""

    def start(name: str, server: Server | Relay) -> str:
        command = [
            str(python_of(name)),
            str(PROGRAMS / f"run_{name}.py"),
            server.url,
            *([server.key] if server.key else []),
        ]
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("AGENTOPS_", "OTEL_", "PYTHON"))
        }
        env = clean | {"TRACELOOP_TELEMETRY": "false"}
        # In a directory of its own: the old client leaves an agentops.log where it is started.
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return start
