"""Rows of text in a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_dashboard.terminal.console import safe

__all__ = ["print_table"]


def print_table(console: Console, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their titles; a text that is too long for its column goes on in the next line."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    console.print(table)
