"""Threads and thread pools: work is recorded under the span that handed it over, and nothing stays behind."""

import asyncio
import contextvars
import ctypes
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import agentops
from agentops.plugins import plugins
from agentops.testing import recording
from agentops.testing.conformance import check_tree


@agentops.operation
def step(number: int) -> int:
    return number * 2


@pytest.fixture
def _threads() -> Iterator[None]:
    with recording():
        agentops.enable("threads")
    yield
    agentops.disable("threads")


@pytest.mark.usefixtures("_threads")
def test_a_shared_pool_puts_each_job_into_the_session_that_submitted_it() -> None:
    """Three requests share a pool whose one thread was started by the first; none gets another's steps."""
    pool = ThreadPoolExecutor(1)

    @agentops.session
    def request(name: str) -> list[int]:
        @agentops.agent(name=name)
        def agent() -> list[int]:
            return [*pool.map(step, [1, 2]), pool.submit(step, 3).result()]

        return agent()

    with recording() as recorded:
        for name in ("a", "b", "c"):
            assert request(name) == [2, 4, 6]
        pool.submit(step, 0).result()
    check_tree(recorded)
    pool.shutdown()
    expected = "session request\n  agent {}\n    operation step\n    operation step\n    operation step"
    assert recorded.outline() == "\n".join(
        [*(expected.format(name) for name in ("a", "b", "c")), "session default\n  operation step"]
    )


@pytest.mark.usefixtures("_threads")
def test_a_job_from_outside_of_any_session_is_outside_though_its_thread_was_started_inside() -> None:
    """What a pool's thread was started under is not what its later jobs belong to."""
    with recording() as recorded, ThreadPoolExecutor(1) as pool, agentops.start_session("one"):
        pool.submit(step, 1).result()
        contextvars.Context().run(lambda: pool.submit(step, 2).result())
    assert recorded.outline() == "session one\n  operation step\nsession default\n  operation step"


@pytest.mark.usefixtures("_threads")
def test_threads_of_every_shape_record_under_what_started_them() -> None:
    """A target, an overridden ``run``, a timer, ``asyncio.to_thread`` and ``run_in_executor``."""

    class Worker(threading.Thread):
        def run(self) -> None:
            step(2)

    async def from_a_loop() -> None:
        await asyncio.to_thread(step, 4)
        await asyncio.get_running_loop().run_in_executor(None, step, 5)

    with recording() as recorded, agentops.start_session("one"):
        threads = [threading.Thread(target=step, args=(1,)), Worker(), threading.Timer(0, step, (3,))]
        for thread in threads:
            thread.start()
            thread.join()
        asyncio.run(from_a_loop())
    check_tree(recorded)
    assert recorded.outline() == "session one\n" + "\n".join(["  operation step"] * 5)
    assert all("run" not in vars(thread) for thread in threads)


@pytest.mark.usefixtures("_threads")
def test_what_the_job_returns_and_raises_is_its_own() -> None:
    """The exception is the very object; the pool's thread has nothing of the session left afterwards."""
    error = ValueError("mine")

    def fail() -> None:
        raise error

    with recording(), ThreadPoolExecutor(1) as pool:
        with agentops.start_session("one"):
            assert pool.submit(fail).exception() is error
        assert pool.submit(agentops.current_span).result() is None


def test_off_means_untouched() -> None:
    """``disable("threads")`` puts back the very functions; nothing is patched before it is enabled."""
    before = (threading.Thread.start, ThreadPoolExecutor.submit)
    with recording():
        agentops.enable("threads")
        assert threading.Thread.start is not before[0]
        agentops.disable("threads")
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == before
    assert plugins.entries["threads"].state == "ready"


@pytest.mark.usefixtures("_threads")
def test_two_hundred_sessions_at_once_do_not_mix() -> None:
    """200 sessions, in threads and in tasks, each with tools in one shared pool: 200 whole, equal trees."""
    pool = ThreadPoolExecutor(4)

    @agentops.session
    def request(name: str) -> None:
        @agentops.agent(name="agent")
        def agent() -> None:
            list(pool.map(step, range(3)))

        agent()

    @agentops.session(name="request")
    async def arequest() -> None:
        @agentops.agent(name="agent")
        async def agent() -> None:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(pool, step, number) for number in range(3)))

        await agent()

    async def all_tasks() -> None:
        await asyncio.gather(*(arequest() for _ in range(100)))

    with recording() as recorded:
        threads = [threading.Thread(target=request, args=("x",)) for _ in range(100)]
        for thread in threads:
            thread.start()
        asyncio.run(all_tasks())
        for thread in threads:
            thread.join()
    pool.shutdown()
    check_tree(recorded)
    assert len(recorded.sessions) == 200
    assert len(recorded.spans) == 200 * 5
    assert {recorded.outline(item) for item in recorded.sessions} == {
        "session request\n  agent agent\n    operation step\n    operation step\n    operation step"
    }


@pytest.mark.usefixtures("_threads")
def test_a_thread_that_python_did_not_start_records_into_the_automatic_session() -> None:
    """A library's own thread calls back: it has no context of ours, and leaves none behind."""
    seen: list[object] = []

    @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    def callback(_: object) -> None:
        step(1)
        seen.append(agentops.current_span())

    libc = ctypes.CDLL(None)
    with recording() as recorded, agentops.start_session("one"):
        handle = ctypes.c_ulong()
        assert libc.pthread_create(ctypes.byref(handle), None, callback, None) == 0
        assert libc.pthread_join(handle, None) == 0
        step(2)
    assert seen == [None]
    assert recorded.outline() == "session one\n  operation step\nsession default\n  operation step"


def test_tasks_that_are_cancelled_together_are_cancelled_each_in_its_place() -> None:
    """One task of a group fails: the others are cancelled, and what was open in them is too; time running out alike."""

    @agentops.agent
    async def wait(number: int) -> None:
        @agentops.tool(name=f"sleep {number}")
        async def sleep() -> None:
            await asyncio.sleep(60)

        await sleep()

    @agentops.agent
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("one of them")

    async def group() -> None:
        tasks = [asyncio.ensure_future(item) for item in (wait(1), wait(2), fail())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def main() -> None:
        with agentops.start_session("group"), pytest.raises(ValueError, match="one of them"):
            await group()
        with agentops.start_session("late"), pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(wait(3), 0.01)

    with recording() as recorded:
        asyncio.run(main())
    check_tree(recorded)
    assert recorded.outline() == (
        "session group\n"
        "  agent wait [cancelled asyncio.exceptions.CancelledError]\n"
        "    tool sleep 1 [cancelled asyncio.exceptions.CancelledError]\n"
        "  agent wait [cancelled asyncio.exceptions.CancelledError]\n"
        "    tool sleep 2 [cancelled asyncio.exceptions.CancelledError]\n"
        "  agent fail [error ValueError]\n"
        "session late\n"
        "  agent wait [cancelled asyncio.exceptions.CancelledError]\n"
        "    tool sleep 3 [cancelled asyncio.exceptions.CancelledError]"
    )
