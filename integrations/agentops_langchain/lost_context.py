"""Finding the run around where asyncio has lost LangChain's context: on Python 3.10.

There a task cannot be given a context, so LangChain's own variable does not reach what nodes and tools await: a model
call comes without a parent, or with one too far out
(https://docs.langchain.com/oss/python/langgraph/streaming, "Async with Python < 3.11"). Our handler runs in the task
that goes on with the node's body, so a variable that it sets does reach it.
"""

import asyncio
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agentops_langchain.runs import Run, Runs

__all__ = ["enter", "innermost"]

_IS_LOST: Final = sys.version_info < (3, 11)
_current: "ContextVar[Run | None]" = ContextVar("agentops_langchain_run", default=None)


def enter(run: "Run") -> None:
    """Note a node or tool whose body the calling task is about to run."""
    if _IS_LOST and asyncio._get_running_loop() is not None:
        _current.set(run)


def innermost(runs: "Runs", given: "Run | None") -> "Run | None":
    """Return the run around: the one that LangChain has given, or one inside of it that we know to be running here."""
    if not _IS_LOST:
        return given
    inner = _current.get()
    while inner is not None and inner.id not in runs:
        inner = inner.parent
    outer = inner
    while outer is not None and outer is not given:
        outer = outer.parent
    return inner if outer is given else given
