"""The dashboard's server: start, ingest, disk, reading. Figures through HTTP on this machine.

    python benchmarks/server.py --sessions 1000 --json server.json

prints a table. Reading is measured on a store of so many generated sessions of 40 spans, which is kept in ``--home``
and used again. CPU is the server's own; wall-clock figures count only on a quiet machine.
"""

import argparse
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from generate import Generator, Profile, write_segments

from agentops.wire import merge_lines
from agentops_dashboard.local import open_local

SERVE = "from agentops.cli import main; main(['serve', '--port', '0'])"
READS = {
    "newest 50": "/api/v1/sessions",
    "filtered list (tag, state, cost)": "/api/v1/sessions?q=tag:production+status:error+cost:>0.05",
    "list by tool": "/api/v1/sessions?q=tool:run_sql",
    "list by cost": "/api/v1/sessions?sort=-cost",
    "full text": "/api/v1/sessions?q=%22agent+looked%22",
    "facets of the last day": "/api/v1/facets?since=24h",
    "histogram": "/api/v1/histogram",
    "one session, all spans and payloads": "/api/v1/sessions/last/spans",
}


class Server:
    """``agentops serve`` in a process of its own."""

    def __init__(self, home: Path) -> None:
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE],
            stdout=subprocess.PIPE,
            env=os.environ | {"AGENTOPS_HOME": str(home)},
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


def measure_ingest(spans: int, payload_bytes: int) -> dict[str, Any]:
    """Batches of one session each, four senders at once."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        profile = Profile(spans=50, payload_bytes=payload_bytes)
        bodies = [merge_lines(lines) for _, lines in Generator(7, profile).sessions(max(spans // 55, 8))]
        server = Server(home)
        memory_before = server.memory_mb()
        for body in bodies[:3]:
            server.post(body)
        cpu, started = server.cpu_s(), time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(server.post, bodies[3:]))
        wall, cpu = time.perf_counter() - started, server.cpu_s() - cpu
        health = json.loads(server.get("/api/v1/health"))
        findable = [measure_findable(server, seed) for seed in range(20)]
        result = {
            "start to first page, s": round(server.start_s, 2),
            "memory after start, MB": round(memory_before),
            "memory after ingest, MB": round(server.memory_mb()),
            "bytes per span on the wire": round(sum(map(len, bodies)) / health["spans"]),
            "spans per second, durable and findable": round(health["spans"] / wall),
            "CPU per span, µs": round(cpu / health["spans"] * 1e6),
            "POST to findable, p95, ms": round(sorted(findable)[18] * 1000, 1),
        }
        server.stop()
        result["disk per span, bytes"] = round((home / "agentops.sqlite").stat().st_size / health["spans"])
        return result


def measure_findable(server: Server, seed: int) -> float:
    """Seconds from sending a session until the list has it."""
    ((session_id, lines),) = Generator(1000 + seed, Profile(spans=10)).sessions(1)
    body, started = merge_lines(lines), time.perf_counter()
    server.post(body)
    while json.loads(server.get(f"/api/v1/sessions?q=id:{session_id}"))["total"] == 0:
        time.sleep(0.01)
    return time.perf_counter() - started


def measure_reading(home: Path, sessions: int, repeats: int) -> dict[str, Any]:
    """Median and 95th percentile of each question, in milliseconds."""
    if not (home / "agentops.sqlite").exists():
        write_segments(home, Generator(3, Profile(spans=40, spread_s=30 * 86400)), sessions)
        with open_local(home):
            pass
    server = Server(home)
    result = {}
    for name, path in READS.items():
        server.get(path)
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            server.get(path)
            times.append((time.perf_counter() - started) * 1000)
        result[name] = {"p50": round(statistics.median(times), 1), "p95": round(sorted(times)[int(repeats * 0.95)], 1)}
    server.stop()
    return result


def measure_large_session(spans: int) -> dict[str, Any]:
    """One session of so many spans: all rows without payloads, and the first window of its tree."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        write_segments(home, Generator(5, Profile(spans=spans)), 1)
        with open_local(home) as local:
            count = local.reader.sessions()["sessions"][0]["counts"]["spans"]
        server = Server(home)
        result: dict[str, Any] = {"spans": count}
        for name, path in {
            "first window, s": "/api/v1/sessions/last/tree?limit=100",
            "window again, s": "/api/v1/sessions/last/tree?limit=100&offset=5000",
            "all rows without payloads, s": "/api/v1/sessions/last/spans?payload=false",
        }.items():
            started = time.perf_counter()
            server.get(path)
            result[name] = round(time.perf_counter() - started, 3)
        server.stop()
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1000, help="in the store that is read")
    parser.add_argument("--home", type=Path, help="where that store is kept; a temporary directory by default")
    parser.add_argument("--ingest-spans", type=int, default=10_000)
    parser.add_argument("--payload-bytes", type=int, default=550, help="makes spans of about 3.7 kB")
    parser.add_argument("--large", type=int, default=10_000, help="spans of the large session")
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    figures: dict[str, Any] = {"ingest": measure_ingest(options.ingest_spans, options.payload_bytes)}
    with tempfile.TemporaryDirectory() as directory:
        home = options.home or Path(directory)
        home.mkdir(parents=True, exist_ok=True)
        figures["reading"] = measure_reading(home, options.sessions, options.repeats)
    figures["large session"] = measure_large_session(options.large)
    figures["machine"] = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    for title, table in figures.items():
        print(f"\n### {title}\n\n| what | figure |\n|---|---|")
        for name, value in table.items():
            shown = f"{value['p50']} ms, p95 {value['p95']} ms" if isinstance(value, dict) else value
            print(f"| {name} | {shown} |")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
