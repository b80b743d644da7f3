"""The spool: what is on the disk, when, and what is said about what is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import agentops
from agentops.sdk.assembly import make_runtime
from agentops.sdk.config import Config
from agentops.sdk.segment_writer import SegmentWriter
from agentops.sdk.session import Session
from agentops.sdk.spool import Spool
from agentops.sdk.unwritten import Refused
from agentops.wire import is_partial, list_segments
from agentops.wire.owner import owner_is_alive
from tests.spooled import Spooled, read_spool, run_program

BUSY = """
import agentops, sys, time
session = agentops.init(tags=["busy"])
@agentops.tool
def step(n): return n
@agentops.agent
def work():
    n = 0
    while True:
        n += 1
        step(n)
        print(n, time.time(), flush=True)
        time.sleep(0.001)
work()
"""


def test_kill_9_keeps_all_but_the_last_200_ms(agentops_home: Path) -> None:
    """What was recorded up to 200 ms before ``kill -9`` is on the disk, and what was open is seen as open."""
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stdout is not None
    steps = []
    deadline = time.monotonic() + 30
    while len(steps) < 400 and time.monotonic() < deadline:
        number, moment = process.stdout.readline().split()
        steps.append((int(number), float(moment)))
    killed_at = time.time()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    spooled = read_spool(agentops_home)
    kept = {span.attributes["gen_ai.tool.call.result"] for span in spooled.spans.values() if span.kind == "tool"}
    due = {number for number, moment in steps if moment < killed_at - 0.2}
    assert len(due) > 50
    assert due <= {int(value) for value in kept}
    assert [(span.name, span.status) for span in spooled.of(spooled.sessions[0])][:2] == [
        ("default", "running"),
        ("invoke_agent work", "running"),
    ]
    assert not any(owner_is_alive(segment) for segment in list_segments(agentops_home / "spool" / "local"))


def test_a_running_session_is_visible_and_its_owner_alive(agentops_home: Path) -> None:
    """Open spans are written when they open, with what went in; the end replaces them by version."""
    agentops.init()
    recorder = agentops.Recorder("test")
    recorder.start("tool", "search", key=1, input={"q": "x"})
    assert agentops.flush()
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "default [running]\n  execute_tool search [running]"
    assert [owner_is_alive(segment) for segment in list_segments(agentops_home / "spool" / "local")] == [True]
    recorder.end(1, output="found")
    assert agentops.flush()
    spooled = read_spool(agentops_home)
    tool = next(span for span in spooled.spans.values() if span.kind == "tool")
    assert (tool.status, tool.attributes["gen_ai.tool.call.result"], sorted(tool.versions)) == ("ok", "found", [1, 2])
    agentops.end_session()


def test_an_ended_session_says_how_many_spans_there_are(agentops_home: Path) -> None:
    """Root and ledger agree on the number of spans, and so does the disk."""
    run_program(
        "import agentops\nagentops.init()\nstep = agentops.operation(name='step')(lambda: None)\n"
        "for _ in range(2500): step()"
    )
    spooled = read_spool(agentops_home)
    root = spooled.sessions[0]
    last = spooled.ledgers[-1].sessions[root.trace_id]
    assert len(spooled.spans) == last.spans == root.attributes["agentops.session.span_count"] == 2501
    assert (last.has_ended, last.dropped_spans, last.dropped_payloads) == (True, 0, 0)
    assert {span.attributes["agentops.span.seq"] for span in spooled.spans.values()} == set(range(1, 2502))


def test_a_forked_child_writes_its_own_segment_into_the_parents_session(agentops_home: Path) -> None:
    """Parent and child record into one session, each span once, each process in its own segment."""
    run_program(
        "import agentops, os\nagentops.init()\nstep = agentops.operation(lambda name: None)\n"
        "with agentops.start_session('both'):\n"
        "    step('before')\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        step('child')\n"
        "        agentops.flush()\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "    step('parent')"
    )
    spooled = read_spool(agentops_home)
    root = spooled.sessions[0]
    inputs = [span.attributes.get("input.value") for span in spooled.of(root)]
    assert sorted(filter(None, inputs)) == ['{"name":"before"}', '{"name":"child"}', '{"name":"parent"}']
    assert {span.parent_id for span in spooled.of(root)} == {None, root.id}
    assert len(list_segments(agentops_home / "spool" / "local")) == 2
    assert len({span.resource["service.instance.id"] for span in spooled.of(root)}) == 2
    assert root.attributes["agentops.session.state"] == "success"


def test_secrets_do_not_reach_the_disk(agentops_home: Path) -> None:
    """Keys of known shapes are gone before the disk, wherever they were, and it is counted."""
    secret = "sk-proj-" + "a1B2" * 12
    run_program(
        "import agentops\nagentops.init()\n@agentops.tool\n"
        "def call(key): raise ValueError(f'refused {key}')\n"
        f"try: call('{secret}')\nexcept ValueError: pass"
    )
    raw = b"".join(segment.path.read_bytes() for segment in list_segments(agentops_home / "spool" / "local"))
    assert secret.encode() not in raw
    assert b"[redacted:api-key]" in raw
    spooled = read_spool(agentops_home)
    tool = next(span for span in spooled.spans.values() if span.kind == "tool")
    assert tool.attributes["agentops.span.redacted"] == 4
    assert spooled.ledgers[-1].sessions[tool.trace_id].redactions == 4


def test_files_are_for_their_owner_only(agentops_home: Path) -> None:
    """What users and models said is not readable by other users of the machine."""
    run_program("import agentops\nagentops.init()")
    segment = list_segments(agentops_home / "spool" / "local")[0]
    assert segment.path.stat().st_mode & 0o077 == 0
    assert segment.path.parent.stat().st_mode & 0o077 == 0


def test_an_unwritable_home_falls_back_and_says_so_once(tmp_path: Path) -> None:
    """With a home that cannot be written the program runs, the records are elsewhere, and a line says where."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    code = "import agentops\nagentops.init()\nstep = agentops.operation(lambda: 1)\nprint(step() + step())"
    done = run_program(code, AGENTOPS_HOME=str(blocked / "home"), TMPDIR=str(tmp_path))
    assert done.stdout == "2\n"
    assert done.stderr.count("agentops cannot write to its home directory") == 1
    fallback = next(tmp_path.glob("agentops-*"))
    assert str(fallback) in done.stderr
    assert len(read_spool(fallback).spans) == 3


