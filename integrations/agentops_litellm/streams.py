"""litellm's streams: objects of several classes, whose own methods are watched, so that nobody gets another object."""

import functools
import weakref
from typing import Any, Final

from agentops import ModelCall, guard
from agentops.patches import Patches
from agentops.stainless import Answer

__all__ = ["watch_stream"]

_WATCH: Final = "_agentops_watch"


class _Watch:
    """A stream that is being read."""

    def __init__(self, call: ModelCall, answer: Answer) -> None:
        self.call = call
        self.answer = answer
        self.has_ended = False

    def item(self, chunk: Any) -> None:
        with guard("litellm stream"):
            if self.answer.piece(chunk):
                self.call.first_chunk()
                self.call.so_far(self.answer)

    def end(self, error: BaseException | None = None, closed_early: bool = False) -> None:
        with guard("litellm stream"):
            if self.has_ended:
                return
            self.has_ended = True
            known: dict[str, Any] = {"output": self.answer.output, "attributes": self.answer.attributes}
            if error is not None:
                self.call.fail(error, **known)
            else:
                self.call.finish(closed_early=closed_early, **known)


def watch_stream(patches: Patches, call: ModelCall, answer: Answer, result: Any) -> bool:
    """See to it that a stream ends the call; False if this is none."""
    kind = type(result)
    if not (hasattr(kind, "__anext__") or hasattr(kind, "__next__")):
        return False
    _watch_class(patches, kind)
    watch = _Watch(call, answer)
    setattr(result, _WATCH, watch)
    weakref.finalize(result, watch.end, None, True).atexit = False
    return True


def _watch_class(patches: Patches, kind: type) -> None:
    """Watch what reads the objects of a class, where it is defined; objects without a watch are left alone."""
    for name, make in (("__next__", _reading), ("__anext__", _reading_async), ("aclose", _closing)):
        owner = next((base for base in kind.__mro__ if name in vars(base)), None)
        if owner is not None and not hasattr(getattr(owner, name), _WATCH):
            patches.replace(owner, name, make)


def _reading(original: Any) -> Any:
    @functools.wraps(original)
    def read(self: Any) -> Any:
        watch = getattr(self, _WATCH, None)
        if watch is None:
            return original(self)
        try:
            chunk = original(self)
        except StopIteration:
            watch.end()
            raise
        except BaseException as error:
            watch.end(error)
            raise
        watch.item(chunk)
        return chunk

    setattr(read, _WATCH, True)
    return read


def _reading_async(original: Any) -> Any:
    @functools.wraps(original)
    async def read(self: Any) -> Any:
        watch = getattr(self, _WATCH, None)
        if watch is None:
            return await original(self)
        try:
            chunk = await original(self)
        except StopAsyncIteration:
            watch.end()
            raise
        except BaseException as error:
            watch.end(error)
            raise
        watch.item(chunk)
        return chunk

    setattr(read, _WATCH, True)
    return read


def _closing(original: Any) -> Any:
    @functools.wraps(original)
    async def close(self: Any) -> None:
        try:
            await original(self)
        finally:
            watch = getattr(self, _WATCH, None)
            if watch is not None:
                watch.end(closed_early=True)

    setattr(close, _WATCH, True)
    return close
