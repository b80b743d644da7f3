"""What recording costs a program, beside OpenTelemetry's SDK doing the same against the same server."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.report import Row
from benchmarks.runs import PROGRAMS, Run, cost, in_turns, microseconds
from benchmarks.runs import run as run_program
from benchmarks.sink import Sink, sink

TITLE = "Recording"
NOTE = (
    "Baseline: opentelemetry-sdk with BatchSpanProcessor and the OTLP/HTTP protobuf exporter, doing the same work "
    "against the same server on the loopback address. Delivered spans are counted by the server."
)
BURST = 20_000
HOUR = 36_000
"""Ten calls a second for an hour, in a fraction of the time."""
_LATENCY = ("p999_s", "longest_s")


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
        _blocked(min(repeat, 3)),
    ]


def _run(program: str, url: str, count: int, size: int, home: Path, *more: str) -> Run:
    return run_program(PROGRAMS[program], url, count, size, home, *more)


def _cost(what: str, count: int, size: int, repeat: int, goals: tuple[str, str]) -> list[Row]:
    found = cost(PROGRAMS, count, size, repeat)
    rows = []
    for part, goal, label in (
        ("thread_s", goals[0], "CPU per span, calling thread"),
        ("process_s", goals[1], "CPU per delivered span, whole process"),
    ):
        base, ours = getattr(found["otel"], part), getattr(found["ours"], part)
        rows.append(Row(f"{what}: {label}", microseconds(base), microseconds(ours), ours / base, goal))
    return rows


def _blocked(repeat: int) -> Row:
    """How long one recorded call takes its caller by the clock, while nobody answers at the endpoint."""

    def one(name: str, home: Path) -> Run:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        return _run(name, f"http://127.0.0.1:{port}", HOUR, 1000, home, "paced")

    stall_s = _stall_s()
    runs = in_turns(repeat, PROGRAMS, one)
    stall_s = max(stall_s, _stall_s())
    what = (
        f"server down, {HOUR:,} calls of 1 kB, 2,000 a second: one call takes its caller, p99.9 / longest (the machine "
        f"itself stops a loop that only reads the clock for {stall_s * 1e3:.2f} ms at the longest)"
    )
    shown = {name: [median(getattr(item, part) for item in done) for part in _LATENCY] for name, done in runs.items()}
    texts = {name: f"{often * 1e3:.2f} ms / {longest * 1e3:.2f} ms" for name, (often, longest) in shown.items()}
    return Row(what, texts["otel"], texts["ours"], None, "≤ 1 ms")


def _stall_s(seconds: float = 5.0) -> float:
    """Return for how long other work on the machine, or on its host, stops a loop that waits for nobody."""
    longest = 0.0
    last = time.perf_counter()
    end = last + seconds
    while last < end:
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now
    return longest


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

    runs = in_turns(repeat, PROGRAMS, one)
    return Row(f"{what}, then exit: delivered / exit takes", *(_delivered(runs[name]) for name in PROGRAMS), None, goal)


def _down(repeat: int) -> Row:
    def one(name: str, home: Path) -> Run:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        result = _run(name, f"http://127.0.0.1:{port}", BURST, 100, home)
        with sink(port=port) as server:
            result.delivered = _after_the_next(name, server, home)
        return result

    runs = in_turns(min(repeat, 3), PROGRAMS, one)
    what = "server down until the program has ended: delivered by the next process / exit takes"
    return Row(what, *(_delivered(runs[name]) for name in PROGRAMS), None, "100 %, exit ≤ 2 s")


def _killed(repeat: int) -> Row:
    def one(name: str, home: Path) -> Run:
        with sink() as server:
            result = _run(name, server.url, BURST, 100, home, "kill")
            result.delivered = _after_the_next(name, server, home)
        return result

    runs = in_turns(repeat, PROGRAMS, one)
    kept = [f"{100 * median(item.delivered for item in runs[name]) / BURST:.1f} %" for name in PROGRAMS]
    return Row("`kill -9` 200 ms after the burst: delivered by the next process", *kept, None, "≥ 99 %")


def _after_the_next(name: str, server: Sink, home: Path) -> int:
    """Run a process that records one span, and count what has arrived of the burst by then."""
    _run(name, server.url, 0, 8, home)
    return min(BURST, server.count())


def _delivered(runs: list[Run]) -> str:
    share = 100 * median(item.delivered for item in runs) / BURST
    return f"{share:.0f} % / {median(item.exit_s for item in runs):.1f} s"
