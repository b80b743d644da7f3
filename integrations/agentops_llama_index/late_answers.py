"""Engines that stream: they return before they ask their model, which is asked when the answer is first read.

LlamaIndex takes such a call for the reader's own. The reader is inside the answer's generator then, which is what the
engine has returned.
"""

import sys
from types import AsyncGeneratorType, FrameType, GeneratorType
from typing import Any
from weakref import WeakKeyDictionary

from agentops import Span

__all__ = ["LateAnswers"]


class LateAnswers:
    """The answers that are yet to be read."""

    def __init__(self) -> None:
        self._engines: WeakKeyDictionary[Any, Span] = WeakKeyDictionary()

    def expect(self, response: Any, engine: Span) -> None:
        """Take note of what an engine returned, if it is an answer of this sort."""
        answer = getattr(response, "__dict__", {}).get("response_gen")
        if isinstance(answer, (GeneratorType, AsyncGeneratorType)):
            self._engines[answer] = engine

    def current(self) -> Span | None:
        """Return the span of the engine whose answer is being read where this is called."""
        if not self._engines:
            return None
        engines = {id(_frame(answer)): engine for answer, engine in list(self._engines.items())}
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if id(frame) in engines:
                return engines[id(frame)]
            frame = frame.f_back
        return None


def _frame(answer: Any) -> FrameType | None:
    """Return a generator's frame, which is on the stack of whoever reads it; None if it is at its end."""
    frame: FrameType | None = answer.ag_frame if isinstance(answer, AsyncGeneratorType) else answer.gi_frame
    return frame
