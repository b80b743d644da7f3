"""What AgentOps 0.4.21 was seen to do wrong, one test per finding; each fails on that behaviour."""

import asyncio
import builtins
import enum
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import agentops
from agentops.testing import recording
from agentops.testing.conformance import check_tree
from tests.endpoint import Reply, endpoint
from tests.house import PYPROJECT
from tests.spooled import read_spool, run_program

STEP = "@agentops.operation\ndef step(number=0): return number\n"


@agentops.operation
def step(number: int = 0) -> int:
    return number


def _push(**environment: str) -> None:
    """Deliver what a busy machine had no time for within the two seconds of the program's end."""
    run_program("from agentops.cli import main; main(['push'])", **environment)


class StatusCode(enum.Enum):
    """As OpenTelemetry's, whose package is not needed here."""

    UNSET = 0
    OK = 1
    ERROR = 2


def _token(delay_s: float = 0.0, refusals: int = 0) -> Callable[[str], Reply]:
    asked: list[str] = []

    def token(key: str) -> Reply:
        time.sleep(delay_s)
        asked.append(key)
        if len(asked) <= refusals:
            return 500, {}, b""
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": "t"}).encode()

    return token


def test_d01_a_fresh_install_delivers_every_span() -> None:
    """There 0 of N arrived; here all, and no OpenTelemetry package is needed or imported."""
    with endpoint() as server:
        run_program(
            f"import agentops, sys\nagentops.init(auto_start_session=False)\n{STEP}"
            "with agentops.start_session('s'):\n    for n in range(25): step(n)\n"
            "assert not [name for name in sys.modules if name.split('.')[0] == 'opentelemetry']",
            AGENTOPS_API_ENDPOINT=server.url,
        )
        _push()
    assert len(server.spooled.spans) == 26


def test_d02_tags_are_on_every_span_and_sessions_stay_apart() -> None:
    """There only the session's span had them, default tags were lost, and five sessions were one trace."""
    with recording(default_tags=["all"]) as recorded:
        for number in range(5):
            agentops.session(tags=[f"exp-{number}"])(agentops.agent(agentops.tool(step)))()
        context = agentops.start_trace("six", tags=["exp-5"])
        step()
        agentops.end_trace(context, "Success")
    assert len(recorded.sessions) == len({session.id for session in recorded.sessions}) == 6
    for number, session in enumerate(recorded.sessions):
        spans = [span for span in recorded.spans if span.session is session]
        assert len(spans) >= 2
        assert {tuple(span.session.tags) for span in spans} == {("all", f"exp-{number}")}


def test_d02_tags_are_on_every_span_on_the_wire(agentops_home: Path) -> None:
    """What is written carries them, span by span."""
    run_program(f"import agentops\n{STEP}\nagentops.session(tags=['exp-1'])(step)()", AGENTOPS_DEFAULT_TAGS="a,b")
    spooled = read_spool(agentops_home)
    assert len(spooled.spans) == 2
    assert {span.tags for span in spooled.spans.values()} == {("a", "b", "exp-1")}


def test_d03_work_in_thread_pools_stays_in_its_session(agentops_home: Path) -> None:
    """There each job was a trace of its own, or all were in the first request's; here with no user code at all."""
    run_program(
        f"import agentops\nfrom concurrent.futures import ThreadPoolExecutor\nagentops.init()\n{STEP}"
        "pool = ThreadPoolExecutor(2)\n"
        "@agentops.session\ndef request(n): return list(pool.map(step, range(n)))\n"
        "for n in (1, 2, 3): request(n)\n"
    )
    spooled = read_spool(agentops_home)
    assert [len(spooled.of(session)) - 1 for session in spooled.sessions] == [1, 2, 3]


