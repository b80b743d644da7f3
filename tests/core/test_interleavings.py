"""Whatever order events come in, from whatever threads: the trees are whole and the counts agree."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentops
from agentops.sdk.assembly import make_runtime
from agentops.sdk.config import Config, updated
from agentops.testing import recording
from agentops.testing.recording import Recording
from tests.spooled import read_spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = st.integers(0, 8)
KINDS = st.sampled_from(["agent", "tool", "llm", "chain", "no such kind"])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), KEYS, st.one_of(st.none(), KEYS, st.just("unknown")), KINDS),
        st.tuples(st.just("end"), KEYS, st.sampled_from([None, "error", "cancelled"])),
        st.tuples(st.just("alias"), KEYS, st.one_of(st.none(), KEYS)),
        st.tuples(st.just("in order"), KEYS, KEYS),
        st.tuples(st.just("event"), st.one_of(st.none(), KEYS)),
        st.tuples(st.just("update"), KEYS),
        st.tuples(st.just("session"), st.integers(0, 2)),
        st.tuples(st.just("end session"), st.integers(0, 2)),
    ),
    max_size=40,
)
SCHEDULES = st.lists(st.integers(0, 2), min_size=40, max_size=40)


class Program:
    """Carries out operations, each in one of three threads whose contexts go their own ways."""

    def __init__(self) -> None:
        self.recorder = agentops.Recorder("test")
        self.sessions: dict[int, agentops.Session] = {}
        self.started = 0
        self.lock = threading.Lock()

    def do(self, operation: tuple[Any, ...]) -> None:
        steps: dict[str, Callable[..., None]] = {
            "start": self._start, "end": self._end, "alias": self.recorder.alias, "in order": self._in_order,
            "event": self._event, "update": lambda key: self.recorder.update(key, {"n": 1}),
            "session": self._session, "end session": self._end_session,
        }  # fmt: skip
        steps[operation[0]](*operation[1:])

    def _count(self) -> None:
        with self.lock:
            self.started += 1

    def _start(self, key: int, parent: object, kind: str) -> None:
        self._count()
        self.recorder.start(kind, f"{kind} {key}", key=key, parent_key=parent, make_current=key % 2 == 0)

    def _end(self, key: int, how: str | None) -> None:
        error = ValueError("x") if how == "error" else None
        self.recorder.end(key, error=error, status="cancelled" if how == "cancelled" else None)

    def _in_order(self, key: int, parent: int) -> None:
        self.recorder.start_in_order(parent, lambda: self._start(key, parent, "tool"))

    def _event(self, parent: int | None) -> None:
        self._count()
        self.recorder.event("moment", parent_key=parent)

    def _session(self, number: int) -> None:
        self.sessions[number] = agentops.start_session(f"s{number}")

    def _end_session(self, number: int) -> None:
        if number in self.sessions:
            self.sessions[number].end("Success")


def _run(operations: list[tuple[Any, ...]], schedule: list[int], *, at_once: bool) -> Program:
    program = Program()
    threads = [ThreadPoolExecutor(1) for _ in range(3)]
    jobs = []
    for operation, thread in zip(operations, schedule, strict=False):
        jobs.append(threads[thread].submit(program.do, operation))
        if not at_once:
            jobs[-1].result()
    for job in jobs:
        job.result()
    for pool in threads:
        pool.shutdown()
    program.recorder.release_waiting()
    return program


def _check(recorded: Recording, program: Program) -> None:
    spans = recorded.spans
    ids = Counter((span.session.id, span.id) for span in spans)
    assert set(ids.values()) <= {1}
    for session in recorded.sessions:
        own = [span for span in spans if span.session is session]
        assert [span for span in own if span.parent is None] == [session.root]
        assert session.ledger.spans == len(own)
        assert sorted(span.seq for span in own) == list(range(1, len(own) + 1))
        for span in own:
            assert span.has_ended
            assert span.end_ns >= span.start_ns
            if span.parent is not None:
                assert span.parent.session is session
                assert span.start_ns >= span.parent.start_ns
                assert span.end_ns <= span.parent.end_ns or span.outlived_parent
    versions = Counter((span_id, version) for span_id, version, _ in recorded.sink.puts)
    assert max(versions.values(), default=1) == 1, "each record of a span is handed over once"
    assert sum(span.parent is not None for span in spans) == program.started


@given(operations=OPERATIONS, schedule=SCHEDULES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_trees_are_whole_in_every_order(operations: list[tuple[Any, ...]], schedule: list[int]) -> None:
    """Starts, ends, double, early, late and missing ends, unknown parents, aliases, sessions that end too soon."""
    with recording() as recorded:
        program = _run(operations, schedule, at_once=False)
    _check(recorded, program)


@given(OPERATIONS, SCHEDULES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_trees_are_whole_when_threads_run_freely(operations: list[tuple[Any, ...]], schedule: list[int]) -> None:
    """The same with three threads at once."""
    with recording() as recorded:
        program = _run(operations, schedule, at_once=True)
    _check(recorded, program)


@given(operations=OPERATIONS, schedule=SCHEDULES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_on_the_disk_agrees_with_the_accounts(
    operations: list[tuple[Any, ...]], schedule: list[int], tmp_path_factory: Any
) -> None:
    """Through the real spool: every span once per version, every parent there, and as many as the ledger says."""
    from agentops.sdk import process

    home: Path = tmp_path_factory.mktemp("home")
    runtime, before = make_runtime(updated(Config(), {"home": home})), process.current()
    process.swap(runtime)
    try:
        _run(operations, schedule, at_once=True)
        runtime.finish()
    finally:
        process.swap(before)
        runtime.sink.close(10)
    spooled = read_spool(home)
    accounts = {key: account for ledger in spooled.ledgers for key, account in ledger.sessions.items()}
    assert set(accounts) == {trace_id for trace_id, _ in spooled.spans}
    for session in spooled.sessions:
        own = spooled.of(session)
        assert accounts[session.trace_id].spans == len(own) == session.attributes["agentops.session.span_count"]
        known = {span.id for span in own}
        assert all(span.parent_id in known for span in own if span is not session)
        assert all(span.end_ns for span in own)
