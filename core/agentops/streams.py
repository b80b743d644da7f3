"""Watching a stream go by: each item, and its one end, however the consumer leaves it.

The consumer gets the items unchanged and at the same moment; nothing runs ahead, and no context is touched.
"""

import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, TypeVar

from agentops.sdk.guard import guard

__all__ = ["WatchedAsyncIterator", "WatchedIterator"]

T = TypeVar("T")
OnItem = Callable[[Any], None]
OnEnd = Callable[[BaseException | None, bool], None]


class _End:
    """Tells the end once, whoever notices it first."""

    def __init__(self, on_end: OnEnd) -> None:
        self.on_end: OnEnd | None = on_end

    def tell(self, error: BaseException | None = None, closed_early: bool = False) -> None:
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            with guard("stream end"):
                on_end(error, closed_early)


class WatchedIterator(Generic[T]):
    """An iterator that tells what it gives.

    Args:
        inner: The iterator.
        on_item: Called with each item before the consumer gets it.
        on_end: Called once, with the exception that ended the stream, if any, and whether the consumer stopped before
            its end: by ``close()``, or by letting go of it.
    """

    def __init__(self, inner: Iterator[T], on_item: OnItem, on_end: OnEnd) -> None:
        self._inner = inner
        self._on_item = on_item
        self._end = _End(on_end)
        weakref.finalize(self, self._end.tell, None, True).atexit = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            item = next(self._inner)
        except StopIteration:
            self._end.tell()
            raise
        except BaseException as error:
            self._end.tell(error)
            raise
        with guard("stream item"):
            self._on_item(item)
        return item

    def close(self) -> None:
        """Close the inner iterator, and take this for the end."""
        try:
            close = getattr(self._inner, "close", None)
            if close is not None:
                close()
        finally:
            self.closed()

    def closed(self) -> None:
        """Take note that the stream was closed by other means."""
        self._end.tell(None, True)


class WatchedAsyncIterator(Generic[T]):
    """The same for an asynchronous iterator."""

    def __init__(self, inner: AsyncIterator[T], on_item: OnItem, on_end: OnEnd) -> None:
        self._inner = inner
        self._on_item = on_item
        self._end = _End(on_end)
        weakref.finalize(self, self._end.tell, None, True).atexit = False

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        try:
            item = await self._inner.__anext__()
        except StopAsyncIteration:
            self._end.tell()
            raise
        except BaseException as error:
            self._end.tell(error)
            raise
        with guard("stream item"):
            self._on_item(item)
        return item

    async def aclose(self) -> None:
        """Close the inner iterator, and take this for the end."""
        try:
            close = getattr(self._inner, "aclose", None)
            if close is not None:
                await close()
        finally:
            self.closed()

    def closed(self) -> None:
        """Take note that the stream was closed by other means."""
        self._end.tell(None, True)
