"""What recording costs a program, beside OpenTelemetry's SDK doing the same against the same server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.report import Row
from benchmarks.sink import Sink, sink

TITLE = "Recording"
NOTE = (
    "Baseline: opentelemetry-sdk with BatchSpanProcessor and the OTLP/HTTP protobuf exporter, doing the same work "
    "against the same server on the loopback address. Delivered spans are counted by the server."
)
BURST = 20_000
PROGRAMS = {name: Path(__file__).parent / "programs" / f"{name}.py" for name in ("otel", "ours")}


@dataclass
class Run:
    """One run of a program."""

    thread_s: float
    process_s: float
    exit_s: float
    delivered: int = 0


def run(repeat: int) -> list[Row]:
    """Measure everything."""
    return [
        *_cost("decorated call, 100 B in and out", 5000, 100, repeat, ("≤ 0.2×", "≤ 0.35×")),
        *_cost("the same with 50 kB in and out", 1000, 50_000, repeat, ("≤ 0.4×", "≤ 0.4×")),
        _import_time(repeat),
        _burst("20,000 spans in a burst", repeat, "100 %, exit ≤ 2 s"),
        _burst("the same, the server answers after 100 ms", repeat, "100 % (at the latest by the next process)", 0.1),
        _down(repeat),
        _killed(repeat),
    ]


def _run(program: str, url: str, count: int, size: int, home: Path, *more: str) -> Run:
    command = [sys.executable, str(PROGRAMS[program]), url, str(count), str(size), *more]
    environment = {**os.environ, "AGENTOPS_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    ended = time.time()
    said = json.loads(printed.splitlines()[0])
    return Run(said["thread_s"], usage.ru_utime + usage.ru_stime, ended - said["ended_at"])


def _in_turns(repeat: int, one: Callable[[str, Path], Run]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in PROGRAMS}
    for _ in range(repeat):
        for name in PROGRAMS:
            home = Path(tempfile.mkdtemp(prefix="agentops-bench-"))
            runs[name].append(one(name, home))
            shutil.rmtree(home)
    return runs


def _cost(what: str, count: int, size: int, repeat: int, goals: tuple[str, str]) -> list[Row]:
    def one(name: str, home: Path) -> Run:
        with sink() as server:
            full = _run(name, server.url, count, size, home)
            idle = _run(name, server.url, 0, size, home)
        return Run(full.thread_s / count, (full.process_s - idle.process_s) / count, full.exit_s)

    runs = _in_turns(repeat, one)
    rows = []
    for part, goal, label in (("thread_s", goals[0], "calling thread"), ("process_s", goals[1], "whole process")):
        base, ours = (median(getattr(item, part) for item in runs[name]) for name in ("otel", "ours"))
        rows.append(Row(f"{what}: CPU per span, {label}", _us(base), _us(ours), ours / base, goal))
    return rows


def _import_time(repeat: int) -> Row:
    imports = {
        "nothing": "pass",
        "otel": "import opentelemetry.sdk.trace.export, opentelemetry.exporter.otlp.proto.http.trace_exporter",
        "ours": "import agentops",
    }
    times: dict[str, list[float]] = {name: [] for name in imports}
    with tempfile.TemporaryDirectory() as compiled:
        # What pip installs is compiled; an environment that forbids to write byte code would measure the compiler.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled
        for turn in range(repeat * 2 + 1):
            for name, code in imports.items():
                begun = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env=environment)
                if turn:
                    times[name].append(time.perf_counter() - begun)
    bare = median(times["nothing"])
    base, ours = median(times["otel"]) - bare, median(times["ours"]) - bare
    return Row("import, over bare Python", f"{base * 1e3:.0f} ms", f"{ours * 1e3:.0f} ms", ours / base, "≤ 60 ms")


def _burst(what: str, repeat: int, goal: str, delay_s: float = 0.0) -> Row:
    def one(name: str, home: Path) -> Run:
        with sink(delay_s) as server:
            result = _run(name, server.url, BURST, 100, home)
            result.delivered = _after_the_next(name, server, home)
        return result

    runs = _in_turns(repeat, one)
    return Row(f"{what}, then exit: delivered / exit takes", *(_delivered(runs[name]) for name in PROGRAMS), None, goal)


def _down(repeat: int) -> Row:
    def one(name: str, home: Path) -> Run:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        result = _run(name, f"http://127.0.0.1:{port}", BURST, 100, home)
        with sink(port=port) as server:
            result.delivered = _after_the_next(name, server, home)
        return result

    runs = _in_turns(min(repeat, 3), one)
    what = "server down until the program has ended: delivered by the next process / exit takes"
    return Row(what, *(_delivered(runs[name]) for name in PROGRAMS), None, "100 %, exit ≤ 2 s")


def _killed(repeat: int) -> Row:
    def one(name: str, home: Path) -> Run:
        with sink() as server:
            result = _run(name, server.url, BURST, 100, home, "kill")
            result.delivered = _after_the_next(name, server, home)
        return result

    runs = _in_turns(repeat, one)
    kept = [f"{100 * median(item.delivered for item in runs[name]) / BURST:.1f} %" for name in PROGRAMS]
    return Row("`kill -9` 200 ms after the burst: delivered by the next process", *kept, None, "≥ 99 %")


def _after_the_next(name: str, server: Sink, home: Path) -> int:
    """Run a process that records one span, and count what has arrived of the burst by then."""
    _run(name, server.url, 0, 8, home)
    return min(BURST, server.count())


def _delivered(runs: list[Run]) -> str:
    share = 100 * median(item.delivered for item in runs) / BURST
    return f"{share:.0f} % / {median(item.exit_s for item in runs):.1f} s"


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs"
