"""The importer on a real spool: live segments as they grow, dead ones to their end, each line once."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agentops.sdk import segment_writer
from agentops.sdk.segment_writer import SegmentWriter
from agentops.wire import encode_line, encode_resource, encode_span, list_segments
from agentops_dashboard.ingest.spool import SpoolImporter
from agentops_dashboard.reader import Reader
from agentops_dashboard.store import SQLiteStore

PROGRAM = """
import agentops, sys, time
agentops.init(trace_name="running")
step = agentops.tool(name="step")(lambda n: n)
for n in range(3):
    step(n)
agentops.flush()
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def importer(store: SQLiteStore, agentops_home: Path) -> SpoolImporter:
    return SpoolImporter(store, agentops_home)


def start_program() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def stop_program(process: subprocess.Popen[str]) -> None:
    process.communicate()


def states(reader: Reader) -> list[tuple[str, str, int]]:
    return [(item["name"], item["state"], item["counts"]["spans"]) for item in reader.sessions()["sessions"]]


def test_a_live_program_is_seen_running_and_then_ended(importer: SpoolImporter, reader: Reader) -> None:
    """A session is there while its program runs; the end replaces it, nothing is counted twice, the spool is gone."""
    process = start_program()
    importer.import_once()
    importer.import_once()
    assert states(reader) == [("running", "running", 4)]
    stop_program(process)
    importer.import_once()
    assert states(reader) == [("running", "success", 4)]
    assert reader.sessions()["sessions"][0]["complete"]
    assert importer.import_once() == 0


def test_a_killed_program_is_abandoned_at_once(importer: SpoolImporter, reader: Reader, agentops_home: Path) -> None:
    """After ``kill -9`` the session is there with all its spans, as abandoned, and its segment is taken away."""
    process = start_program()
    process.send_signal(signal.SIGKILL)
    stop_program(process)
    importer.import_once()
    assert states(reader) == [("running", "abandoned", 4)]
    assert list_segments(agentops_home / "spool" / "local") == []


def test_a_process_that_began_a_new_segment_is_not_dead(
    importer: SpoolImporter, store: SQLiteStore, agentops_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that its living process has left is taken away without taking the process for dead."""
    monkeypatch.setattr(segment_writer, "ROTATE_BYTES", 10)
    writer = SegmentWriter(agentops_home / "spool" / "local", "p1", budget_bytes=10**9)
    for _ in range(3):
        assert writer.write(b'{"resourceSpans":[]}\n')
    assert len(list_segments(agentops_home / "spool" / "local")) == 3
    assert importer.import_once() == 3
    assert len(list_segments(agentops_home / "spool" / "local")) == 1
    with store.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM dead_process").fetchone()[0] == 0
    writer.close()
    importer.import_once()
    with store.transaction() as connection:
        assert [row[0] for row in connection.execute("SELECT process FROM dead_process")] == ["p1"]


def test_torn_and_broken_lines_cost_only_themselves(
    importer: SpoolImporter, reader: Reader, agentops_home: Path
) -> None:
    """A torn last line is left, a broken line in the middle is skipped, and what is around them is taken."""
    process = start_program()
    process.send_signal(signal.SIGKILL)
    stop_program(process)
    path = list_segments(agentops_home / "spool" / "local")[0].path
    whole = path.read_bytes()
    path.write_bytes(b"\x00garbage\n{}\n" + whole + b'{"resourceSpans":[{"resource"')
    importer.import_once()
    assert states(reader) == [("running", "abandoned", 4)]


def _segment(home: Path, number: int, *names: str) -> None:
    directory = home / "spool" / "local"
    directory.mkdir(parents=True, exist_ok=True)
    lines = []
    for at, name in enumerate(names):
        span = encode_span(
            trace_id=f"{number * 100 + at + 1:032x}", span_id="1" * 16, parent_id=None, name=name, is_client=False,
            start_ns=10**18, end_ns=10**18 + 1, attributes="", events=(), status_code=1, status_message="",
        )  # fmt: skip
        lines.append(encode_line(encode_resource({}), '{"name":"x"}', [span]))
    (directory / f"{number:020d}-aa.dead{number}.jsonl").write_bytes(b"".join(lines))


def test_a_line_that_the_store_never_takes_is_set_aside(
    store: SQLiteStore, reader: Reader, agentops_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops neither what is around it nor the segments behind it, and is kept where nobody reads it again."""
    add = SQLiteStore.add

    def picky(self: SQLiteStore, project: str, records: Any, *rest: Any, **more: Any) -> None:
        records = list(records)
        if any(record.name == "poison" for record in records):
            raise sqlite3.OperationalError("integer overflow")
        add(self, project, records, *rest, **more)

    monkeypatch.setattr(SQLiteStore, "add", picky)
    _segment(agentops_home, 1, "a", "poison", "b", "poison")
    _segment(agentops_home, 2, "c")
    assert SpoolImporter(store, agentops_home).import_once() == 5
    assert sorted(name for name, _, _ in states(reader)) == ["a", "b", "c"]
    spool = agentops_home / "spool" / "local"
    assert list(spool.glob("*.jsonl")) == []
    (aside,) = (spool / "rejected").iterdir()
    assert [b"poison" in line for line in aside.read_bytes().splitlines()] == [True, True]


def test_a_store_that_takes_nothing_loses_nothing(
    store: SQLiteStore, reader: Reader, agentops_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk is full every line stays in the spool; afterwards all are taken."""
    _segment(agentops_home, 1, "a", "b")
    importer = SpoolImporter(store, agentops_home)
    with monkeypatch.context() as full:

        def refuse(*_: object, **__: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        full.setattr(SQLiteStore, "add", refuse)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            importer.import_once()
    assert not (agentops_home / "spool" / "local" / "rejected").exists()
    assert importer.import_once() == 2
    assert sorted(name for name, _, _ in states(reader)) == ["a", "b"]
