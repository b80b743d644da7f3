"""What was in vain over many sessions: failed attempts and repeated calls, by what was called and by which agent."""

from typing import TypedDict

from agentops.semconv import SpanKind
from agentops_dashboard.derived.facts import Waste, add_waste
from agentops_dashboard.derived.names import agents_of, called_of
from agentops_dashboard.derived.owners import owners
from agentops_dashboard.derived.repetitions import loops_in, retries_in, wasted_in
from agentops_dashboard.reader.outline import Outline

__all__ = ["WasteSum", "Wasted"]


class Wasted(TypedDict):
    """One tool, model or agent, the agent that called it (None: none), and what it came to.

    ``is_loop``: the same call was repeated; else attempts failed and were made again. ``times`` counts such calls.
    """

    kind: str
    name: str
    agent: str | None
    is_loop: bool
    times: int
    sum: Waste


class WasteSum:
    """Adds up what was in vain, session by session."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str | None, bool], Wasted] = {}

    def add(self, outline: Outline) -> None:
        """Add the waste of one session."""
        owner, kinds = owners(outline), outline.column("kind")
        for place, is_loop in wasted_in(outline, list(retries_in(outline)), list(loops_in(outline))):
            kind = "model" if kinds[place] == SpanKind.LLM else str(kinds[place])
            name = called_of(outline)[place]
            agent = agents_of(outline)[owner[place]] if owner[place] >= 0 else None
            empty: Waste = {"spans": 0, "ms": 0.0, "tokens": None, "cost": None}
            one = self._found.setdefault(
                (kind, name, agent, is_loop),
                {"kind": kind, "name": name, "agent": agent, "is_loop": is_loop, "times": 0, "sum": empty},
            )
            one["times"] += 1
            add_waste(one["sum"], outline, place)

    def most(self) -> list[Wasted]:
        """All of it, the dearest first, then what took longest."""
        return sorted(
            self._found.values(), key=lambda one: (-(one["sum"]["cost"] or 0.0), -one["sum"]["ms"], one["name"])
        )
