"""A recorded call of one of a framework's methods: its span, and what is current while its own code runs.

For methods that are functions, generators, coroutines or async generators. A generator's span is current only while
the generator itself runs, so nothing leaks into the loop body of whoever consumes it.
"""

import functools
import inspect
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

from agentops.patches import Patches
from agentops.sdk.context import activate
from agentops.sdk.guard import guarded
from agentops.sdk.recorder import Recorder
from agentops.sdk.span import Span
from agentops.semconv import Span as Attr

__all__ = [
    "Call",
    "Recording",
    "inside",
    "recorded_coroutine",
    "recorded_function",
    "recorded_generator",
    "recorded_stream",
    "running_call",
]

_IS_READ: Final = "is read"
_RUNNING: ContextVar["Call | None"] = ContextVar("agentops_method_call", default=None)


class Call:
    """A call in progress: its span, the object whose method was called, and the recorded call around it."""

    __slots__ = ("notes", "outer", "owner", "result", "span")

    def __init__(self, span: Span, owner: object, outer: "Call | None") -> None:
        self.span = span
        self.owner = owner
        self.outer = outer
        self.result: Any = None
        self.notes: dict[str, Any] = {}

    def note_tool(self, name: str, call_id: str | None) -> None:
        """Note that a tool call of the model's was recorded."""
        self.notes[f"tool {name} {call_id}"] = True
        if call_id:
            self.notes[f"tool call {call_id}"] = True

    def has_tool(self, name: str, call_id: str | None) -> bool:
        """Whether a tool call was recorded: by its id, as workbenches may rename tools; some models give none."""
        return f"tool call {call_id}" in self.notes or f"tool {name} {call_id}" in self.notes


def running_call() -> Call | None:
    """Return the innermost call that is in progress in the calling context."""
    call = _RUNNING.get()
    while call is not None and call.span.has_ended:
        call = call.outer
    return call


class inside:  # noqa: N801 - used as a statement: ``with inside(call):``
    """Make a call current for a ``with`` block that neither yields nor leaves its task.

    Without a call, a span or nothing is current, and no call is in progress. A class, since a generator as context
    manager costs twice as much, and this runs for each item of a stream.
    """

    __slots__ = ("_activation", "_before", "_call", "_span")

    def __init__(self, call: Call | None, span: Span | None = None) -> None:
        self._call = call
        self._span = span if call is None else call.span

    def __enter__(self) -> None:
        self._before = _RUNNING.get()
        _RUNNING.set(self._call)
        self._activation = activate(self._span)
        self._activation.__enter__()

    def __exit__(self, *error: object) -> None:
        _RUNNING.set(self._before)
        self._activation.__exit__(None, None, None)


class Recording:
    """How the calls of some methods are recorded; one subclass per kind of thing.

    Args:
        recorder: Of the integration.
        patches: Those that it is switched off with.
    """

    calls_own_methods = True
    """Whether a call right inside one of the same object is the object's own affair, and not recorded."""

    def __init__(self, recorder: Recorder, patches: Patches) -> None:
        self.recorder = recorder
        self.patches = patches

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        """Open the span of a call; None when it is not to be recorded.

        Args:
            owner: The object whose method is called.
            given: The arguments by name.
            outer: The recorded call around it.
        """
        raise NotImplementedError

    def note(self, call: Call, item: Any) -> None:
        """Take notice of what a generator gives; sets ``call.result`` where the item is the result."""
        call.result = item

    def finish(self, call: Call, result: Any) -> None:
        """Record the result and end the span."""
        self.recorder.end(call.span, output=result)

    def give_up(self, call: Call, error: BaseException) -> None:
        """Record the exception that leaves a call and end the span, unless it has ended."""
        if not call.span.has_ended:
            self.recorder.end(call.span, error=error)

    def is_final(self, item: Any) -> bool:
        """Whether nothing that matters comes after this item of a generator."""
        return False

    @guarded
    def open(self, owner: Any, given: Mapping[str, Any]) -> Call | None:
        """Open a call; None when it is not recorded, as with a method that calls another of the same object."""
        outer = running_call()
        if not self.patches.is_active:
            return None
        if self.calls_own_methods and outer is not None and outer.owner is owner:
            return None
        span = self.start(owner, given, outer)
        return None if span is None else Call(span, owner, outer)

    @guarded
    def take(self, call: Call, item: Any) -> None:
        """Take notice of an item, and end the call with the final one."""
        self.note(call, item)
        if self.is_final(item):
            self._end(call, call.result)

    @guarded
    def close(self, call: Call | None, result: Any) -> None:
        """End a call that came to its end."""
        if call is not None:
            self._end(call, result)

    @guarded
    def fail(self, call: Call | None, error: BaseException) -> None:
        """End a call with the exception that leaves it."""
        if call is None:
            return
        try:
            self.give_up(call, error)
        finally:
            if not call.span.has_ended:  # what it left with could not be described
                self.recorder.end(call.span, error=error)

    @guarded
    def close_early(self, call: Call | None) -> None:
        """End a generator's call whose consumer has had enough."""
        if call is not None and not call.span.has_ended:
            call.span.set({Attr.CLOSED_EARLY: True})
            self._end(call, call.result)

    def _end(self, call: Call, result: Any) -> None:
        if call.span.has_ended:
            return
        try:
            self.finish(call, result)
        finally:
            if not call.span.has_ended:  # what came out could not be described
                self.recorder.end(call.span)