def test_d04_each_thread_ends_its_own_session() -> None:
    """There the handle was global: a thread ended another's session, or none."""
    started, may_end = threading.Barrier(2), [threading.Event(), threading.Event()]
    sessions: dict[int, agentops.Session] = {}

    def work(number: int) -> None:
        sessions[number] = agentops.start_session(f"s{number}")
        started.wait(10)
        may_end[number].wait(10)
        if number:
            agentops.end_trace()
        else:
            agentops.end_session("Fail")

    with recording():
        threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        may_end[0].set()
        threads[0].join()
        assert (sessions[0].state, sessions[1].state) == ("error", "running")
        may_end[1].set()
        threads[1].join()
        assert sessions[1].state == "success"


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (agentops.TraceState.SUCCESS, "success"), (agentops.ERROR, "error"), (agentops.UNSET, "indeterminate"),
        (StatusCode.OK, "success"), (StatusCode.ERROR, "error"), (StatusCode.UNSET, "indeterminate"),
        ("Success", "success"), ("Fail", "error"), ("Error", "error"), ("Indeterminate", "indeterminate"),
        ("nonsense", "indeterminate"),
    ],
)  # fmt: skip
def test_d05_every_end_state_is_recorded(given: object, state: str, caplog: pytest.LogCaptureFixture) -> None:
    """There an enum's value was dropped; what is unknown is said here."""
    with recording():
        for end in (agentops.end_trace, lambda context, value: context.end(value)):
            context = agentops.start_trace("x")
            end(context, given)
            assert context.state == state
    assert ("'nonsense' is not known" in caplog.text) == (given == "nonsense")


def test_d05_exceptions_leave_their_mark_once() -> None:
    """There they left none in ``with start_trace()``, "Indeterminate" in ``@trace``, and two on a child."""
    with recording() as recorded:
        with pytest.raises(ValueError, match="one"), agentops.start_trace("block"):
            _raise("one")
        with pytest.raises(ValueError, match="two"):
            agentops.trace(lambda: _raise("two"))()
        with pytest.raises(KeyboardInterrupt):
            agentops.trace(_interrupt)()
    states = [(session.state, session.root.error and session.root.error.type) for session in recorded.sessions]
    assert states == [("error", "ValueError"), ("error", "ValueError"), ("cancelled", "KeyboardInterrupt")]
    stacks = [span for span in recorded.spans if span.error is not None and span.error.stack is not None]
    assert [span.name for span in stacks] == ["failing", "failing", "_interrupt"]


@agentops.operation(name="failing")
def _raise(text: str) -> None:
    raise ValueError(text)


def _interrupt() -> None:
    raise KeyboardInterrupt


SHORT_PROGRAMS = {
    "sync": "init(); step()",
    "init inside a running loop": "async def main():\n    init(); step()\nasyncio.run(main())",
    "two loops": "init()\nasyncio.run(astep())\nasyncio.run(astep())",
    "blocking code in the loop": "async def main():\n    init(); time.sleep(0.4); step()\nasyncio.run(main())",
}


@pytest.mark.parametrize("shape", SHORT_PROGRAMS)
def test_d06_a_slow_login_loses_nothing(shape: str) -> None:
    """There all spans of a short program were lost while the token was on its way."""
    with endpoint(token=_token(delay_s=0.3)) as server:
        run_program(
            f"import agentops, asyncio, time\nfrom agentops import init\n{STEP}\nasync def astep(): step()\n"
            f"{SHORT_PROGRAMS[shape]}",
            AGENTOPS_API_ENDPOINT=server.url,
            AGENTOPS_API_KEY="key",
        )
        _push(AGENTOPS_API_KEY="key")
    assert server.spooled.outline().count("step") == (2 if shape == "two loops" else 1)
    assert {request.headers["authorization"] for request in server.received} == {"Bearer t"}


def test_d06_a_login_that_fails_once_is_tried_again() -> None:
    """There everything later went out unauthenticated for the life of the process."""
    with endpoint(token=_token(refusals=2)) as server:
        run_program(
            f"import agentops\nagentops.init()\n{STEP}\nstep()\nagentops.flush(20, delivered=True)",
            AGENTOPS_API_ENDPOINT=server.url,
            AGENTOPS_API_KEY="key",
        )
    assert len(server.logins) == 3
    assert {request.headers["authorization"] for request in server.received} == {"Bearer t"}
    assert server.spooled.outline() == "default\n  step"


@pytest.mark.parametrize("trouble", ["refuses", "hangs"])
def test_d07_ending_a_session_does_not_wait_for_the_server(trouble: str) -> None:
    """There each end blocked its caller for 6.5 to 10 seconds; here forty of them and the exit take a few."""
    behaviour = {"judge": lambda _: (503, {}, b"")} if trouble == "refuses" else {"delay_s": 60}
    with endpoint(**behaviour) as server:
        done = run_program(
            f"import agentops, time\nagentops.init(auto_start_session=False)\n{STEP}\nbegun = time.monotonic()\n"
            "for n in range(40):\n    with agentops.start_session(str(n)): step()\n    time.sleep(0.02)\n"
            "print(time.monotonic() - begun)",
            AGENTOPS_API_ENDPOINT=server.url,
        )
        server.delay_s = 0
    assert float(done.stdout) < 6


