"""Watching streams go by."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from agentops.streams import WatchedAsyncIterator, WatchedIterator
from agentops.testing import recording


class Log:
    """What was told of a stream."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.ends: list[tuple[str | None, bool]] = []

    def item(self, item: Any) -> None:
        self.items.append(item)

    def end(self, error: BaseException | None, closed_early: bool) -> None:
        self.ends.append((None if error is None else type(error).__name__, closed_early))


def _numbers(fails: bool = False) -> Iterator[int]:
    yield 1
    yield 2
    if fails:
        raise ValueError("no three")


async def _async_numbers(fails: bool = False) -> AsyncIterator[int]:
    for number in _numbers(fails):
        await asyncio.sleep(0)
        yield number


def test_read_to_the_end() -> None:
    """The consumer gets every item; the end is told once, also if it is read again or closed after."""
    log = Log()
    watched = WatchedIterator(_numbers(), log.item, log.end)
    assert list(watched) == [1, 2]
    assert list(watched) == []
    watched.close()
    assert (log.items, log.ends) == ([1, 2], [(None, False)])


def test_failing() -> None:
    """The stream's exception reaches the consumer and is told."""
    log = Log()
    with pytest.raises(ValueError, match="no three"):
        list(WatchedIterator(_numbers(fails=True), log.item, log.end))
    assert log.ends == [("ValueError", False)]


@pytest.mark.parametrize("way", ["close", "let go"])
def test_left_early(way: str) -> None:
    """A consumer that stops, by closing or by forgetting the stream, has ended it."""
    log = Log()
    watched = WatchedIterator(_numbers(), log.item, log.end)
    assert next(watched) == 1
    if way == "close":
        watched.close()
    del watched
    gc.collect()
    assert log.ends == [(None, True)]


def test_async_read_failed_and_left() -> None:
    """The same for asynchronous streams."""

    async def read() -> list[tuple[list[Any], list[Any]]]:
        logs = [Log(), Log(), Log()]
        assert [item async for item in WatchedAsyncIterator(_async_numbers(), logs[0].item, logs[0].end)] == [1, 2]
        with pytest.raises(ValueError, match="no three"):
            [item async for item in WatchedAsyncIterator(_async_numbers(fails=True), logs[1].item, logs[1].end)]
        watched = WatchedAsyncIterator(_async_numbers(), logs[2].item, logs[2].end)
        async for _ in watched:
            break
        await watched.aclose()
        return [(log.items, log.ends) for log in logs]

    assert asyncio.run(read()) == [([1, 2], [(None, False)]), ([1, 2], [("ValueError", False)]), ([1], [(None, True)])]


def test_watching_that_fails_is_not_the_consumers_affair() -> None:
    """Items arrive even if nobody can take note of them."""

    def broken(*_: Any) -> None:
        raise RuntimeError("watching is broken")

    with recording(is_loud=False):
        assert list(WatchedIterator(_numbers(), broken, broken)) == [1, 2]
