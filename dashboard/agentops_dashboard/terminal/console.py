"""Where commands print, and how kinds and states look there."""

import os
import shutil
import sys
from typing import Final

from rich.console import Console
from rich.text import Text

from agentops.semconv import SpanKind, SpanStatus, State
from agentops_dashboard.format import visible

__all__ = ["KIND_STYLES", "STATE_MARKS", "STATUS_MARKS", "open_console", "safe", "state_text"]

_WIDEST = 140

STATE_MARKS: Final = {
    State.SUCCESS: ("✓", "green"),
    State.ERROR: ("✗", "red"),
    State.CANCELLED: ("⊘", "yellow"),
    State.INDETERMINATE: ("?", "yellow"),
    State.RUNNING: ("●", "blue"),
    State.PAUSED: ("◐", "magenta"),
    State.ABANDONED: ("☠", "red"),
}
STATUS_MARKS: Final = {
    SpanStatus.ERROR: ("✗", "red"),
    SpanStatus.CANCELLED: ("⊘", "yellow"),
    SpanStatus.UNFINISHED: ("…", "yellow"),
    SpanStatus.RUNNING: ("●", "blue"),
}
KIND_STYLES: Final = {
    SpanKind.SESSION: "bold", SpanKind.AGENT: "magenta", SpanKind.LLM: "cyan", SpanKind.TOOL: "green",
    SpanKind.TASK: "yellow", SpanKind.RETRIEVER: "blue", SpanKind.EMBEDDING: "blue", SpanKind.GUARDRAIL: "red",
    SpanKind.HANDOFF: "magenta", SpanKind.HUMAN: "yellow", SpanKind.MEMORY: "blue",
}  # fmt: skip


def open_console() -> Console:
    """Return a console as wide as the terminal, at most 140 columns; 80, or ``COLUMNS``, in a pipe."""
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    if not sys.stdout.isatty():
        width = int(os.environ.get("COLUMNS") or 80)
    return Console(width=max(width, 40), highlight=False, soft_wrap=False)


def safe(text: str) -> str:
    """One line that cannot steer the terminal: control characters are shown, not sent."""
    return visible(" ".join(text.split()))


def state_text(state: str) -> Text:
    """A session's state with its mark and colour."""
    mark, style = STATE_MARKS.get(state, ("?", ""))
    return Text(f"{mark} {state}", style=style)
