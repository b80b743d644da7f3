"""What is decorated keeps its type: parameters, result, and what it is (coroutine, generator, class)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from typing_extensions import assert_type

from agentops.sdk.decorators import agent, chain, guardrail, operation, session, task, tool, trace, workflow


@session
def bare(question: str, *, limit: int = 3) -> list[str]:
    return [question] * limit


@session(name="support", tags=["production"])
def called(question: str) -> list[str]:
    return bare(question, limit=1)


@tool(name="search")
async def search(query: str) -> dict[str, int]:
    return {query: 1}


@task
def count() -> Iterator[int]:
    yield 1


@operation(name="stream")
async def stream() -> AsyncIterator[str]:
    yield "a"


@agent(name="planner")
class Planner:
    def __init__(self, model: str) -> None:
        self.model = model

    @operation
    def plan(self, goal: str) -> tuple[str, ...]:
        return (goal, self.model)

    @workflow
    @classmethod
    def make(cls, model: str) -> "Planner":
        return cls(model)

    @chain
    @staticmethod
    def shorten(text: str) -> str:
        return text[:10]


@guardrail(spec="input")
def check(text: str) -> bool:
    return bool(text)


@trace
def run() -> None: ...


async def use() -> None:
    assert_type(bare("?", limit=2), list[str])
    assert_type(called("?"), list[str])
    assert_type(await search("q"), dict[str, int])
    for number in count():
        assert_type(number, int)
    async for part in stream():
        assert_type(part, str)
    planner = Planner("m")
    assert_type(planner, Planner)
    assert_type(planner.model, str)
    assert_type(planner.plan("goal"), tuple[str, ...])
    assert_type(Planner.make("m"), Planner)
    assert_type(Planner.shorten("text"), str)
    assert_type(check("text"), bool)
    run()


def pass_on(function: Callable[[str], Awaitable[dict[str, int]]]) -> None: ...


pass_on(search)
