"""Recording the methods of a framework's classes, and of those that derive from them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import agentops
from agentops import Recorder, Span
from agentops.families import patch_family
from agentops.method_calls import Call, Recording, recorded_coroutine, recorded_stream
from agentops.patches import Patches
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
