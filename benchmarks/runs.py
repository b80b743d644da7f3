"""Runs the programs of ``benchmarks/programs`` in turns, each in a process of its own, and reads what they took."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.sink import sink

__all__ = ["PROGRAMS", "Program", "Run", "cost", "in_turns", "microseconds"]

DIRECTORY = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Program:
    """A program that records the work, and the interpreter that has what it needs."""

    path: Path
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict)


PROGRAMS = {"otel": Program(DIRECTORY / "otel.py"), "ours": Program(DIRECTORY / "ours.py")}


@dataclass
class Run:
    """One run of a program. ``p999_s`` and ``longest_s``: how long one call took its caller, where that was timed."""

    thread_s: float
    process_s: float
    exit_s: float
    p999_s: float = 0.0
    longest_s: float = 0.0
    delivered: int = 0


def run(program: Program, url: str, count: int, size: int, home: Path, *more: str) -> Run:
    """Let a program record so many calls of so many bytes; ``more`` is described in ``programs/workload.py``."""
    command = [program.python, str(program.path), url, str(count), str(size), *more]
    environment = {**os.environ, "AGENTOPS_HOME": str(home), **program.environment}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=home
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    ended = time.time()
    [line] = [line for line in printed.splitlines() if line.startswith('{"thread_s"')]
    said = json.loads(line)
    times = {name: said[name] for name in ("p999_s", "longest_s") if name in said}
    return Run(said["thread_s"], usage.ru_utime + usage.ru_stime, ended - said["ended_at"], **times)


def in_turns(repeat: int, names: Iterable[str], one: Callable[[str, Path], Run]) -> dict[str, list[Run]]:
    """Run each of the names so often, in turns, each time with an empty home."""
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(repeat):
        for name, done in runs.items():
            home = Path(tempfile.mkdtemp(prefix="agentops-bench-"))
            done.append(one(name, home))
            shutil.rmtree(home)
    return runs


def cost(programs: Mapping[str, Program], count: int, size: int, repeat: int) -> dict[str, Run]:
    """Return what one call costs with each program: the median of its runs, less an idle program's CPU.

    The process's CPU is shared among the calls of which the server has got a span: one that is dropped has cost next to
    nothing. The idle program has a home of its own, or it would deliver what the full one had left behind.
    """

    def one(name: str, home: Path) -> Run:
        empty = home / "empty"
        empty.mkdir()
        with sink() as server:
            full = run(programs[name], server.url, count, size, home, "flush")
            delivered = min(count, server.count())
            idle = run(programs[name], server.url, 0, size, empty)
        cpu_s = (full.process_s - idle.process_s) / max(1, delivered)
        return Run(full.thread_s / count, cpu_s, full.exit_s, delivered=delivered)

    runs = in_turns(repeat, programs, one)
    return {name: _median(done) for name, done in runs.items()}


def _median(runs: list[Run]) -> Run:
    return Run(
        *(median(getattr(item, part) for item in runs) for part in ("thread_s", "process_s", "exit_s")),
        delivered=min(item.delivered for item in runs),
    )


def microseconds(seconds: float) -> str:
    """Write a time as the tables do."""
    return f"{seconds * 1e6:,.1f} µs"
