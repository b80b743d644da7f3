"""What is noteworthy about a session, in a terminal: retries, loops, waste, waiting."""

from rich.console import Console
from rich.text import Text

from agentops_dashboard import format as write
from agentops_dashboard.derived import Facts
from agentops_dashboard.terminal.console import safe

__all__ = ["print_findings"]

_MOST_LINES = 5


def print_findings(console: Console, facts: Facts) -> None:
    """Print a line for each finding, nothing where there is none."""
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
