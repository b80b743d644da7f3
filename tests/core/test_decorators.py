"""Decorators: every kind of callable, recorded once, unchanged for its caller."""

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

import agentops
from agentops.testing import recording
from agentops.testing.conformance import check_tree


def test_every_kind_bare_and_called() -> None:
    """Each decorator gives a span of its kind, named after the function or as told."""
    with recording() as recorded, agentops.start_session("all"):
        for name in ("agent", "task", "operation", "workflow", "chain", "tool", "guardrail"):
            decorate = getattr(agentops, name)

            @decorate
            def bare() -> None: ...

            @decorate(name=f"my {name}", version=2)
            def called() -> None: ...

            bare()
            called()
    lines = recorded.outline().splitlines()[1:]
    assert lines[:4] == ["  agent bare", "  agent my agent", "  task bare", "  task my task"]
    assert len(lines) == 14
    assert recorded.find("agent", "my agent")[0].attributes["agentops.entity.version"] == 2


def test_arguments_are_named_and_the_object_left_out() -> None:
    """Input is the arguments by name, variadic ones too; ``self`` and ``cls`` are not among them."""

    class Desk:
        @agentops.tool
        def ask(self, question: str, *more: str, limit: int = 3, **rest: Any) -> str:
            return question

        @classmethod
        @agentops.tool
        def build(cls, size: int) -> int:
            return size

        @agentops.tool
        @staticmethod
        def check(value: int) -> int:
            return value

    with recording() as recorded:
        Desk().ask("why", "so", limit=1, colour="red")
        Desk.build(4)
        Desk.check(5)
        assert [span.input for span in recorded.find("tool")] == [
            {"question": "why", "more": ["so"], "limit": 1, "colour": "red"},
            {"size": 4},
            {"value": 5},
        ]
    assert [span.output for span in recorded.find("tool")] == ["why", 4, 5]


def test_what_is_mutated_after_the_call_is_recorded_as_it_was() -> None:
    """Input and output are as they were at the call, whatever the program does with them later."""

    @agentops.tool
    def extend(items: list[int]) -> list[int]:
        result = [*items, 3]
        items.append(99)
        return result

    with recording() as recorded:
        given = [1, 2]
        got = extend(given)
        got.append(100)
        span = recorded.find("tool")[0]
    assert span.input == {"items": [1, 2]}
    assert span.output == [1, 2, 3]


def test_signature_and_metadata_are_kept() -> None:
    """A decorated function looks like the function, also to ``inspect``."""

    def plain(a: int, *, b: str = "x") -> str:
        """Say something."""
        return b

    async def coroutine() -> None: ...

    async def stream() -> AsyncGenerator[int, None]:
        yield 1

    assert inspect.signature(agentops.tool(plain)) == inspect.signature(plain)
    assert agentops.tool(plain).__doc__ == "Say something."
    assert inspect.iscoroutinefunction(agentops.tool(coroutine))
    assert inspect.isasyncgenfunction(agentops.tool(stream))


def test_coroutines_and_nesting() -> None:
    """Concurrent children of a coroutine are its children."""

    @agentops.tool
    async def fetch(n: int) -> int:
        await asyncio.sleep(0)
        return n

    @agentops.agent
    async def gather() -> list[int]:
        return await asyncio.gather(fetch(1), fetch(2))

    with recording() as recorded:
        assert asyncio.run(gather()) == [1, 2]
    check_tree(recorded)
    assert recorded.outline() == "session default\n  agent gather\n    tool fetch\n    tool fetch"


def test_generator_is_current_only_while_it_runs() -> None:
    """What a consumer does between two items is not the generator's child, and what the generator does is."""
    inner = agentops.operation(name="inner")(lambda: None)
    outer = agentops.operation(name="outer")(lambda: None)

    @agentops.operation
    def numbers() -> Generator[int, str, str]:
        inner()
        got = yield 1
        inner()
        yield len(got)
        return "done"

    with recording() as recorded:
        running = numbers()
        assert next(running) == 1
        outer()
        assert running.send("four") == 4
        with pytest.raises(StopIteration) as stop:
            next(running)
    assert stop.value.value == "done"
    check_tree(recorded)
    assert recorded.outline() == (
        "session default\n  operation numbers\n    operation inner\n    operation inner\n  operation outer"
    )
    assert recorded.find(name="numbers")[0].output == {"items": [1, 4], "return": "done"}


def test_generator_closed_early_thrown_into_and_never_iterated() -> None:
    """An early close ends the span, a thrown exception reaches the generator, and what never ran is not recorded."""

    @agentops.operation
    def numbers() -> Generator[int, None, None]:
        try:
            yield 1
            yield 2
        except KeyError:
            yield -1

    with recording() as recorded:
        early = numbers()
        next(early)
        early.close()
        numbers()
        thrown = numbers()
        next(thrown)
        assert thrown.throw(KeyError("x")) == -1
        with pytest.raises(ValueError, match="boom"):
            thrown.throw(ValueError("boom"))
        agentops.operation(name="after")(lambda: None)()
    check_tree(recorded)
    assert recorded.outline() == (
        "session default\n  operation numbers\n  operation numbers [error ValueError]\n  operation after"
    )
    assert recorded.find(name="numbers")[0].attributes["agentops.span.closed_early"] is True


