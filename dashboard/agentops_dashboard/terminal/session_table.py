"""The list of sessions in a terminal."""

from datetime import datetime, timezone

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_dashboard import format as write
from agentops_dashboard.reader import Session, SessionPage
from agentops_dashboard.terminal.console import safe, state_text

__all__ = ["print_sessions", "short_id"]

_SHORT = 8


def short_id(session_id: str) -> str:
    """The end of an id: enough to name a session, where the beginning is the time and looks alike."""
    return session_id if len(session_id) <= 12 else session_id[-_SHORT:]


def print_sessions(console: Console, page: SessionPage) -> None:
    """Print a page of the list: one line per session, the totals below."""
    is_wide = console.width >= 100
    # Where room is scarce it is the names' that counts.
    table = Table(
        box=None, padding=(0, 1), pad_edge=False, header_style="dim", expand=True, collapse_padding=not is_wide
    )
    table.add_column("ID", no_wrap=True, style="dim")
    table.add_column("STATE", no_wrap=True)
    table.add_column("NAME", no_wrap=True, ratio=1, overflow="ellipsis")
    table.add_column("STARTED", no_wrap=True)
    for title in ("TIME", "LLM", "TOOL", "ERR", "TOKENS", "COST") if is_wide else ("TIME", "ERR", "TOKENS", "COST"):
        table.add_column(title, no_wrap=True, justify="right")
    if is_wide:
        table.add_column("TAGS", no_wrap=True, overflow="ellipsis", max_width=26)
    for session in page["sessions"]:
        table.add_row(*_cells(session, is_wide=is_wide))
    console.print(table)
    shown, total = len(page["sessions"]), page["total"]
    if shown < total:
        console.print(f"{shown} of {write.full_count(total)} sessions; more with --limit", style="dim")


def _cells(session: Session, *, is_wide: bool) -> list[Text]:
    counts, tokens, cost = session["counts"], session["tokens"], session["cost"]
    name = Text(safe(session["name"]), style="bold")
    if session["first_input"]:
        name.append("  " + safe(session["first_input"]), style="not bold dim")
    started = write.relative_time(datetime.fromtimestamp(session["start_ns"] / 1e9, timezone.utc))
    calls = [Text(str(counts["llm"] or "")), Text(str(counts["tools"] or ""))]
    return [
        Text(short_id(session["id"])),
        state_text(session["state"]),
        name,
        Text(started.removesuffix(" ago")),
        Text(write.duration(session["duration_ms"])),
        *(calls if is_wide else ()),
        Text(str(counts["errors"] or ""), style="red"),
        Text(write.count(tokens["total"] if tokens else None)),
        Text(write.money(cost["amount"] if cost else None)),
        *([Text(safe(" ".join(session["tags"])), style="dim")] if is_wide else ()),
    ]
