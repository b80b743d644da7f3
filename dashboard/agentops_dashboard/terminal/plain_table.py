"""Rows of text in a terminal."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentops_dashboard.terminal.console import safe

__all__ = ["print_table"]

_WHOLE: Final = 20


def print_table(console: Console, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their titles; a text that is too long for its column goes on in the next line.

    A first column of up to 20 characters stays whole: it names the row, and is what one copies.
    """
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    texts = [[Text(safe(cell)) for cell in row] for row in rows]
    is_short = all(text[0].cell_len <= _WHOLE for text in texts)
    for place, title in enumerate(head):
        table.add_column(title, overflow="fold", no_wrap=place == 0 and is_short)
    for text in texts:
        table.add_row(*text)
    console.print(table)
