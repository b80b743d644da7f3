"""What the collector and its pages cost: start, ingest, disk and reading, through HTTP on this machine.

``python -m benchmarks serving`` measures a store of 1,000 generated sessions of 40 spans, one of 25,000 (a million
spans), and sessions of 10,000 and of 50,000 spans. The stores are made under ``.nox/bench-stores`` and used again.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from agentops.wire import merge_lines
from agentops_dashboard.local import open_local
from benchmarks.generate import Generator, Profile, write_segments
from benchmarks.report import Row

TITLE = "Collecting and reading"
NOTE = (
    "`agentops serve` in a process of its own, on an SQLite file, through HTTP from this machine: median, and the 95th "
    "percentile behind it. CPU is the server's own. The store of 25,000 sessions holds a million spans over 30 days."
)
SERVE = "from agentops.cli import main; main(['serve', '--port', '0'])"
STORES = Path(__file__).parent.parent / ".nox" / "bench-stores"
INGEST_SPANS = 10_000
_DAY_NS = 86_400_000_000_000
READS = {
    "newest 50 sessions": ("/api/v1/sessions", 10),
    "filtered list (tag, state, cost)": ("/api/v1/sessions?q=tag:production+status:error+cost:>0.05", 20),
    "list by tool": ("/api/v1/sessions?q=tool:run_sql", 20),
    "list by an event's features: `any(tool.name:run_sql status:error)`": (
        "/api/v1/sessions?q=any(tool:run_sql+and+status:error)", 20,
    ),
    "list sorted by cost": ("/api/v1/sessions?sort=-cost", 20),
    "full text": ("/api/v1/sessions?q=%22agent+looked%22", 500),
    "facets of the last day": ("/api/v1/facets?since=24h", 50),
    "histogram": ("/api/v1/histogram", 50),
    "one session, all spans and payloads": ("/api/v1/sessions/last/spans", 10),
    "page: sessions": ("/sessions", 50),
    "page: session, tree": ("/sessions/last?view=tree", 50),
    "page: session, messages": ("/sessions/last?view=messages", 50),
    "page: session, timeline": ("/sessions/last?view=timeline", 50),
    "page: analytics of the last day": ("/analytics?from={day}", 50),
    "page: analytics of 30 days": ("/analytics?from={month}", 0),
    "what is drawn into it afterwards": ("/analytics/pace?from={month}", 0),
    "page: prices": ("/settings/prices", 50),
}  # fmt: skip
"""What is asked, and the milliseconds that it may take at 1,000 sessions; twice that at 25,000; 0 for no goal.

A moment that stands for ``{day}`` or ``{month}`` is another one each time, so that no answer is a remembered one.
"""


def run(repeat: int) -> list[Row]:
    """Measure everything; ``repeat`` times four requests of each kind."""
    times = max(21, 4 * repeat)
    return [*_ingest(), *_reading(1_000, times, 1), *_reading(25_000, times, 2), *_large(10_000), *_large(50_000)]


class Server:
    """``agentops serve`` in a process of its own."""

    def __init__(self, home: Path) -> None:
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            stdout=subprocess.PIPE,
            env=_environment() | {"AGENTOPS_HOME": str(home)},
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        if match is None:
            raise SystemExit(f"the server did not start: {line!r}")
        self.url = match.group()
        self.get("/sessions")
        self.start_s = time.perf_counter() - started

    def get(self, path: str) -> bytes:
        """Fetch a path."""
        with urllib.request.urlopen(self.url + path) as answer:
            body: bytes = answer.read()
            return body

    def post(self, body: bytes) -> None:
        """Send one OTLP/JSON request; returns when it is acknowledged."""
        request = urllib.request.Request(f"{self.url}/v1/traces", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def cpu_s(self) -> float:
        """CPU seconds that the server has used."""
        values = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def _environment() -> dict[str, str]:
    """What pip installs is compiled; an environment that forbids to write byte code would measure the compiler."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": str(STORES.parent / "bench-bytecode")}


def _compile() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Server(Path(directory)).stop()


