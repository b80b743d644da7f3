"""What collecting costs on ClickHouse: of our own process, and of the engine beside it on the same machine.

``python -m benchmarks serving --clickhouse`` takes the engine of the tests; ``AGENTOPS_TEST_CHDB`` says where it is.
"""

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agentops.wire import merge_lines
from agentops.wire.protobuf import encode_request
from benchmarks.contenders import Ours, cpu_s
from benchmarks.generate import Generator, Profile
from benchmarks.report import Row
from tests.clickhouse.engine import Engine

__all__ = ["NOTE", "TITLE", "run"]

TITLE = "Collecting on ClickHouse"
NOTE = (
    "`agentops serve --store clickhouse://…`, through HTTP, on one ClickHouse that shares the machine's cores: the "
    "median of the runs. Each request holds one session, and is answered when its spans are stored and its summary is "
    "right."
)
SESSIONS_EACH = 12
"""So many, and so many more for each sender."""
SENDERS = (1, 4, 16)


def run(repeat: int) -> list[Row]:
    """Measure with one sender, and with several at once."""
    with tempfile.TemporaryDirectory() as directory:
        engine = Engine(Path(directory) / "engine")
        engine.start()
        try:
            return [row for senders in SENDERS for row in _rows(engine, senders, repeat, Path(directory))]
        finally:
            engine.kill()


def _rows(engine: Engine, senders: int, repeat: int, directory: Path) -> list[Row]:
    name = f"sessions_by_{senders}"
    with Ours(directory / name, sys.executable, store=f"clickhouse://{engine.host}/{name}") as server:
        found = [_ingest(server, engine, senders, seed) for seed in range(repeat)]
    rate, own, engines = (statistics.median(values) for values in zip(*found, strict=True))
    what = f"{senders} sender{'s' if senders > 1 else ''}"
    return [
        Row(f"{what}: durable and findable spans a second", "", f"{rate:,.0f}"),
        Row(f"{what}: CPU per span, ours / the engine's", "", f"{own * 1e6:,.0f} µs / {engines * 1e6:,.0f} µs"),
    ]


def _ingest(server: Ours, engine: Engine, senders: int, seed: int) -> tuple[float, float, float]:
    """Spans a second, and CPU seconds per span of both processes."""
    sessions = SESSIONS_EACH * (1 + senders)
    lines = [lines for _, lines in Generator(7 + seed, Profile(spans=50, payload_bytes=550)).sessions(sessions + 2)]
    bodies = [merge_lines(own) for own in lines]
    spans = sum(body.count(b'"spanId":"') for body in bodies[2:])
    requests = [encode_request(body) for body in bodies]
    for body in requests[:2]:
        server.send(body)
    assert engine.process is not None
    engines = Path(f"/proc/{engine.process.pid}")
    before, started = (server.cpu_s(), cpu_s(engines)), time.perf_counter()
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(server.send, requests[2:]))
    taken = time.perf_counter() - started
    return spans / taken, (server.cpu_s() - before[0]) / spans, (cpu_s(engines) - before[1]) / spans