def test_a_full_disk_costs_the_program_nothing_and_is_said(agentops_home: Path) -> None:
    """When the disk takes no more, the program goes on; once it does, the tree is whole, and lost content counted."""
    done = run_program(
        "import agentops, resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "agentops.init()\nstep = agentops.operation(lambda text: None)\nstep('first')\nagentops.flush()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))\n"
        "for _ in range(200): step('x' * 1000)\n"
        "agentops.flush()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "print('done')"
    )
    assert done.stdout == "done\n"
    assert done.stderr.count("agentops cannot write to") == 1
    spooled = read_spool(agentops_home)
    root = spooled.sessions[0]
    last = spooled.ledgers[-1].sessions[root.trace_id]
    without_content = [span for span in spooled.of(root)[1:] if "input.value" not in span.attributes]
    assert (last.spans, last.dropped_spans, len(spooled.spans)) == (202, 0, 202)
    assert last.dropped_payloads == len(without_content) > 0
    assert all(span.end_ns for span in spooled.spans.values())


class FickleDisk(SegmentWriter):
    """Keeps lines in memory, and refuses those for which ``refuses`` is true."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), "f" * 32, 10**9)
        self.lines: list[bytes] = []
        self.refuses = lambda line: False

    def write(self, line: bytes, *, is_vital: bool = False) -> bool:
        if self.refuses(line):
            return False
        self.lines.append(line)
        return True

    @property
    def spooled(self) -> Spooled:
        """What a reader finds; it fails for a span that is there twice in one version."""
        spooled = Spooled()
        for line in self.lines:
            spooled.take(line)
        return spooled


def _fickle(limit_spans: int = 1000) -> tuple[FickleDisk, Spool, Session]:
    runtime = make_runtime(Config(home=Path("nowhere")))
    spool = runtime.sink
    assert isinstance(spool, Spool)
    disk = spool.segments = FickleDisk()
    spool._refused = Refused(limit_spans)
    return disk, spool, runtime.start_session("s")


@pytest.mark.parametrize("refused", ["ended", "open"])
def test_a_line_that_is_refused_costs_no_other_line_and_changes_its_kind_not(refused: str) -> None:
    """A refused line is written again without content, as what it was; the line beside it is written once."""
    disk, spool, session = _fickle()
    disk.refuses = lambda line: is_partial(line) == (refused == "open") and b"xxx" in line
    done, running = session.open("tool", "done"), session.open("tool", "running")
    for span in (done, running):
        span.set_input("x" * 100)
    done.end()
    assert spool.flush(10)
    lines = {
        name: [line for line in disk.lines if f'execute_tool {name}"'.encode() in line] for name in ("done", "running")
    }
    assert [is_partial(line) for line in lines["done"]] == [False]
    assert [is_partial(line) for line in lines["running"]] == [True]
    assert (b"xxx" in lines["done"][0], b"xxx" in lines["running"][0]) == (refused == "open", refused == "ended")
    assert (session.ledger.dropped_payloads, session.ledger.dropped_spans) == (1, 0)
    assert disk.spooled.outline() == "s [running]\n  execute_tool done\n  execute_tool running [running]"
    session.end()
    spool.close(10)


def test_what_a_full_disk_refuses_is_written_once_it_takes_it() -> None:
    """Starts, ends and the account of a session that ended meanwhile: the tree is whole, and nothing is there twice."""
    disk, spool, session = _fickle()
    first = session.open("tool", "first")
    assert spool.flush(10)
    disk.refuses = lambda line: True
    first.end()
    with session.runtime.start_session("other") as other:
        other.open("tool", "second").end()
    assert spool.flush(10)
    assert disk.spooled.outline() == "s [running]\n  execute_tool first [running]"
    disk.refuses = lambda line: False
    session.end()
    spool.close(10)
    assert disk.spooled.outline() == "s\n  execute_tool first\nother\n  execute_tool second"
    accounts = {key: one for ledger in disk.spooled.ledgers for key, one in ledger.sessions.items()}
    assert {key: (one.spans, one.dropped_spans, one.has_ended) for key, one in accounts.items()} == {
        session.id: (2, 0, True),
        other.id: (2, 0, True),
    }


def test_what_there_is_no_room_for_either_is_counted_exactly() -> None:
    """Beyond what may wait in memory spans are lost, and the account says how many."""
    disk, spool, session = _fickle(limit_spans=10)
    known = session.open("tool", "known")
    assert spool.flush(10)
    disk.refuses = lambda line: True
    for number in range(50):
        session.open("tool", str(number)).end()
    known.end()
    assert spool.flush(10)
    disk.refuses = lambda line: False
    session.end()
    spool.close(10)
    account = disk.spooled.ledgers[-1].sessions[session.id]
    assert (account.spans, len(disk.spooled.spans), account.dropped_spans) == (52, 12, 40)


def test_the_disk_budget_is_kept(agentops_home: Path) -> None:
    """Content goes at the budget, spans an eighth beyond it; what is lost is counted, and said with the way out."""
    done = run_program(
        "import agentops\nwith agentops.start_session('s'):\n    step = agentops.operation(lambda text: None)\n"
        "    for n in range(1000):\n        step('x' * 1000)\n        if not n % 100: agentops.flush()",
        AGENTOPS_DISK_BUDGET_BYTES="200000",
    )
    assert "AGENTOPS_DISK_BUDGET_BYTES" in done.stderr
    [segment] = list_segments(agentops_home / "spool" / "local")
    assert 200_000 < segment.path.stat().st_size < 225_000 + 4 * 70_000  # no more than one batch above
    spooled = read_spool(agentops_home)
    [root] = spooled.sessions
    account = spooled.ledgers[-1].sessions[root.trace_id]
    assert account.dropped_spans == account.spans - len(spooled.spans) > 0
    assert account.dropped_payloads > 0
