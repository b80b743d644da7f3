"""Servers that take OTLP and show it: ours, Phoenix's and MLflow's, each started and asked as its documentation says.

Each runs alone, on the loopback address, over an SQLite file of its own. What they would tell their makers is switched
off, and could not leave this machine.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from typing_extensions import Self

from benchmarks.environments import OFFLINE

__all__ = ["CONTENDERS", "Contender", "cpu_s"]

_START_WITHIN_S = 300
_TRIES = 5
_JSON = {"Content-Type": "application/json"}
_PROTOBUF = {"Content-Type": "application/x-protobuf"}


class Contender(ABC):
    """A server in a process of its own, and how it is asked.

    Args:
        home: The directory that holds all that it keeps.
        python: The interpreter that has it.

    Attributes:
        start_s: How long it took until its first page was there.
    """

    first_page: ClassVar[str] = "/"
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, home: Path, python: str) -> None:
        self.home, self.python = home, python
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        home.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        with open(home.parent / f"{home.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=home,
                env=os.environ | OFFLINE | self.environment(),
                stdout=log,
                stderr=log,
                # Its processes are found, and ended, by their session.
                start_new_session=True,
            )
        self._wait_for_first_page(started + _START_WITHIN_S)
        self.start_s = time.perf_counter() - started

    def __enter__(self) -> Self:
        """Nothing: it runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all its processes."""
        self.stop()

    @abstractmethod
    def command(self) -> list[str]:
        """The command that starts it."""

    def environment(self) -> dict[str, str]:
        """What its environment says besides."""
        return {}

    @abstractmethod
    def has(self, spans: int, session_ids: Iterable[str]) -> bool:
        """Whether its API finds so many spans in all, and these sessions, all of whose requests were answered."""

    @abstractmethod
    def newest(self) -> list[str]:
        """The ids of the newest 50 sessions."""

    @abstractmethod
    def failed_and_long(self) -> list[str]:
        """The newest 50 of those in which something failed and that took more than five seconds."""

    @abstractmethod
    def with_failed_call(self) -> list[str]:
        """The newest 50 of those in which a call of the tool ``run_sql`` failed."""

    @abstractmethod
    def spans(self, session_id: str) -> list[Any]:
        """All spans of a session, with what went in and came out."""

    def send(self, body: bytes) -> None:
        """Send a request of OTLP protobuf; returns when it is acknowledged."""
        self.ask("/v1/traces", body, _PROTOBUF | self.headers)

    def ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """Fetch a path; again where the connection was cut off, as exporters do: a busy server replaces its workers."""
        request = urllib.request.Request(self.url + path, body, headers or {})
        for tries_left in reversed(range(_TRIES)):
            try:
                with urllib.request.urlopen(request, timeout=600) as answer:
                    content: bytes = answer.read()
                    return content
            except ConnectionError:
                if not tries_left:
                    raise
                time.sleep(1)
        raise AssertionError

    def ask_json(self, path: str, body: object = None) -> Any:
        """Fetch JSON."""
        return json.loads(self.ask(path, None if body is None else json.dumps(body).encode(), _JSON))

    def cpu_s(self) -> float:
        """CPU seconds that its processes have used, those that are gone included."""
        return sum(map(cpu_s, _processes(self.process.pid)))

    def memory_mb(self) -> float:
        """Memory of its processes; what several of them share counts once."""
        total = 0
        for process in _processes(self.process.pid):
            lines = process.joinpath("smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def disk_bytes(self) -> int:
        """What it keeps on the disk."""
        return sum(path.stat().st_size for path in self.home.rglob("*") if path.is_file())

    def stop(self) -> None:
        """End all its processes."""
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        if _processes(self.process.pid):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def _wait_for_first_page(self, deadline: float) -> None:
        while True:
            try:
                self.ask(self.first_page)
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.perf_counter() > deadline:
                    self.stop()
                    raise SystemExit(f"{self.command()[:3]} did not start; see {self.home}.log") from None
                time.sleep(0.02)
            else:
                return


class Ours(Contender):
    """``agentops serve``.

    Args:
        home: The directory that holds what it keeps.
        python: The interpreter that has it.
        store: Where it keeps sessions instead.
    """

    first_page = "/sessions"

    def __init__(self, home: Path, python: str, store: str = "") -> None:
        self.store = store
        super().__init__(home, python)

    def command(self) -> list[str]:
        code = f"from agentops.cli import main; main(['serve', '--port', '{self.port}'])"
        return [self.python, "-c", code]

    def environment(self) -> dict[str, str]:
        return {"AGENTOPS_HOME": str(self.home), "AGENTOPS_STORE": self.store}

    def has(self, spans: int, session_ids: Iterable[str]) -> bool:
        return int(self.ask_json("/api/v1/health")["spans"]) >= spans

    def newest(self) -> list[str]:
        return self._list("")

    def failed_and_long(self) -> list[str]:
        return self._list("errors:>0 duration:>5s")

    def with_failed_call(self) -> list[str]:
        return self._list("any(tool.name:run_sql and status:error)")

    def spans(self, session_id: str) -> list[Any]:
        return list(self.ask_json(f"/api/v1/sessions/{session_id}/spans")["spans"])

    def _list(self, query: str) -> list[str]:
        found = self.ask_json(f"/api/v1/sessions?limit=50&q={quote(query)}")
        return [session["id"] for session in found["sessions"]]


class Phoenix(Contender):
    """``phoenix serve``, asked over its REST API; over GraphQL where that has no answer."""

    def command(self) -> list[str]:
        return [str(Path(self.python).with_name("phoenix")), "serve"]

    def environment(self) -> dict[str, str]:
        return {
            "PHOENIX_WORKING_DIR": str(self.home),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(self.port),
            "PHOENIX_GRPC_PORT": str(_free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
            "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
        }

    def has(self, spans: int, session_ids: Iterable[str]) -> bool:
        answer = self.ask_json("/graphql", {"query": "{projects{edges{node{recordCount}}}}"})
        return sum(edge["node"]["recordCount"] for edge in answer["data"]["projects"]["edges"]) >= spans

    def newest(self) -> list[str]:
        return self._list("")

    def failed_and_long(self) -> list[str]:
        return self._list("error_count > 0 and latency_ms > 5000")

    def with_failed_call(self) -> list[str]:
        condition = 'span.name == "execute_tool run_sql" and span.status_code == "ERROR"'
        return self._list(f"any({condition} for span in spans)")

    def spans(self, session_id: str) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        while True:
            path = f"/v1/projects/default/spans?limit=1000&trace_id={session_id}{cursor}"
            page = self.ask_json(path)
            found += page["data"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={quote(page['next_cursor'])}"

    def _list(self, condition: str) -> list[str]:
        found = self.ask_json(f"/v1/projects/default/traces?limit=50&filter={quote(condition)}")
        return [trace["trace_id"] for trace in found["data"]]


class MLflow(Contender):
    """``mlflow server`` with its own number of workers, asked over its REST API."""

    headers: ClassVar[dict[str, str]] = {"x-mlflow-experiment-id": "0"}

    def command(self) -> list[str]:
        own = ["--backend-store-uri", f"sqlite:///{self.home}/mlflow.db", "--artifacts-destination", f"{self.home}/art"]
        program = str(Path(self.python).with_name("mlflow"))
        return [program, "server", *own, "--host", "127.0.0.1", "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        return {"MLFLOW_DISABLE_TELEMETRY": "true"}

    def has(self, spans: int, session_ids: Iterable[str]) -> bool:
        """It counts no spans, but answers a request when all of it is stored."""
        return set(session_ids) <= set(self._list("", 500))

    def newest(self) -> list[str]:
        return self._list("")

    def failed_and_long(self) -> list[str]:
        return self._list("span.status = 'ERROR' AND trace.execution_time_ms > 5000")

    def with_failed_call(self) -> list[str]:
        return self._list("span.name = 'execute_tool run_sql' AND span.status = 'ERROR'")

    def spans(self, session_id: str) -> list[Any]:
        return list(self.ask_json(f"/api/3.0/mlflow/traces/get?trace_id=tr-{session_id}")["trace"]["spans"])

    def _list(self, condition: str, limit: int = 50) -> list[str]:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
        asked = {"locations": [place], "max_results": limit, "order_by": ["timestamp_ms DESC"], "filter": condition}
        found = self.ask_json("/api/3.0/mlflow/traces/search", asked).get("traces", [])
        return [trace["trace_id"].removeprefix("tr-") for trace in found]


CONTENDERS: dict[str, type[Contender]] = {"ours": Ours, "phoenix": Phoenix, "mlflow": MLflow}


def cpu_s(process: Path) -> float:
    """CPU seconds of a process and its children that are gone; ``process`` is its directory in ``/proc``."""
    values = process.joinpath("stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, values[11:15])) / os.sysconf("SC_CLK_TCK")


def _processes(session: int) -> list[Path]:
    """The directories in ``/proc`` of the living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(values[3]) == session and values[0] != "Z":
            found.append(path.parent)
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