def test_async_generator_closed_early_and_failing() -> None:
    """Async generators end exactly once and leave nothing current behind, whichever way they end."""

    @agentops.operation
    async def numbers(*, fails: bool = False) -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.sleep(0)
        if fails:
            raise ValueError("boom")
        yield 2

    async def main() -> None:
        async for _ in numbers():
            break
        assert [item async for item in numbers()] == [1, 2]
        early = numbers()
        await anext(early)
        await early.aclose()
        with pytest.raises(ValueError, match="boom"):
            _ = [item async for item in numbers(fails=True)]
        assert agentops.current_span() is None

    with recording() as recorded:
        asyncio.run(main())
    check_tree(recorded)
    assert recorded.outline().count("operation numbers") == 4
    assert recorded.outline().endswith("operation numbers [error ValueError]")


def test_class_records_its_public_methods_and_objects_do_not_nest() -> None:
    """Two objects of an agent class are siblings; making them records nothing; private methods are left alone."""

    @agentops.agent
    class Planner:
        def __init__(self, name: str) -> None:
            self.name = name

        def plan(self) -> str:
            return self._think()

        def _think(self) -> str:
            return self.name

        async def review(self) -> str:
            return self.name

    with recording() as recorded:
        one, two = Planner("one"), Planner("two")
        assert (one.plan(), two.plan(), asyncio.run(one.review())) == ("one", "two", "one")
        assert isinstance(one, Planner)
    assert recorded.outline() == ("session default\n  agent Planner.plan\n  agent Planner.plan\n  agent Planner.review")


def test_callable_objects_and_partials() -> None:
    """What is callable can be decorated."""

    class Adder:
        def __call__(self, a: int) -> int:
            return a + 1

    with recording() as recorded:
        assert agentops.tool(Adder())(1) == 2
        assert agentops.tool(name="part")(functools.partial(pow, 2))(3) == 8
    assert recorded.outline() == "session default\n  tool Adder\n  tool part"


def test_stacked_decorators_nest() -> None:
    """Each decorator of a stack records its own span."""

    @agentops.agent(name="outer")
    @agentops.task(name="inner")
    def work() -> None: ...

    with recording() as recorded:
        work()
    assert recorded.outline() == "session default\n  agent outer\n    task inner"


def test_the_same_exception_through_three_spans_has_one_stack() -> None:
    """Each span that an exception passes is marked; the stack is kept where it was first seen."""
    error = ValueError("boom")

    @agentops.tool
    def fail() -> None:
        raise error

    @agentops.agent
    def middle() -> None:
        fail()

    with recording() as recorded, pytest.raises(ValueError, match="boom") as caught, agentops.start_session("one"):
        middle()
    assert caught.value is error
    assert (
        recorded.outline()
        == "session one [error ValueError]\n  agent middle [error ValueError]\n    tool fail [error ValueError]"
    )
    stacks = [span.error.stack for span in recorded.spans if span.error is not None]
    assert [stack is not None for stack in stacks] == [False, False, True]
    assert "raise error" in str(stacks[2])


def test_capture_can_be_switched_off_per_function_and_for_all() -> None:
    """``capture_request``, ``capture_response`` and the content mode leave content out, and nothing else."""

    @agentops.tool(capture_request=False)
    def secret(value: str) -> str:
        return value

    @agentops.tool(capture_response=False)
    def result(value: str) -> str:
        return value

    with recording() as recorded:
        secret("a")
        result("b")
        spans = recorded.find("tool")
    assert [(span.input, span.output) for span in spans] == [(None, "a"), ({"value": "b"}, None)]
    with recording(capture_content="metadata_only") as recorded:
        result("b")
    assert recorded.outline() == "session default\n  tool result"
    assert recorded.find("tool")[0].attributes == {}


def test_disabled_calls_run_as_if_undecorated() -> None:
    """With recording disabled every shape still works and nothing is recorded."""

    @agentops.operation
    def numbers() -> Generator[int, None, None]:
        yield 1

    @agentops.session
    async def answer() -> int:
        return sum(numbers())

    with recording(disabled=True) as recorded:
        assert asyncio.run(answer()) == 1
    assert recorded.spans == []


def test_what_cannot_be_decorated_is_refused() -> None:
    """A name in the place of the function is answered with what to write."""
    with pytest.raises(agentops.ConfigurationError, match="not 'planner'; use @agent"):
        agentops.agent("planner")  # type: ignore[call-overload]


@pytest.mark.parametrize("decorator", [agentops.tool, agentops.session, agentops.track_endpoint])
def test_an_unknown_option_is_answered_with_the_known_ones(decorator: Any) -> None:
    """Where it is written, not where the function is called."""
    with pytest.raises(agentops.ConfigurationError, match="no option 'nmae'; known are: name, version"):
        decorator(nmae="x")
