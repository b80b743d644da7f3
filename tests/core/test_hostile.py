"""Bad disks, bad clocks, bad values, bad servers: the program runs on, and what is missing is said."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agentops.sdk.assembly import make_runtime
from agentops.sdk.config import Config, updated
from agentops.wire import list_segments
from tests.endpoint import endpoint
from tests.spooled import Spooled, read_spool, run_program

STEP = "@agentops.operation\ndef step(value=None): return value\n"


def _account(spooled: Spooled) -> Any:
    """The last account of the one session."""
    [root] = spooled.sessions
    return [item.sessions[root.trace_id] for item in spooled.ledgers if root.trace_id in item.sessions][-1]


def test_a_full_disk_costs_content_before_structure_and_is_counted(agentops_home: Path) -> None:
    """The disk takes 300 kB, then nothing, then again: the tree is whole, and the session says what it lacks."""
    done = run_program(
        f"import agentops, resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n{STEP}"
        "with agentops.start_session('full'):\n"
        "    step(); agentops.flush()\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))\n"
        "    for n in range(20): step('x' * 100_000); agentops.flush()\n"
        "    for n in range(3000): step()\n"
        "    agentops.flush()\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "    step()\nprint('went on')",
        AGENTOPS_LOG_LEVEL="WARNING",
    )
    assert done.stdout == "went on\n"
    assert done.stderr.count("agentops cannot write to") == 1
    spooled = read_spool(agentops_home)
    account = _account(spooled)
    large = [span for span in spooled.spans.values() if "input.value" in span.attributes]
    assert (account.spans, len(spooled.spans), account.dropped_spans) == (3023, 3023, 0)
    assert account.dropped_payloads == 20 - len(large)
    assert 0 < len(large) < 20
    assert {span.status for span in spooled.spans.values()} == {"ok"}


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/nowhere"])
def test_a_home_that_cannot_be_written_falls_back_and_says_so_once(home: str, tmp_path: Path) -> None:
    """Records go to the temporary directory; the message has the command that reads them."""
    done = run_program(
        f"import agentops\n{STEP}\nagentops.init()\nstep()\nagentops.init(trace_name='b')\nstep()",
        AGENTOPS_HOME=home,
        TMPDIR=str(tmp_path),
    )
    assert done.stderr.count("cannot write to its home directory") == 1
    [fallback] = [
        item for item in tmp_path.iterdir() if item.name.startswith("agentops-") and item.name != "agentops-home"
    ]
    assert f"AGENTOPS_HOME={fallback} agentops sessions" in done.stderr
    assert read_spool(fallback).outline() == "default\n  step\nb\n  step"


def test_no_place_to_write_at_all_stops_nothing(tmp_path: Path) -> None:
    """Neither the home nor the temporary directory: the program runs as if we were not there, and is told once."""
    done = run_program(
        f"import agentops\n{STEP}\nagentops.init()\nassert step(5) == 5\nprint('went on')",
        AGENTOPS_HOME="/dev/null/home",
        TMPDIR="/dev/null/tmp",
        TEMP="/dev/null/tmp",
    )
    assert done.stdout == "went on\n"
    assert "Traceback" not in done.stderr


def test_a_clock_that_jumps_back_turns_no_duration_around(agentops_home: Path) -> None:
    """The system clock goes back an hour in the middle of a session."""
    run_program(
        f"import agentops, time\n{STEP}\nreal = time.time_ns\n"
        "with agentops.start_session('s'):\n    step()\n    time.time_ns = lambda: real() - 3600 * 10**9\n    step()\n"
        "with agentops.start_session('later'):\n    step()\n"
    )
    spooled = read_spool(agentops_home)
    assert len(spooled.spans) == 5
    for span in spooled.spans.values():
        assert span.start_ns <= span.end_ns
        assert span.end_ns - span.start_ns < 60 * 10**9


VALUES = {
    "a repr that raises": "type('Bad', (), {'__repr__': lambda self: 1 / 0})()",
    "a str that raises": "type('Bad', (str,), {'__str__': lambda self: 1 / 0, '__len__': lambda self: 1 / 0})('x')",
    "a class that lies": "type('Bad', (), {'__class__': property(lambda self: 1 / 0)})()",
    "any attribute raises": "type('Bad', (), {'__getattribute__': lambda self, name: 1 / 0})()",
    "a repr that is no text": "type('Bad', (), {'__repr__': lambda self: 5})()",
    "a repr that recurses": "type('Bad', (), {'__repr__': lambda self: repr(self)})()",
    "100 MB of text": "'x' * 100_000_000",
    "10 MB of bytes": "b'x' * 10_000_000",
    "a million items": "list(range(1_000_000))",
    "a dict that contains itself": "(lambda d: (d.update(me=d), d)[1])({})",
    "a list that contains itself": "(lambda v: (v.append(v), v)[1])([])",
    "100,000 levels": "__import__('functools').reduce(lambda inner, _: [inner], range(100_000), [])",
    "lone surrogates": "'a\\ud800b' + '\\udfff'",
    "surrogates as keys": "{'\\ud800': '\\udc00'}",
    "not a number": "[float('nan'), float('inf'), -float('inf')]",
    "numbers beyond 64 bits": "[2**64, -2**100, 10**5000]",
    "nulls and controls": "'\\x00\\x1f\\x7f\\u2028 \"\\\\'",
    "keys of every kind": "{1: 1, None: 2, (1, 2): 3, b'x': 4, frozenset(): 5}",
    "a mapping that raises": "type('Bad', (dict,), {'items': lambda self: 1 / 0})(a=1)",
    "a model that raises": "type('Bad', (), {'model_dump': lambda self: 1 / 0})()",
    "a generator": "(n for n in range(3))",
    "a coroutine function": "__import__('asyncio').sleep",
    "an open file": "open(__import__('os').devnull)",
    "a module": "__import__('os')",
    "complex": "3 + 4j",
    "a memory view of numbers": "memoryview(__import__('array').array('d', [1.0]))",
}


def test_hostile_values_are_recorded_as_something_and_reach_the_caller_unchanged(agentops_home: Path) -> None:
    """As argument, result, attribute, metadata, tag, name and in the message of an exception."""
    lines = [
        "import agentops, warnings",
        "warnings.simplefilter('ignore')",
        "@agentops.tool\ndef give(value): return value",
        "@agentops.operation\ndef fail(value): raise ValueError(value)",
        "recorder = agentops.Recorder('test')",
        "def check(label, value):",
        "    with agentops.start_session(label) as session:",
        "        assert give(value) is value",
        "        try: fail(value)",
        "        except ValueError as error: assert error.args[0] is value",
        "        else: raise AssertionError('the exception was swallowed')",
        "        session.set_metadata({'value': value})",
        "        session.root.set({'mine': value})",
        "        session.root.add_event('moment', {'value': value})",
        "        span = recorder.start('tool', label, input=value, attributes={'mine': value})",
        "        recorder.end(span, output=value)",
        "agentops.init(auto_start_session=False)",
        *(f"check({label!r}, {value})" for label, value in VALUES.items()),
        "from agentops.sdk.guard import guard",
        "assert not guard.state.failures, guard.state.failures",
    ]
    done = run_program("\n".join(lines), AGENTOPS_LOG_LEVEL="WARNING")
    assert done.stderr == ""
    spooled = read_spool(agentops_home)
    assert {root.name for root in spooled.sessions} == set(VALUES)
    for root in spooled.sessions:
        assert [span.status for span in spooled.of(root)] == ["ok", "ok", "error", "ok"], root.name
    sizes = [len(json.dumps(span.raw)) for span in spooled.spans.values()]
    assert max(sizes) < 8_000_000, "no value takes more than its share"


def test_a_value_that_cannot_be_encoded_costs_its_span_what_it_holds(agentops_home: Path) -> None:
    """Put there behind our back, it does not leave a hole in the tree, and is counted and said."""
    done = run_program(
        "import agentops\nwith agentops.start_session('s'):\n"
        "    recorder = agentops.Recorder('test')\n    span = recorder.start('tool', 't', input='x')\n"
        "    span.attributes['mine'] = object()\n    recorder.start('tool', 'inner', parent=span).end()\n    span.end()"
    )
    assert "could not record something in encode" in done.stderr
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "s\n  execute_tool t\n    execute_tool inner"
    assert _account(spooled).dropped_payloads > 0


def test_names_and_tags_of_every_kind_are_kept_or_refused(agentops_home: Path) -> None:
    """A name that is no text does not stop the program."""
    run_program(
        "import agentops\nagentops.init(auto_start_session=False)\nrecorder = agentops.Recorder('test')\n"
        "with agentops.start_session('\\ud800', tags=['\\udfff', '']):\n"
        "    for name in ('', '\\x00', 'x' * 100_000, '\\ud800', 5, None):\n"
        "        recorder.end(recorder.start('tool', name))\n",
        AGENTOPS_LOG_LEVEL="ERROR",
    )
    spooled = read_spool(agentops_home)
    assert len(spooled.spans) >= 5
    assert all(span.status == "ok" for span in spooled.spans.values())


def test_the_users_threads_never_wait_for_a_stuck_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a write hangs, memory is bounded: content goes first, then spans, and both are counted."""
    runtime = make_runtime(updated(Config(), {"home": tmp_path, "max_queue_size": 500}))
    stuck = threading.Event()
    real = runtime.sink.segments.write  # type: ignore[attr-defined]
    monkeypatch.setattr(runtime.sink.segments, "write", lambda line, **_: (stuck.wait(30), real(line))[1])  # type: ignore[attr-defined]
    session = runtime.start_session("stuck")
    for number in range(5000):
        span = session.open("tool", f"t{number}")
        span.set_input("x" * 1000)
        span.end()
    waiting = len(runtime.sink._queue)  # type: ignore[attr-defined]
    stuck.set()
    session.end()
    runtime.sink.close(20)
    assert waiting <= 4 * 500 + 10  # spans that have begun may end
    account = _account(read_spool(tmp_path))
    assert account.spans == 5001
    assert account.dropped_payloads > 0
    assert account.dropped_spans > 0