def test_d08_a_burst_arrives_whole_at_a_slow_server() -> None:
    """There 3,072 of 10,001 did, in silence, and ``max_queue_size=5000`` was an error."""
    with endpoint(delay_s=0.1) as server:
        run_program(
            f"import agentops\nagentops.init(auto_start_session=False)\n{STEP}"
            "with agentops.start_session('burst'):\n    for n in range(10_000): step(n)\n"
            "agentops.flush(60, delivered=True)",
            AGENTOPS_API_ENDPOINT=server.url,
        )
    assert len(server.spooled.spans) == 10_001
    with recording(max_queue_size=5000) as recorded:
        assert recorded.runtime.config.max_queue_size == 5000


def test_d09_a_handler_that_is_alive_at_the_exit_leaves_a_whole_tree(agentops_home: Path) -> None:
    """There the root was sent in ``__del__`` and so never; every chain was an orphan."""
    run_program(
        "import agentops\nagentops.init()\nhandler = agentops.Recorder('callback')\n"
        "handler.start('chain', 'chain', key=1)\nhandler.start('llm', 'gpt', key=2, parent_key=1)\nhandler.end(2)\n"
    )
    assert read_spool(agentops_home).outline() == "default\n  chain [unfinished]\n    chat gpt"


def test_d10_generators_end_once_and_leak_no_context() -> None:
    """There a generator that was closed early was lost, and everything later hung below it."""

    @agentops.trace
    def session() -> Iterator[int]:
        yield 1
        yield 2

    @agentops.operation
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("in the middle")

    with recording() as recorded:
        with agentops.start_session("a"):
            early = numbers()
            next(early)
            early.close()
            with pytest.raises(ValueError, match="in the middle"):
                list(numbers())
            numbers()
            step()
        opened = session()
        next(opened)
        list(session())
        opened.close()
    assert recorded.outline() == (
        "session a\n  operation numbers\n  operation numbers [error ValueError]\n  operation step\n"
        "session session\nsession session"
    )
    assert [item.outer for item in recorded.sessions] == [None, None, None]
    check_tree(recorded)


def test_d11_two_agents_objects_do_not_nest() -> None:
    """There the second object was a child of the first, and got its operations."""

    @agentops.agent
    class Agent:
        def __init__(self, name: str) -> None:
            self.name = name

        def act(self) -> None:
            step()

    with recording() as recorded:
        first, second = Agent("a"), Agent("b")
        second.act()
        first.act()
    assert recorded.outline() == (
        "session default\n  agent Agent.act\n    operation step\n  agent Agent.act\n    operation step"
    )


def test_d11_a_forked_child_does_not_end_its_parents_session_again(agentops_home: Path) -> None:
    """There the same span was exported twice, and children's sessions nested in the parent's."""
    run_program(
        f"import agentops, os, sys\nagentops.init()\n{STEP}\nstep()\npid = os.fork()\n"
        "if pid == 0:\n    agentops.session(step)(1)\n    sys.exit(0)\nos.waitpid(pid, 0)\nstep()"
    )
    spooled = read_spool(agentops_home)  # fails for a span that is written twice in one version
    assert spooled.outline() == "default\n  step\n  step\nstep\n  step"


def test_d12_a_second_init_really_switches() -> None:
    """There the events of the second project went to the first."""
    with endpoint() as first, endpoint() as second:
        run_program(
            f"import agentops\n{STEP}\nagentops.init('k1', {first.url!r})\nstep()\n"
            f"agentops.init('k2', {second.url!r})\nstep()\nstep()\nagentops.flush(30, delivered=True)",
        )
    assert (first.spooled.outline().count("step"), second.spooled.outline().count("step")) == (1, 2)
    assert {request.headers["authorization"] for request in second.received} == {"Bearer k2"}


