"""Recording the methods of a framework's classes, and of those that derive from them."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest

import agentops
from agentops import Recorder, Span
from agentops.families import patch_family, patch_methods
from agentops.method_calls import (
    Call,
    Recording,
    recorded_coroutine,
    recorded_function,
    recorded_generator,
    recorded_stream,
)
from agentops.patches import Patches
from agentops.testing import Recording as Recorded
from agentops.testing import recording
from agentops.testing.conformance import check_tree


class Worker:
    """A framework's base class."""

    async def work(self, depth: int) -> int:
        raise NotImplementedError

    async def count(self, last: int) -> AsyncGenerator[int, None]:
        for number in range(last):
            yield number


class Nested(Worker):
    async def work(self, depth: int) -> int:
        return depth if depth == 0 else await self.work(depth - 1)


class Calls(Recording):
    """Each call is an operation named after the method's owner."""

    def start(self, owner: Any, given: Mapping[str, Any], outer: Call | None) -> Span | None:
        return self.recorder.start("operation", type(owner).__name__, input=dict(given))


class EveryCall(Calls):
    calls_own_methods = False


def _patched(recording_class: type[Calls]) -> Patches:
    patches = Patches()
    calls = recording_class(Recorder("framework"), patches)
    wraps = {"work": recorded_coroutine(calls, "depth"), "count": recorded_stream(calls, "last")}
    patch_family(patches, Worker, wraps)
    return patches


def test_a_method_that_calls_its_own_object_is_one_call() -> None:
    """Unless the recording says that a call inside is one of its own."""
    outlines = []
    for recording_class in (Calls, EveryCall):
        with recording() as recorded:
            patches = _patched(recording_class)
            asyncio.run(Nested().work(2))
            patches.undo()
            recorded.runtime.finish()
        check_tree(recorded)
        outlines.append(recorded.outline().count("operation Nested"))
    assert outlines == [1, 3]


def test_a_class_that_is_made_later_is_recorded_and_put_back() -> None:
    """Subclasses that exist, and those that do not yet."""
    own = vars(Worker)["count"]
    with recording() as recorded:
        patches = _patched(Calls)

        class Late(Worker):
            async def work(self, depth: int) -> int:
                return depth

        assert asyncio.run(Late().work(1)) == 1
        patches.undo()
        asyncio.run(Late().work(1))
        recorded.runtime.finish()
    assert recorded.outline() == "session default\n  operation Late"
    assert vars(Worker)["count"] is own
    assert "__init_subclass__" not in vars(Worker)


def test_a_stream_is_current_only_while_its_own_code_runs() -> None:
    """The consumer's loop sees nothing of it; closed early, its span ends and says so."""

    async def consume() -> list[Span | None]:
        current = []
        async with aclosing(Worker().count(3)) as numbers:
            async for _ in numbers:
                current.append(agentops.current_span())
                break
        return current

    with recording() as recorded:
        patches = _patched(Calls)
        assert asyncio.run(consume()) == [None]
        patches.undo()
        recorded.runtime.finish()
    check_tree(recorded)
    (span,) = recorded.find("operation")
    assert span.attributes["agentops.span.closed_early"] is True
    assert span.input == {"last": 3}


class Plain(Worker):
    """The same without a loop."""

    def make(self, depth: int, *more: int) -> object:
        if depth < 0:
            raise ValueError("too deep")
        return agentops.current_span()

    def give(self, last: int, as_list: bool = False) -> Any:
        return list(range(last)) if as_list else self._numbers(last)

    def _numbers(self, last: int) -> Generator[Any, Any, str]:
        for _ in range(last):
            try:
                sent = yield agentops.current_span()
            except KeyError as error:
                sent = str(error)
            if sent:
                yield sent
        return f"{last} numbers"


