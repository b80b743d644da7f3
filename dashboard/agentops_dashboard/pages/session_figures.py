"""The numbers in the list's rows, written here so that the template only prints them.

A call from the template for each number of fifty rows would be half of what the page costs.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from agentops_dashboard.derived.model_calls import CallTimes, ModelUse
from agentops_dashboard.format import UNKNOWN, count, duration, full_count, full_money, money
from agentops_dashboard.reader import Session

__all__ = ["TIMES", "Figure", "Figures", "ModelCell", "figures", "model_cells"]

TIMES: Final = frozenset({"llm_p50", "llm_p95", "first_token", "first_output"})
"""Columns of which spans have to be read."""


class Figure(NamedTuple):
    """One number as it is written.

    Attributes:
        text: For the cell.
        title: The same number in full, or what it is made of; empty for none.
        is_faint: Nothing, or unknown.
        share: Of the largest one on the page, in per cent; empty for no bar.
        tone: The bar's colour.
        note: Why there is more than the number says; empty when it says all.
    """

    text: str
    title: str
    is_faint: bool
    share: str = ""
    tone: str = ""
    note: str = ""


Figures = dict[str, Figure | None]
"""By column. None where nothing is known."""


def figures(
    sessions: list[Session], columns: Collection[str], times: Mapping[str, CallTimes] | None = None
) -> list[Figures]:
    """The figures of each session in those of the columns that are numbers; ``times`` are needed for ``TIMES``."""
    writers = [(key, write) for key, write in _WRITERS.items() if key in columns]
    most = _most(sessions)
    found = [{key: write(session, most) for key, write in writers} for session in sessions]
    for key in TIMES & set(columns):
        for session, row in zip(sessions, found, strict=True):
            row[key] = _time((times or {}).get(session["id"]), f"{key}_ms")
    return found


class ModelCell(NamedTuple):
    """The names of a session's models, and a line for each with the number of its calls."""

    text: str
    title: str


def model_cells(uses: Mapping[str, ModelUse]) -> dict[str, ModelCell]:
    """What the column of models shows of each session, by id."""
    return {session_id: ModelCell(", ".join(use.names), _calls(use)) for session_id, use in uses.items()}


def _calls(use: ModelUse) -> str:
    lines = [f"{name}: {full_count(calls)} {'call' if calls == 1 else 'calls'}" for name, calls in use.calls]
    unnamed = use.count - len(use.calls)
    return "\n".join([*lines, f"and {full_count(unnamed)} more"] if unnamed else lines)


class _Most(NamedTuple):
    """The largest values among the rows, which their small bars are measured against."""

    duration: float
    tokens: float
    cost: float


def _most(sessions: list[Session]) -> _Most:
    return _Most(
        duration=max((s["duration_ms"] or 0 for s in sessions), default=0),
        tokens=max(((s["tokens"]["total"] or 0) if s["tokens"] else 0 for s in sessions), default=0),
        cost=max((s["cost"]["amount"] if s["cost"] else 0 for s in sessions), default=0),
    )


def _share(value: float | None, most: float) -> str:
    return f"{value / most * 100:.2f}" if value and most else ""


def _count(number: int) -> Figure:
    return Figure(count(number), full_count(number), is_faint=not number)


def _duration(session: Session, most: _Most) -> Figure:
    value = session["duration_ms"]
    title = "" if value is None else f"{value:,.3f} ms"
    return Figure(duration(value), title, value is None, _share(value, most.duration), "session")


def _time(times: CallTimes | None, name: str) -> Figure | None:
    if times is None:
        return Figure(UNKNOWN, "Too many spans to be read for a row; its page tells", is_faint=True)
    value = getattr(times, name)
    return None if value is None else Figure(duration(value), f"{value:,.3f} ms", is_faint=False)


def _tokens(session: Session, most: _Most) -> Figure | None:
    tokens = session["tokens"]
    if tokens is None:
        return None
    total = tokens["total"]
    parts = (
        ("input", tokens["input"]), ("cached", tokens["cached"]), ("cache write", tokens["cache_write"]),
        ("output", tokens["output"]), ("reasoning", tokens["reasoning"]),
    )  # fmt: skip
    title = "\n".join(f"{name} {full_count(number)}" for name, number in parts)
    return Figure(count(total), title, not total, _share(total, most.tokens), "llm")


def _cost(session: Session, most: _Most) -> Figure | None:
    if session["cost"] is None:
        return None
    amount, unpriced = session["cost"]["amount"], session["unpriced_calls"]
    note = ""
    if unpriced:
        has, is_ = ("call has", "is") if unpriced == 1 else ("calls have", "are")
        note = f"At least: {unpriced} {has} no known price and {is_} not in the sum"
    return Figure(money(amount), full_money(amount), not amount, _share(amount, most.cost), "tool", note)


_WRITERS: Final[dict[str, Callable[[Session, _Most], Figure | None]]] = {
    "duration": _duration,
    "agents": lambda session, _: _count(session["counts"]["agents"]),
    "llm": lambda session, _: _count(session["counts"]["llm"]),
    "tools": lambda session, _: _count(session["counts"]["tools"]),
    "spans": lambda session, _: _count(session["counts"]["spans"]),
    "turns": lambda session, _: _count(session["turns"]),
    "tokens": _tokens,
    "cost": _cost,
}
