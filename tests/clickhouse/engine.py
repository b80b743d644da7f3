"""A ClickHouse on the loopback interface: the engine of an npm package, in a process of its own.

``AGENTOPS_TEST_CHDB`` is the directory of that package's scope. As a program, this module is the process:
``python engine.py LIBRARY CONFIG DATA``.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_WITHIN_S = 60
_FOREVER = (
    "SELECT sleepEachRow(3) FROM system.numbers FORMAT Null "
    "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
)
_CONFIG = """<clickhouse>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port>
  <tcp_port>{tcp}</tcp_port>
  <mark_cache_size>67108864</mark_cache_size>
  <users><default><password>{password}</password></default></users>
  <remote_servers><pair>{shards}</pair></remote_servers>
</clickhouse>
"""
_SHARD = """<shard><replica><host>127.0.0.1</host><port>{tcp}</port></replica></shard>"""


def library() -> Path:
    """Find the engine."""
    return Path(os.environ["AGENTOPS_TEST_CHDB"]) / "lib-linux-x64-gnu" / "libchdb.so"


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Engine:
    """One server. ``shards`` are the native ports of the cluster ``pair`` that it belongs to."""

    directory: Path
    shards: Sequence[int] = ()
    http: int = field(default_factory=free_port)
    tcp: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Where it listens, as in a URL."""
        return f"127.0.0.1:{self.http}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = self.directory / "config.xml"
        shards = "".join(_SHARD.format(tcp=tcp) for tcp in self.shards)
        config.write_text(_CONFIG.format(http=self.http, tcp=self.tcp, shards=shards, password=""))
        command = [sys.executable, __file__, str(library()), str(config), str(self.directory / "data")]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the engine did not start: {(self.directory / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/ping", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def ask(self, statement: str) -> str:
        """Run a statement past everything that is tested; returns its answer as tab-separated text."""
        request = urllib.request.Request(f"http://{self.host}/", data=statement.encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.read().decode().rstrip("\n"))

    def kill(self) -> None:
        """Stop it as ``kill -9`` does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def _serve(path: str, config: str, data: str) -> None:
    # Not to outlive the tests, however they end: PR_SET_PDEATHSIG.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    run = ctypes.CDLL(path).chdb_query_cmdline
    run.restype = ctypes.c_void_p
    statements = f"SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; {_FOREVER}"
    words = ["clickhouse", f"--config-file={config}", f"--path={data}", "--query", statements]
    arguments = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
    run(len(words), arguments)


if __name__ == "__main__":
    _serve(*sys.argv[1:4])