def _ingest() -> list[Row]:
    """Spans of 3.3 kB from four senders at once: as many in a request as OpenTelemetry's exporter sends, and fewer."""
    _compile()
    profile = Profile(spans=50, payload_bytes=550)
    sessions = [lines for _, lines in Generator(7, profile).sessions(INGEST_SPANS // 55)]
    lines_of_batches = [list(chain(*sessions[start : start + 9])) for start in range(0, len(sessions), 9)]
    fed = _feed([merge_lines(lines) for lines in lines_of_batches])
    by_session = _feed([merge_lines(lines) for lines in sessions])
    wire = f"{fed.wire:,.0f} B on the wire"
    start = f"{fed.start_s:.2f} s / {fed.memory_mb:.0f} MB"
    return [
        Row("start to first page / memory", "", start, None, "≤ 1.5 s / ≤ 120 MB"),
        Row("ingest, 500 spans a request: durable and findable a second", "", f"{fed.rate:,.0f}", None, "≥ 5,000"),
        Row("ingest, 500 spans a request: CPU per span", "", f"{fed.cpu_us:.0f} µs", None, "≤ 125 µs"),
        Row("ingest, a session of 60 spans a request: durable and findable a second", "", f"{by_session.rate:,.0f}"),
        Row("ingest, a session of 60 spans a request: CPU per span", "", f"{by_session.cpu_us:.0f} µs"),
        Row("ingest: memory after it", "", f"{fed.after_mb:.0f} MB", None, "≤ 300 MB"),
        Row("POST to findable, p95", "", f"{fed.findable_s * 1000:.0f} ms", None, "≤ 500 ms"),
        Row(f"disk per span ({wire})", "", f"{fed.stored:,.0f} B", None, "≤ 1,200 B"),
    ]


@dataclass
class _Fed:
    """What became of a server that was fed; ``wire`` and ``stored`` are bytes of a span."""

    start_s: float
    memory_mb: float
    after_mb: float
    rate: float
    cpu_us: float
    findable_s: float
    wire: float
    stored: float


def _feed(bodies: list[bytes]) -> _Fed:
    """Send requests to an empty server, the first ones before the clock runs."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        server = Server(home)
        memory = server.memory_mb()
        first, rest = bodies[:2], bodies[2:]
        for body in first:
            server.post(body)
        before = json.loads(server.get("/api/v1/health"))["spans"]
        cpu, started = server.cpu_s(), time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(server.post, rest))
        wall, cpu = time.perf_counter() - started, server.cpu_s() - cpu
        spans = json.loads(server.get("/api/v1/health"))["spans"]
        findable = sorted(_until_findable(server, seed) for seed in range(20))
        after = server.memory_mb()
        server.stop()
        stored = sum(path.stat().st_size for path in home.glob("agentops.sqlite*")) / spans
    timed = spans - before
    return _Fed(
        start_s=server.start_s,
        memory_mb=memory,
        after_mb=after,
        rate=timed / wall,
        cpu_us=cpu / timed * 1e6,
        findable_s=findable[18],
        wire=sum(map(len, bodies)) / spans,
        stored=stored,
    )


def _until_findable(server: Server, seed: int) -> float:
    """Seconds from sending a session until the list has it."""
    ((session_id, lines),) = Generator(1000 + seed, Profile(spans=10)).sessions(1)
    body, started = merge_lines(lines), time.perf_counter()
    server.post(body)
    while json.loads(server.get(f"/api/v1/sessions?q=id:{session_id}"))["total"] == 0:
        time.sleep(0.01)
    return time.perf_counter() - started


def _reading(sessions: int, times: int, slack: int) -> list[Row]:
    server = Server(store(f"{sessions}-sessions", Profile(spans=40, spread_s=30 * 86400), sessions))
    rows = []
    for name, (path, goal_ms) in READS.items():
        server.get(_moment(path))
        taken = sorted(_milliseconds(server, _moment(path)) for _ in range(times))
        p50, p95 = statistics.median(taken), taken[int(times * 0.95)]
        what = f"{sessions:,} sessions: {name}"
        goal = f"≤ {goal_ms * (slack if goal_ms < 500 else 1)} ms" if goal_ms else ""
        rows.append(Row(what, "", f"{p50:.1f} ms, {p95:.1f}", None, goal))
    rows.append(Row(f"{sessions:,} sessions: memory after all that", "", f"{server.memory_mb():.0f} MB"))
    server.stop()
    return rows


def _moment(path: str) -> str:
    """The path with what has not been asked before in it."""
    now = time.time_ns()
    return path.format(day=now - _DAY_NS, month=now - 30 * _DAY_NS)


def _large(spans: int) -> list[Row]:
    server = Server(store(f"one-session-of-{spans}", Profile(spans=spans, spans_vary=0), 1))
    asked = {
        "first rows of its page": ("/sessions/last?view=tree", "≤ 1 s"),
        "a window of its tree again": ("/api/v1/sessions/last/tree?limit=100&offset=5000", ""),
        "all rows without payloads": (
            "/api/v1/sessions/last/spans?payload=false",
            "≤ 0.3 s" if spans <= 10_000 else "",
        ),
    }
    rows = [
        Row(f"session of {spans:,} spans: {name}", "", f"{_milliseconds(server, path) / 1000:.2f} s", None, goal)
        for name, (path, goal) in asked.items()
    ]
    server.stop()
    return rows


def _milliseconds(server: Server, path: str) -> float:
    started = time.perf_counter()
    server.get(path)
    return (time.perf_counter() - started) * 1000


def store(name: str, profile: Profile, sessions: int) -> Path:
    """Return the home of a generated store, which is made when it is not there yet."""
    home = STORES / name
    if not (home / "done").exists():
        write_segments(home, Generator(3, profile), sessions)
        with open_local(home):
            (home / "done").touch()
    return home
