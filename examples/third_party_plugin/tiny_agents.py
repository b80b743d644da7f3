"""A framework of fifty lines, such as somebody else has written: agents, tools, and listeners that hear of both."""

import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

__version__ = "2.1"

listeners: list[Any] = []
_ids = itertools.count(1)


def _tell(event: str, *details: object) -> None:
    for listener in listeners:
        getattr(listener, event)(*details)


def _traced(kind: str, name: str, parent: int | None, given: object, work: Callable[[int], Any]) -> Any:
    run = next(_ids)
    _tell("started", run, parent, kind, name, given)
    try:
        result = work(run)
    except Exception as error:
        _tell("failed", run, error)
        raise
    _tell("finished", run, result)
    return result


class Agent:
    """Asks a model which tool to use, uses it, and asks for the answer."""

    def __init__(self, name: str, model: Callable[[str], str], tools: dict[str, Callable[[str], str]]) -> None:
        self.name = name
        self.model = model
        self.tools = tools

    def run(self, question: str) -> str:
        """Answer a question."""
        return _traced("agent", self.name, None, question, lambda run: self._work(run, question))  # type: ignore[no-any-return]

    async def arun(self, question: str) -> str:
        """Answer a question, asynchronously."""
        return self.run(question)

    async def stream(self, question: str) -> AsyncIterator[str]:
        """Answer a question, word by word."""
        for word in self.run(question).split():
            yield word

    def _work(self, run: int, question: str) -> str:
        choice = _traced("model", "tiny-1", run, question, lambda _: self.model(question))
        found = _traced("tool", choice, run, question, lambda _: self.tools[choice](question))
        return _traced("model", "tiny-1", run, found, lambda _: self.model(found))  # type: ignore[no-any-return]