HOUR = """
import agentops, resource, sys
agentops.init(auto_start_session=False, log_level="ERROR")
@agentops.tool
def call(number, text): return number
text = "a message of a kilobyte, as models read and write them. " * 18
def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 1024)
with agentops.start_session("hour"):
    for minute in range(60):
        for second in range(60):
            for tenth in range(10):
                call(minute * 600 + second * 10 + tenth, text)
        assert agentops.flush(60)
        if minute == 9: print(peak_mb(), flush=True)
print(peak_mb(), flush=True)
sys.stdin.readline()
assert agentops.flush(120, delivered=True)
print(peak_mb(), flush=True)
"""


def test_an_hour_without_the_server_arrives_once_it_is_back(agentops_home: Path) -> None:
    """Ten events a second for an hour: 60 MB on the disk and not in memory; then each of them arrives, once."""
    with endpoint(judge=lambda _: (503, {}, b"")) as server:
        program = subprocess.Popen(
            [sys.executable, "-c", HOUR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "AGENTOPS_API_ENDPOINT": server.url},
        )  # fmt: skip
        with program:
            assert program.stdin is not None
            assert program.stdout is not None
            after_ten_minutes, after_an_hour = (int(program.stdout.readline()) for _ in range(2))
            waiting = _spool_bytes(agentops_home)
            assert server.received
            server.judge = lambda _: None
            program.stdin.write("\n")
            program.stdin.flush()
            after_delivery = int(program.stdout.readline())
        assert program.returncode == 0
    assert waiting > 60_000_000
    assert after_an_hour - after_ten_minutes < 8
    assert after_delivery - after_ten_minutes < 40
    arrived = Spooled()  # fails for a record that comes twice
    for request in server.taken:
        arrived.take(request.body)
    numbers = [span.attributes["gen_ai.tool.call.result"] for span in arrived.spans.values() if span.kind == "tool"]
    assert sorted(map(int, numbers)) == list(range(36_000))
    assert arrived.sessions[0].attributes["agentops.session.state"] == "success"
    assert arrived.ledgers[-1].sessions[arrived.sessions[0].trace_id].dropped_payloads == 0
    assert _spool_bytes(agentops_home) < 10_000  # its last account, at most