def recorded_function(
    recording: Recording, *names: str, gives_items: Callable[[Mapping[str, Any]], bool] = lambda given: False
) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps a method that is a plain function.

    Args:
        recording: How its calls are recorded.
        names: Those of its positional parameters; what is given beyond them is ``args``.
        gives_items: Says by the arguments whether a call returns an iterator that is the work itself; it is given on as
            a generator, and the call ends with that. Anything else that a method returns is its result, untouched.
    """

    def wrap(method: Callable[..., Any]) -> Any:
        @functools.wraps(method)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            if len(args) > len(names):
                given["args"] = args[len(names) :]
            opened = recording.open(self, given)
            if opened is None:
                return method(self, *args, **kwargs)
            try:
                with inside(opened):
                    result = method(self, *args, **kwargs)
            except BaseException as error:
                recording.fail(opened, error)
                raise
            # A list, say, is a result: to give it on as a generator would take it away from the program.
            if isinstance(result, Iterator) and gives_items(given):
                items = _steps(recording, opened, result)
                weakref.finalize(items, _let_go, recording, opened).atexit = False
                return items
            recording.close(opened, result)
            return result

        return call

    return wrap


def recorded_generator(recording: Recording, *names: str) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps a method that returns a generator, or another iterator; ``names`` as for a function."""
    return recorded_function(recording, *names, gives_items=lambda given: True)


def _steps(recording: Recording, opened: Call, items: Iterator[Any]) -> Generator[Any, Any, Any]:
    """Give what a generator gives; its call is in progress while it runs, and in none of the consumer's code."""
    opened.notes[_IS_READ] = True
    inner = items if isinstance(items, Generator) else (item for item in items)
    step: Callable[[Any], Any] = inner.send
    value: Any = None
    try:
        while True:
            with inside(opened):
                item = step(value)
            recording.take(opened, item)
            try:
                step, value = inner.send, (yield item)
            except GeneratorExit:
                try:
                    with inside(opened):
                        inner.close()
                finally:
                    recording.close_early(opened)
                raise
            except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, handed on
                step, value = inner.throw, error
    except StopIteration as end:
        recording.close(opened, opened.result)
        return end.value
    except BaseException as error:
        recording.fail(opened, error)
        raise


def _let_go(recording: Recording, opened: Call) -> None:
    """End the call of a generator that nobody has begun to read: it goes without a step of its own code."""
    if _IS_READ not in opened.notes:
        recording.close_early(opened)


def recorded_coroutine(recording: Recording, *names: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """Return what wraps a coroutine method; ``names`` are those of its positional parameters."""

    def wrap(method: Callable[..., Awaitable[Any]]) -> Any:
        @functools.wraps(method)
        async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            opened = recording.open(self, {**dict(zip(names, args, strict=False)), **kwargs})
            if opened is None:
                return await method(self, *args, **kwargs)
            try:
                with inside(opened):
                    result = await method(self, *args, **kwargs)
            except BaseException as error:
                recording.fail(opened, error)
                raise
            recording.close(opened, result)
            return result

        return call

    return wrap


def recorded_stream(recording: Recording, *names: str) -> Callable[[Callable[..., Any]], Any]:
    """Return what wraps an async generator method; ``names`` are those of its positional parameters."""

    def wrap(method: Callable[..., Any]) -> Any:
        if inspect.iscoroutinefunction(method):
            return method

        @functools.wraps(method)
        def call(self: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            return _stream(recording, self, given, _as_generator(method(self, *args, **kwargs)))

        return call

    return wrap


async def _stream(
    recording: Recording, owner: object, given: dict[str, Any], inner: AsyncGenerator[Any, Any]
) -> AsyncGenerator[Any, Any]:
    """Give what a generator gives, and record it from its first step on."""
    opened = recording.open(owner, given)
    noted = opened or _call_of(owner)
    within = nullcontext if opened is None else partial(inside, opened)
    step: Callable[[Any], Awaitable[Any]] = inner.asend
    value: Any = None
    try:
        while True:
            with within():
                item = await step(value)
            if noted is not None:
                recording.take(noted, item)
            try:
                step, value = inner.asend, (yield item)
            except GeneratorExit:
                with within():
                    await inner.aclose()
                raise
            except BaseException as error:  # noqa: BLE001 - thrown in by the consumer, handed on
                step, value = inner.athrow, error
    except StopAsyncIteration:
        recording.close(opened, opened.result if opened is not None else None)
    except GeneratorExit:
        recording.close_early(opened)
        raise
    except BaseException as error:
        recording.fail(opened, error)
        raise


def _call_of(owner: object) -> Call | None:
    call = running_call()
    return call if call is not None and call.owner is owner else None


def _as_generator(stream: Any) -> Any:
    """Give an iterator that is no generator the methods of one; some frameworks ask for ``__anext__`` only."""
    return stream if hasattr(stream, "asend") else _items(stream)


async def _items(stream: Any) -> AsyncGenerator[Any, None]:
    async for item in stream:
        yield item