@pytest.fixture
def plain() -> Iterator[Recorded]:
    with recording() as recorded:
        patches = Patches()
        calls = Calls(Recorder("framework"), patches)
        wraps = {"make": recorded_function(calls, "depth"), "give": recorded_generator(calls, "last")}
        patch_methods(patches, Plain, wraps)
        yield recorded
        patches.undo()


def test_a_function_is_a_call_and_its_error_passes_through(plain: Recorded) -> None:
    """Its span is current inside it and nowhere else; what is given beyond its names is kept."""
    inside = Plain().make(1, 2, 3)
    with pytest.raises(ValueError, match="too deep") as raised:
        Plain().make(-1)
    assert agentops.current_span() is None
    plain.runtime.finish()
    check_tree(plain)
    assert plain.outline() == "session default\n  operation Plain\n  operation Plain [error ValueError]"
    first, second = plain.find("operation")
    assert inside is first
    assert first.input == {"depth": 1, "args": [2, 3]}
    assert second.error is not None
    assert (second.error.message, str(raised.value)) == ("too deep", "too deep")


def test_a_generator_is_current_only_while_its_own_code_runs(plain: Recorded) -> None:
    """It gives what it gave, takes what it is sent and thrown, and returns what it returned."""
    numbers = Plain().give(3)
    span = next(numbers)
    assert agentops.current_span() is None
    assert numbers.send("sent") == "sent"
    assert next(numbers) is span
    assert numbers.throw(KeyError("thrown")) == "'thrown'"
    assert next(numbers) is span
    with pytest.raises(StopIteration) as ended:
        next(numbers)
    assert ended.value.value == "3 numbers"
    assert list(Plain().give(3, as_list=True)) == [0, 1, 2]
    plain.runtime.finish()
    check_tree(plain)
    assert plain.outline() == "session default\n  operation Plain\n  operation Plain"


def test_a_generator_that_is_left_ends_its_call(plain: Recorded) -> None:
    """Closed, let go in the middle, and let go before its first step."""
    closed = Plain().give(3)
    next(closed)
    closed.close()
    next(Plain().give(3))
    Plain().give(3)
    gc.collect()
    spans = plain.find("operation")
    assert [span.attributes.get("agentops.span.closed_early") for span in spans] == [True, True, True]
    plain.runtime.finish()
    check_tree(plain)


def test_what_is_raised_in_closing_a_generator_is_the_consumers(plain: Recorded) -> None:
    """A generator that will not be closed: its consumer gets the same error, and the call was closed early."""

    class Stubborn(Plain):
        def _numbers(self, last: int) -> Generator[Any, Any, str]:
            try:
                yield 1
            finally:
                yield 2

    numbers = Stubborn().give(1)
    next(numbers)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        numbers.close()
    (span,) = plain.find("operation")
    assert (span.status, span.attributes["agentops.span.closed_early"]) == ("ok", True)


class Unspeakable(Calls):
    """Cannot describe how a call failed."""

    def give_up(self, call: Call, error: BaseException) -> None:
        raise RuntimeError("no words")


def test_an_error_that_cannot_be_described_passes_through_all_the_same() -> None:
    """The program gets its own exception, the span ends with it, and the guard has counted the other one."""
    with recording(is_loud=False) as recorded:
        patches = Patches()
        patch_methods(patches, Plain, {"make": recorded_function(Unspeakable(Recorder("framework"), patches), "depth")})
        with pytest.raises(ValueError, match="too deep"):
            Plain().make(-1)
        patches.undo()
        recorded.runtime.finish()
        (span,) = recorded.find("operation")
        assert span.error is not None
        assert span.error.message == "too deep"


def test_what_is_no_iterator_is_a_result(plain: Recorded) -> None:
    """A method that may give items, and gives a list, gives that list; it is the call's output."""
    given = Plain().give(3, as_list=True)
    assert type(given) is list
    plain.runtime.finish()
    (span,) = plain.find("operation")
    assert span.output == given == [0, 1, 2]
