"""Which batches go into the store together; no engine is needed to see that."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentops_dashboard.store.clickhouse.commits import Batch, Commits
from agentops_dashboard.store.clickhouse.together import Together


def test_senders_who_come_back_are_waited_for() -> None:
    """One is being answered while two wait: the next write holds those two and what the answered one sends next."""
    written: list[list[str]] = []
    has_begun, two_wait = threading.Event(), threading.Event()

    def write(_project: str, batches: list[Batch]) -> None:
        has_begun.set()
        assert two_wait.wait(60)
        written.append(sorted(name for batch in batches for name in batch.counts))

    commits = Commits(threading.RLock(), write, (), patience=1e6)

    def send(sender: str, times: int) -> None:
        for _ in range(times):
            commits.take(Batch("default", [], [], {sender: {}}))

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(send, "a", 2)
        assert has_begun.wait(60)
        others = [pool.submit(send, name, 1) for name in "bc"]
        while len(commits._waiting) < 2:
            time.sleep(0.001)
        two_wait.set()
        for future in (first, *others):
            future.result(60)
    assert written == [["a"], ["a", "b", "c"]]


def test_who_is_alone_does_not_wait() -> None:
    """One sender after another, with all the patience that there is: each is written at once."""
    written: list[int] = []
    commits = Commits(threading.RLock(), lambda _, batches: written.append(len(batches)), (), patience=1e6)
    for _ in range(3):
        commits.take(Batch("default", [], []))
    assert written == [1, 1, 1]


def test_a_statement_that_fails_is_said_when_all_have_ended() -> None:
    """None goes on behind the back of who waits; what the first of those that failed raised comes out."""
    together = Together()
    ended: list[str] = []
    begun, failed = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert failed.wait(60)
        ended.append("slow")

    def fails() -> None:
        assert begun.wait(60)
        failed.set()
        raise KeyError("refused")

    with pytest.raises(KeyError, match="refused"):
        together.run(slow, fails)
    with pytest.raises(KeyError, match="refused"):
        together.run(fails, lambda: ended.append("last"))
    assert ended == ["slow", "last"]
    assert together.run(lambda: 1, lambda: 2, lambda: 3) == [1, 2, 3]
    together.close()
