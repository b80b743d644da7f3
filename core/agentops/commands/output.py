"""What commands write: a table for people, or JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence

__all__ = ["write_json", "write_line", "write_table"]


def write_line(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def write_json(value: object) -> None:
    """Write a value as indented JSON."""
    write_line(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write columns, each as wide as its widest cell; the last one as long as it is."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    for line in lines:
        write_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
