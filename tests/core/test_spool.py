"""The spool: what is on the disk, when, and what is said about what is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import agentops
from agentops.wire import list_segments
from agentops.wire.owner import owner_is_alive
from tests.spooled import read_spool, run_program

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
    """When the disk takes no more, the program goes on, whole lines stay whole, and the ledger counts what is lost."""
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
    assert last.spans == 202
    assert last.dropped_spans == 202 - len(spooled.spans)
    assert last.dropped_spans > 0