def _spool_bytes(home: Path) -> int:
    """What lies in the segments of the one destination."""
    return sum(item.path.stat().st_size for item in list_segments(next((home / "spool").iterdir())))


def test_a_burst_that_is_killed_keeps_all_but_the_tail(agentops_home: Path) -> None:
    """``kill -9`` 300 ms after the burst: every span is on the disk."""
    code = (
        f"import agentops, os, signal, time\n{STEP}\nagentops.start_session('burst')\n"
        "for n in range(5000): step(n)\nprint('done', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"done\n"
        end = time.monotonic() + 20
        while len(read_spool(agentops_home).spans) < 5001 and time.monotonic() < end:
            time.sleep(0.05)
        program.kill()
    spooled = read_spool(agentops_home)
    assert len(spooled.spans) == 5001
    assert spooled.sessions[0].status == "running"


def test_windows_is_imported_and_recorded_on(agentops_home: Path) -> None:
    """Without ``fcntl``, ``os.fork``, ``os.getuid`` and ``register_at_fork``, and with ``msvcrt``'s mandatory locks."""
    run_program(
        "import sys, os, types\n"
        "locked = []\n"
        "msvcrt = types.ModuleType('msvcrt')\nmsvcrt.LK_NBLCK = 2\n"
        "msvcrt.locking = lambda fd, mode, size: locked.append(os.lseek(fd, 0, os.SEEK_CUR))\n"
        "sys.modules['msvcrt'] = msvcrt\nsys.modules['fcntl'] = None\n"
        "for name in ('getuid', 'fork', 'register_at_fork'): delattr(os, name)\n"
        "import agentops\nfrom agentops.sdk import segment_writer\nsegment_writer.IS_WINDOWS = True\n"
        f"{STEP}\nwith agentops.start_session('s'): step('x')\nagentops.flush()\n"
        "assert locked == [2**40], 'readers must not be shut out of the lines'\n"
    )
    assert read_spool(agentops_home).outline() == "s\n  step"


def test_no_module_needs_posix_to_be_imported() -> None:
    """Every module of core is imported with POSIX's own modules away."""
    run_program(
        "import sys\nfor name in ('fcntl', 'pwd', 'grp', 'resource', 'termios'): sys.modules[name] = None\n"
        "import importlib, pkgutil, agentops\n"
        "for item in pkgutil.walk_packages(agentops.__path__, 'agentops.'):\n"
        "    if not item.name.startswith('agentops.testing') and 'callbacks' not in item.name:\n"
        "        importlib.import_module(item.name)\n"
    )
