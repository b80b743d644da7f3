"""What collecting and reading costs with other servers, each in an environment of its own, in turns with agentops.

Their newest releases are installed with uv or pip, into ``.nox/bench-<name>``. All get the same bytes over HTTP and are
asked the same questions; sizes are such that the slowest of them is done in minutes.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from agentops.wire import is_partial, merge_lines
from agentops.wire.protobuf import encode_request
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.environments import environment, version
from benchmarks.generate import Generator, Profile
from benchmarks.report import Row

__all__ = ["NOTE", "PEERS", "TITLE", "run"]

TITLE = "Collecting and reading, beside others"
NOTE = (
    "Each server alone, started as its documentation says, on an SQLite file, asked over its HTTP API; in turns with "
    "agentops. All get the same OTLP protobuf from four senders and count as done when their API finds every span; "
    "behind a read stands how many it found. CPU and memory are those of all processes "
    "of a server, idle ones included; what they share counts once. The second start is measured, over a file that is "
    "there. Ratios are agentops' to theirs."
)
PEERS = {"phoenix": ["arize-phoenix"], "mlflow": ["mlflow"]}
"""What is installed for each."""
SESSIONS = 60
LARGE_SPANS = 10_000
_READS = 11
_FINDS = 10
_LINES = 10
"""Lines of 50 spans in a request."""
_WITHIN_S = 900


_Session = tuple[str, list[bytes], int]
"""Its id, the requests that hold it, and the number of its spans."""


@dataclass
class _Figures:
    """What was measured of one server, round by round. Times are seconds, of CPU and of reads too."""

    start: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    findable: list[float] = field(default_factory=list)
    disk_bytes: float = 0
    spans: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    reads: dict[str, list[float]] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)


def run(repeat: int, names: Sequence[str]) -> list[Row]:
    """Measure the named ones."""
    rows = []
    for name in names:
        pythons = {name: environment(name, PEERS[name]), "ours": sys.executable}
        known_as = f"{name} {version(pythons[name], PEERS[name][0])}"
        with tempfile.TemporaryDirectory() as directory:
            figures = _measure(pythons, Path(directory), repeat)
        rows += [_row(known_as, *line) for line in _lines(figures[name], figures["ours"])]
    return rows


def _measure(pythons: dict[str, str], directory: Path, repeat: int) -> dict[str, _Figures]:
    """Start each so often, in turns; the last time it is also read from, and told a large session."""
    figures = {name: _Figures() for name in pythons}
    empty = {}
    for name, python in pythons.items():
        first = CONTENDERS[name](directory / name, python)
        first.stop()
        empty[name] = first.disk_bytes()
    for place in range(repeat):
        for name, python in pythons.items():
            own = figures[name]
            with CONTENDERS[name](directory / name, python) as server:
                _ingest(server, own, place)
                if place == repeat - 1:
                    _read(server, own)
            own.disk_bytes = (server.disk_bytes() - empty[name]) / own.spans
    return figures


def _ingest(server: Contender, figures: _Figures, seed: int) -> None:
    figures.start.append(server.start_s)
    figures.memory_mb.append(server.memory_mb())
    # What a server imports and opens at its first requests is not what a span costs.
    _send(server, list(_sessions(seed + 100, 8, spans=10)), figures)
    made = list(_sessions(seed, SESSIONS, spans=40))
    figures.sizes = {session_id: count for session_id, _, count in made}
    sent, cpu_s, started = sum(figures.sizes.values()), server.cpu_s(), time.perf_counter()
    _send(server, made, figures)
    figures.rate.append(sent / (time.perf_counter() - started))
    figures.cpu.append((server.cpu_s() - cpu_s) / sent)
    for number in range(_FINDS):
        ((session_id, bodies, count),) = _sessions(1000 * seed + 500 + number, 1, spans=10, spread_s=0)
        started = time.perf_counter()
        for body in bodies:
            server.send(body)
        _wait(lambda wanted=session_id: wanted in server.newest(), 0.01)  # type: ignore[misc]
        figures.findable.append(time.perf_counter() - started)
        figures.spans += count


def _read(server: Contender, figures: _Figures) -> None:
    middling = min(figures.sizes, key=lambda session_id: abs(figures.sizes[session_id] - 40))
    _ask(figures, "newest 50", _READS, server.newest)
    _ask(figures, "something failed, longer than 5 s", _READS, server.failed_and_long)
    _ask(figures, "a call of one tool failed", _READS, server.with_failed_call)
    _ask(figures, "all spans of a session of 40", _READS, lambda: server.spans(middling))
    ((session_id, bodies, count),) = _sessions(3, 1, spans=LARGE_SPANS, spans_vary=0)
    _send(server, [(session_id, bodies, count)], figures)
    _ask(figures, f"all spans of a session of {count:,}", 3, lambda: server.spans(session_id))


def _ask(figures: _Figures, name: str, times: int, question: Callable[[], Sequence[object]]) -> None:
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        figures.found[name] = len(question())
        taken.append(time.perf_counter() - started)
    figures.reads[name] = taken[1:]


def _sessions(seed: int, count: int, **profile: float) -> Iterator[_Session]:
    """Ended sessions, as any OpenTelemetry exporter would send them."""
    for session_id, lines in Generator(seed, Profile(**profile)).sessions(count):  # type: ignore[arg-type]
        whole = [line for line in lines if not is_partial(line)]
        bodies = [merge_lines(whole[at : at + _LINES]) for at in range(0, len(whole), _LINES)]
        yield session_id, [encode_request(body) for body in bodies], sum(body.count(b'"spanId":"') for body in bodies)


def _send(server: Contender, sessions: Sequence[_Session], figures: _Figures) -> None:
    """Send from four threads, and wait until all is found."""
    figures.spans += sum(count for _, _, count in sessions)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(server.send, [body for _, bodies, _ in sessions for body in bodies]))
    _wait(lambda: server.has(figures.spans, [session_id for session_id, _, _ in sessions]), 0.1)


def _wait(is_done: Callable[[], bool], every_s: float) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not is_done():
        if time.monotonic() > deadline:
            raise SystemExit(f"what was sent is not there after {_WITHIN_S} s")
        time.sleep(every_s)


def _lines(theirs: _Figures, ours: _Figures) -> Iterator[tuple[str, str, str, float]]:
    """What was measured, what it was of each, and the ratio."""

    def line(what: str, show: Callable[[float], str], of: Callable[[_Figures], float]) -> tuple[str, str, str, float]:
        return what, show(of(theirs)), show(of(ours)), of(ours) / of(theirs)

    spans = f"{sum(theirs.sizes.values()):,} spans"
    yield line("start to first page", lambda value: f"{value:.1f} s", lambda it: median(it.start))
    yield line("memory then", lambda value: f"{value:,.0f} MB", lambda it: median(it.memory_mb))
    yield line(
        f"spans a second, durable and found ({spans})", lambda value: f"{value:,.0f}", lambda it: median(it.rate)
    )
    yield line(f"CPU per span ({spans})", lambda value: f"{value * 1e6:,.0f} µs", lambda it: median(it.cpu))
    yield line("POST to findable, p95", _milliseconds, lambda it: sorted(it.findable)[int(len(it.findable) * 0.95) - 1])
    yield line(f"disk per span ({theirs.spans:,} spans)", lambda value: f"{value:,.0f} B", lambda it: it.disk_bytes)
    for name in theirs.reads:
        what, shown, same, ratio = line(name, _milliseconds, lambda it, asked=name: median(it.reads[asked]))  # type: ignore[misc]
        found = (theirs.found[name], ours.found[name])
        yield (what, *(f"{text} ({count:,})" for text, count in zip((shown, same), found, strict=True)), ratio)


def _row(known_as: str, what: str, theirs: str, ours: str, ratio: float) -> Row:
    return Row(f"{known_as}: {what}", theirs, ours, ratio)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"
