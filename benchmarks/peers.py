"""What recording costs with other packages, each in an environment of its own, in turns with agentops.

Their newest releases are installed with uv or pip, into ``.nox/bench-<name>``; their traces go to a server on the
loopback address, and nothing else that they would send gets out.
"""

from collections.abc import Sequence

from benchmarks.environments import OFFLINE, environment, version
from benchmarks.report import Row
from benchmarks.runs import DIRECTORY, PROGRAMS, Program, Run, cost, microseconds

__all__ = ["NOTE", "PEERS", "TITLE", "run"]

TITLE = "Recording, beside others"
NOTE = (
    "The same work as above, recorded by others' packages as their documentation says, each installed alone; in turns "
    "with agentops, against the same server. CPU per span, that of the process per span delivered; in brackets the "
    "spans that arrived of those recorded, where some did not."
)
PEERS = {
    "langfuse": ["langfuse"],
    "logfire": ["logfire"],
    "traceloop": ["traceloop-sdk", "httpx"],  # which it imports without asking for it
    # The last exporter with which it delivers anything: a private attribute that it uses is gone in 1.45.
    "agentops": ["agentops==0.4.21", "opentelemetry-exporter-otlp-proto-http<1.45"],
}
"""What is installed for each."""
_ENVIRONMENT = {**OFFLINE, "TRACELOOP_TELEMETRY": "false"}
_WORK = (("100 B in and out", 5000, 100), ("50 kB in and out", 1000, 50_000))


def run(repeat: int, names: Sequence[str]) -> list[Row]:
    """Measure the named ones."""
    rows = []
    for name in names:
        python = environment(name, PEERS[name])
        known_as = f"{name} {version(python, PEERS[name][0])}"
        programs = {name: Program(DIRECTORY / f"with_{name}.py", python, _ENVIRONMENT), "ours": PROGRAMS["ours"]}
        for what, count, size in _WORK:
            found = cost(programs, count, size, repeat)
            theirs, ours = found[name], found["ours"]
            for part, label in (("thread_s", "calling thread"), ("process_s", "whole process")):
                base, own = getattr(theirs, part), getattr(ours, part)
                title = f"{known_as}: {what}, {label}"
                rows.append(Row(title, _shown(base, theirs, count), _shown(own, ours, count), own / base))
    return rows


def _shown(seconds: float, done: Run, count: int) -> str:
    return microseconds(seconds) + ("" if done.delivered >= count else f" ({done.delivered:,} of {count:,})")
