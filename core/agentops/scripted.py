"""What the scripted models of the integrations answer: the same script for every framework."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "answer_at"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a model: a text, or tool calls as ``(name, arguments)``. ``seconds`` is how long it takes."""

    text: str = ""
    calls: Sequence[tuple[str, dict[str, Any]]] = field(default=())
    input_tokens: int = 10
    output_tokens: int = 5
    seconds: float = 0.0


def answer_at(script: Sequence[Answer | str | Exception], position: int) -> Answer:
    """Return the answer at a place of a script, where a text stands for the answer that says it.

    Raises:
        Exception: The one that stands there.
        IndexError: The script is at its end.
    """
    answer = script[position]
    if isinstance(answer, Exception):
        raise answer
    return Answer(text=answer) if isinstance(answer, str) else answer
