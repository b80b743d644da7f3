"""What commands write: a table for people, or JSON for programs."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["terminal_width", "write_json", "write_line", "write_table", "write_wrapped"]

_GAP = "  "
_LEAST_LAST = 20


def terminal_width() -> int:
    """How many columns the terminal has; 80, or ``COLUMNS``, in a pipe."""
    return shutil.get_terminal_size((80, 24)).columns


def write_line(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def write_json(value: object) -> None:
    """Write a value as indented JSON."""
    write_line(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def write_wrapped(text: str, indent: str = "") -> None:
    """Write text in lines that fit; those after the first begin with ``indent``."""
    for line in textwrap.wrap(text, terminal_width(), subsequent_indent=indent, break_on_hyphens=False) or [""]:
        write_line(line)


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write columns, each as wide as its widest cell; the last one goes on in the next line where it is too long."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head) - 1)]
    left = sum(widths) + len(_GAP) * len(widths)
    room = max(terminal_width() - left, _LEAST_LAST)
    for *cells, last in lines:
        lead = "".join(cell.ljust(width) + _GAP for cell, width in zip(cells, widths, strict=True))
        for part in textwrap.wrap(last, room, break_on_hyphens=False) or [""]:
            write_line((lead + part).rstrip())
            lead = " " * left
