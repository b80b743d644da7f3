"""What is noteworthy about a session, in a terminal: where it failed, retries, loops, waste, waiting."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from agentops.semconv import State
from agentops_dashboard import format as write
from agentops_dashboard.derived import facts_of, last_at_work, root_failure
from agentops_dashboard.reader import Session
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.terminal.console import safe

__all__ = ["print_findings"]

_MOST_LINES = 5


def print_findings(console: Console, session: Session, outline: Outline) -> None:
    """Print a line for each finding, nothing where there is none."""
    for line in _end(session, outline):
        console.print(Text(write.one_line(line, console.width), style="red"))
    facts = facts_of(outline)
    lines = []
    if facts["waiting_ms"]:
        active, waiting = write.duration(facts["active_ms"]), write.duration(facts["waiting_ms"])
        lines.append(f"Active {active}, waiting for people {waiting}.")
    for retry in facts["retries"][:_MOST_LINES]:
        outcome = "succeeded in the end" if retry["succeeded"] else "never succeeded"
        lines.append(f"Retried: {retry['kind']} {safe(retry['name'])}, {retry['attempts']} attempts, {outcome}.")
    for loop in facts["loops"][:_MOST_LINES]:
        by = f" by {safe(loop['agent'])}" if loop["agent"] else ""
        lines.append(f"Loop: {safe(loop['tool'])} called {loop['count']} times with the same arguments{by}.")
    waste = facts["waste"]
    if waste["spans"]:
        cost = f", {write.money(waste['cost'])}" if waste["cost"] is not None else ""
        lines.append(f"Wasted on failed attempts and repetitions: {write.duration(waste['ms'])}{cost}.")
    for line in lines:
        console.print(Text(line, style="yellow"))


def _end(session: Session, outline: Outline) -> Iterator[str]:
    """Where a session failed, or what it was at when it was left."""
    if session["state"] == State.ERROR and (place := root_failure(outline)) is not None:
        row = outline.order[place]
        yield "Failed in " + ": ".join(safe(part) for part in (_name(row), row.error_type, row.error_message) if part)
    elif session["state"] == State.ABANDONED and (place := last_at_work(outline)) is not None:
        yield f"It was at {safe(_name(outline.order[place]))} when it stopped."


def _name(row: Any) -> str:
    return f"{row.kind} {row.tool or row.model or row.agent or row.name}"
