"""Processes: children record into their parent's session, their last records are kept, and nothing is written twice."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentops.wire import list_segments
from agentops.wire.owner import owner_is_alive
from tests.spooled import Spooled, read_spool, run_program

WORK = """
import agentops, multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor

@agentops.tool
def work(number):
    return os.getpid()

@agentops.session
def run(jobs, pool):
    @agentops.agent(name="boss")
    def boss():
        return [job.result() for job in [pool.submit(work, n) for n in range(jobs)]]
    return boss()
"""


def _script(tmp_path: Path, code: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def _check_each_written_once(spooled: Spooled) -> None:
    """No span has an owner in two processes, and each process's account agrees with what it wrote."""
    for session in spooled.sessions:
        spans = spooled.of(session)
        key = session.trace_id
        latest = {item.process: item.sessions[key] for item in spooled.ledgers if key in item.sessions}
        assert sum(account.spans for account in latest.values()) == len(spans)
        assert all(span.status == "ok" for span in spans)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_record_under_the_span_that_started_them(method: str, tmp_path: Path, agentops_home: Path) -> None:
    """Two children of one session: one tree, written by three processes, also though children end by ``os._exit``."""
    _script(
        tmp_path,
        WORK + "if __name__ == '__main__':\n"
        "    agentops.init(auto_start_session=False)\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    with agentops.start_session('parent'):\n"
        "        children = [context.Process(target=work, args=(n,)) for n in range(2)]\n"
        "        for child in children: child.start()\n"
        "        for child in children: child.join()\n",
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "parent\n  execute_tool work\n  execute_tool work"
    assert len({span.resource["service.instance.id"] for span in spooled.spans.values()}) == 3
    _check_each_written_once(spooled)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_jobs_of_a_shared_process_pool_go_to_the_session_that_submitted_them(
    method: str, tmp_path: Path, agentops_home: Path
) -> None:
    """The pool's processes were started by the first session; the second one's jobs are its own."""
    _script(
        tmp_path,
        WORK + "if __name__ == '__main__':\n"
        "    agentops.init(auto_start_session=False)\n"
        f"    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context({method!r})) as pool:\n"
        "        for jobs in (2, 3): run(jobs, pool)\n",
    )
    spooled = read_spool(agentops_home)
    trees = [spooled.outline(session).count("execute_tool work") for session in spooled.sessions]
    assert trees == [2, 3]
    assert {span.name for span in spooled.sessions} == {"run"}
    _check_each_written_once(spooled)


def test_children_of_a_program_that_only_called_init_share_its_automatic_session(
    tmp_path: Path, agentops_home: Path
) -> None:
    """One session for the program and its pool, not one per process."""
    _script(
        tmp_path,
        WORK + "if __name__ == '__main__':\n"
        "    agentops.init()\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "        pool.map(work, range(4), chunksize=1)\n"
        "        pool.close(); pool.join()\n",
    )
    assert read_spool(agentops_home).outline() == "default\n" + "\n".join(["  execute_tool work"] * 4)


def test_a_forked_child_ends_nothing_of_its_parent(tmp_path: Path, agentops_home: Path) -> None:
    """What the parent has open stays open, whatever the child calls; the root is written by one process."""
    _script(
        tmp_path,
        WORK + "session = agentops.start_session('parent')\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    work(1); agentops.end_all_sessions(); agentops.flush(); os._exit(0)\n"
        "os.waitpid(pid, 0)\nwork(2)\nassert session.state == 'running'\nsession.end('Success')\n",
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "parent\n  execute_tool work\n  execute_tool work"
    [root] = spooled.sessions
    assert root.attributes["agentops.session.state"] == "success"


def test_a_fork_while_other_threads_record_does_not_hang(tmp_path: Path) -> None:
    """Locks that another thread held at the moment of the fork are renewed in the child."""
    _script(
        tmp_path,
        WORK + "import threading, time\n"
        "agentops.init()\nstop = False\n"
        "def busy():\n    while not stop: work(0)\n"
        "threads = [threading.Thread(target=busy, daemon=True) for _ in range(3)]\n"
        "[thread.start() for thread in threads]\n"
        "for _ in range(6):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        import signal; signal.alarm(20); work(1); agentops.flush(); os._exit(0)\n"
        "    assert os.waitpid(pid, 0)[1] == 0\n"
        "stop = True\n",
    )


def test_a_subprocess_is_told_by_its_environment(tmp_path: Path, agentops_home: Path) -> None:
    """A program that is started with ``subprocess_environment()`` records into the session, tags included."""
    run_program(
        "import agentops, subprocess, sys\n"
        "from agentops.propagation import subprocess_environment\n"
        "with agentops.start_session('parent', tags=['env:prod', 'a,b']):\n"
        "    code = 'import agentops; agentops.tool(lambda: None, name=\"inner\")()'\n"
        "    subprocess.run([sys.executable, '-c', code], check=True, env=subprocess_environment())\n"
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "parent\n  execute_tool inner"
    assert {span.tags for span in spooled.spans.values()} == {("env:prod", "a,b")}


def test_sigterm_kills_as_before_and_leaves_the_session_without_an_end(agentops_home: Path) -> None:
    """The default handler stays: the program dies of the signal, and a reader sees the session abandoned."""
    code = (
        "import agentops, time\nagentops.start_session('one')\nagentops.tool(lambda: None, name='done')()\n"
        "agentops.flush()\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        program.terminate()
        assert program.wait(10) == -signal.SIGTERM
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "one [running]\n  execute_tool done"
    assert not any(owner_is_alive(item) for item in list_segments(agentops_home / "spool" / "local"))


@pytest.mark.parametrize("place", ["session", "automatic"])
def test_ctrl_c_ends_the_program_as_before_and_the_session_is_cancelled(place: str, agentops_home: Path) -> None:
    """The interrupt reaches the program's top, whose exit code and traceback are Python's own."""
    session = "agentops.start_session('one')" if place == "session" else "agentops.init()"
    code = (
        # Whoever runs the tests in the background of a shell has told them to ignore it.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"import agentops, contextlib, time\nsession = {session}\n"
        # In short sleeps: a signal on the way into one is seen by Python only when it is over, with or without us.
        "@agentops.tool\ndef wait():\n    print('ready', flush=True)\n    for _ in range(600): time.sleep(0.1)\n"
        "with session if session.name == 'one' else contextlib.nullcontext(): wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"ready\n"
        program.send_signal(signal.SIGINT)
        assert program.wait(20) == -signal.SIGINT
        assert b"KeyboardInterrupt" in program.stderr.read()
    spooled = read_spool(agentops_home)
    [root] = spooled.sessions
    assert [(span.status, bool(span.end_ns)) for span in spooled.of(root)] == [("cancelled", True)] * 2
    assert root.attributes["agentops.session.state"] == "cancelled"


@pytest.mark.parametrize(
    ("code", "status", "state"),
    [("sys.exit()", 0, "success"), ("sys.exit(0)", 0, "success"), ("sys.exit(3)", 3, "error"), ("1 / 0", 1, "error")],
)
@pytest.mark.parametrize("shape", ["with agentops.start_session('s'): step()", "agentops.session(name='s')(step)()"])
def test_the_programs_own_exit_is_the_sessions_state(
    shape: str, code: str, status: int, state: str, agentops_home: Path
) -> None:
    """``sys.exit()`` passes through with its code; without one, or with 0, nothing has gone wrong."""
    done = run_program(
        f"import agentops, sys\nagentops.init(auto_start_session=False)\n@agentops.tool\ndef step(): {code}\n{shape}",
        check=False,
    )
    assert done.returncode == status
    spooled = read_spool(agentops_home)
    [root] = spooled.sessions
    assert root.attributes["agentops.session.state"] == state
    assert [span.status for span in spooled.of(root)] == ["ok" if state == "success" else "error"] * 2


def test_a_program_that_leaves_by_os_exit_has_written_what_it_recorded(agentops_home: Path) -> None:
    """No ``atexit`` runs then: what is open stays open, what had ended is there within moments."""
    run_program(
        "import agentops, os\nagentops.start_session('one')\nagentops.tool(lambda: None, name='done')()\n"
        "agentops.flush()\nos._exit(0)"
    )
    assert read_spool(agentops_home).outline() == "one [running]\n  execute_tool done"


def test_what_is_recorded_in_atexit_is_kept(agentops_home: Path) -> None:
    """Functions that the program registered before ``init()`` run after our end, and are recorded all the same."""
    run_program(
        "import agentops, atexit\n"
        "def late():\n    with agentops.start_session('late'): agentops.tool(lambda: None, name='after')()\n"
        "atexit.register(late)\nagentops.init(auto_start_session=False)\n"
        "atexit.register(lambda: agentops.start_session('early').end())\n"
    )
    assert read_spool(agentops_home).outline() == "early\nlate\n  execute_tool after"


def test_a_notebook_records_and_an_error_in_a_cell_is_not_the_sessions(agentops_home: Path) -> None:
    """Under IPython the automatic session exists, and a traceback of hours ago does not make it fail at the end."""
    run_program(
        "import agentops, builtins, sys\nbuiltins.get_ipython = lambda: None\n"
        "sys.modules['IPython'] = sys\nsession = agentops.init(auto_start_session=True)\nassert session is not None\n"
        "agentops.tool(lambda: None, name='cell')()\n"
        "sys.last_value = sys.last_exc = ValueError('an old cell')\n"
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "default\n  execute_tool cell"
    assert spooled.sessions[0].attributes["agentops.session.state"] == "success"


def test_a_pool_outside_of_any_session_brings_no_empty_session(tmp_path: Path, agentops_home: Path) -> None:
    """A program with sessions of its own that hands work to processes outside of them shows these sessions only."""
    _script(
        tmp_path,
        WORK + "if __name__ == '__main__':\n"
        "    agentops.init()\n    agentops.start_session('mine').end()\n"
        "    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('spawn')) as pool:\n"
        "        assert pool.submit(abs, -1).result() == 1\n"
        "    child = multiprocessing.get_context('fork').Process(target=abs, args=(-1,))\n"
        "    child.start(); child.join()\n",
    )
    assert [root.name for root in read_spool(agentops_home).sessions] == ["mine"]