@pytest.mark.parametrize("argument", ["exporter", "processor"])
def test_d12_what_cannot_be_honoured_is_refused(argument: str) -> None:
    """There ``init(exporter=…)`` was accepted and ignored."""
    with pytest.raises(agentops.ConfigurationError, match=f"no argument '{argument}'"):
        agentops.init(**{argument: object()})


def test_d12_no_global_provider_is_set() -> None:
    """There the program's own tracing was refused, or swallowed ours."""
    run_program(
        f"import agentops\nagentops.init()\n{STEP}\nstep()\nfrom opentelemetry import trace\n"
        "assert type(trace.get_tracer_provider()).__name__ == 'ProxyTracerProvider'\n"
        if _has_opentelemetry()
        else f"import agentops, sys\nagentops.init()\n{STEP}\nstep()\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)"
    )


def _has_opentelemetry() -> bool:
    try:
        import opentelemetry.trace  # noqa: F401
    except ImportError:
        return False
    return True


def test_d13_builtins_stay_and_what_is_printed_is_nobodys_business(agentops_home: Path) -> None:
    """There ``print`` and ``__import__`` were replaced, and a password printed to a private file was uploaded."""
    before = (builtins.print, builtins.__import__)
    with recording():
        agentops.enable("threads")
        assert (builtins.print, builtins.__import__) == before
        agentops.disable("threads")
    run_program(
        f"import agentops, io, logging\nagentops.init()\n{STEP}\nprint('password=hunter2', file=io.StringIO())\n"
        "print('hunter2')\nlogging.warning('hunter2')\nstep()"
    )
    assert b"hunter2" not in b"".join(path.read_bytes() for path in agentops_home.rglob("*.jsonl"))


def test_d14_the_working_directory_is_left_alone(tmp_path: Path) -> None:
    """There an ``agentops.log`` in it was truncated, and one that cannot be written to stopped the program."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "agentops.log").write_text("mine")
    code = f"import os\nos.chdir({str(work)!r})\n%s\nimport agentops\nagentops.init()\n{STEP}\nstep()"
    run_program(code % "")
    assert [(item.name, item.read_text()) for item in work.iterdir()] == [("agentops.log", "mine")]
    run_program(code % "import shutil; shutil.rmtree(os.getcwd())")


def test_d15_without_a_key_it_records_in_silence(agentops_home: Path) -> None:
    """There four URLs that led nowhere were printed, and everything was posted without authentication."""
    done = run_program(f"import agentops\nagentops.init()\n{STEP}\nfor n in range(4): agentops.session(step)()")
    assert (done.stdout, done.stderr) == ("", "")
    assert len(read_spool(agentops_home).sessions) == 4


@pytest.mark.parametrize("opts_out", [False, True])
def test_d16_environment_data_can_be_left_out(opts_out: bool, agentops_home: Path) -> None:
    """There ``env_data_opt_out`` was ignored."""
    run_program(f"import agentops\nagentops.init(env_data_opt_out={opts_out})\n{STEP}\nstep()")
    [resource] = [json.dumps(root.resource) for root in read_spool(agentops_home).sessions]
    for name in ("host.name", "host.arch", "os.type", "process.pid", "process.command", "process.runtime.name"):
        assert (name in resource) == (not opts_out), name


def test_d16_large_values_are_cut_and_say_so(agentops_home: Path) -> None:
    """There more than 1 MB went missing without a word."""
    run_program(f"import agentops\n{STEP}\nagentops.init()\nstep('x' * 3_000_000)")
    [span] = [span for span in read_spool(agentops_home).spans.values() if span.kind == "operation"]
    for name in ("input.value", "output.value"):
        assert 1_000_000 < len(span.attributes[name]) < 1_100_000
        assert "of 3,000,000 characters]" in span.attributes[name]


def test_d16_a_mapping_of_tags_overwrites_nothing() -> None:
    """There ``tags={"operation.name": …}`` replaced the operation's name."""
    with recording() as recorded:
        agentops.session(tags={"operation.name": "other", "env": "prod"})(step)()
    assert recorded.outline() == "session step\n  operation step"
    assert recorded.sessions[0].tags == ["operation.name:other", "env:prod"]


def test_d17_nothing_goes_anywhere_but_to_the_endpoint() -> None:
    """There metrics went on being sent to the vendor although another collector was named."""
    audit = (
        "import sys\nconnected = set()\n"
        "sys.addaudithook(lambda event, args: event == 'socket.connect' and connected.add(args[1]))\n"
    )
    with endpoint() as server:
        port = int(server.url.rpartition(":")[2])
        run_program(
            f"{audit}import agentops\nagentops.init()\n{STEP}\nstep()\nagentops.flush(20, delivered=True)\n"
            f"assert connected == {{('127.0.0.1', {port})}}, connected",
            AGENTOPS_EXPORTER_ENDPOINT=server.url,
        )
    run_program(f"{audit}import agentops\nagentops.init('key')\n{STEP}\nstep()\nassert not connected, connected")


def test_d18_running_and_broken_sessions_are_seen(agentops_home: Path) -> None:
    """There a session was invisible until its end, and one that was broken off was never seen."""
    run_program(
        f"import agentops, os\nagentops.init()\n{STEP}\nstep()\n"
        "agentops.tool(lambda: (agentops.flush(), os._exit(3)))()",
        check=False,
    )
    spooled = read_spool(agentops_home)
    assert spooled.outline() == "default [running]\n  step\n  execute_tool <lambda> [running]"
    assert spooled.sessions[0].end_ns == 0


def test_d18_a_crash_is_an_error_with_its_cause(agentops_home: Path) -> None:
    """There the end state was "Shutdown" and no error was kept."""
    run_program("import agentops\nagentops.init()\nraise RuntimeError('boom')", check=False)
    [root] = read_spool(agentops_home).sessions
    assert root.attributes["agentops.session.state"] == "error"
    assert root.attributes["error.type"] == "RuntimeError"
    assert root.raw["status"]["message"] == "boom"


def test_d19_an_integration_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """There a failing instrumentation crashed the call that it watched."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    with recording(is_loud=False) as recorded:
        recorder = agentops.Recorder("broken")
        recorder.start("tool", "t", key=1, input=Broken(), attributes={"x": Broken()})
        recorder.end(1, output=Broken())
        recorder.end(2)
        recorder.update(3, {"x": 1})
        recorder.start("tool", "t", key=[], parent_key={})  # type: ignore[arg-type]
        assert agentops.tool(lambda value: value)(5) == 5
    assert next(span.name for span in recorded.find("tool")) == "t"
    assert len(recorded.find("tool", "<lambda>")) == 1
    agentops.guard.state.forget()


def test_d20_the_documented_calls_work() -> None:
    """There ``default_tags`` failed, and so did ``with agentops.trace(…)``."""
    with recording() as recorded:
        with agentops.trace("checkout", tags=["x"]) as session:
            step()
            assert agentops.update_trace_metadata({"order": {"id": [1, 2]}, "total": 3.5})
        with agentops.start_trace("other") as trace:
            trace.record(agentops.ActionEvent("a"))
        asyncio.run(_async_block())
    assert recorded.outline() == (
        "session checkout\n  operation step\nsession other\n  operation a\nsession block\n  operation step"
    )
    assert session.metadata == {"order": {"id": [1, 2]}, "total": 3.5}
    assert recorded.sessions[0].tags == ["x"]


async def _async_block() -> None:
    async with agentops.session("block"):
        step()


def test_d21_nothing_is_pinned_from_above() -> None:
    """There psutil, packaging, wrapt and termcolor could not be new, and three HTTP clients were required."""
    needed = PYPROJECT["project"]["dependencies"]
    assert [item for item in needed if "<" in item or "==" in item or "~" in item] == []
    assert len(needed) == 2


def test_sessions_in_pools_of_a_pool_stay_apart() -> None:
    """Sessions that are themselves run in a pool, and use another pool inside, are whole."""
    with recording() as recorded, ThreadPoolExecutor(3) as outer, ThreadPoolExecutor(2) as inner:
        agentops.enable("threads")
        try:
            assert list(outer.map(_run(inner), [1, 2, 3])) == [[0], [0, 1], [0, 1, 2]]
        finally:
            agentops.disable("threads")
    check_tree(recorded)
    assert sorted(len(recorded.outline(item).splitlines()) - 1 for item in recorded.sessions) == [1, 2, 3]


def _run(pool: ThreadPoolExecutor) -> Callable[[int], list[int]]:
    @agentops.session(name="run")
    def run(count: int) -> list[int]:
        return list(pool.map(step, range(count)))

    return run
