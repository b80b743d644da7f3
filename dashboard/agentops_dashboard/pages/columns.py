"""The columns of the session list."""

from dataclasses import dataclass
from typing import Final

__all__ = ["COLUMNS", "Column", "chosen_columns"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``sort`` is the reader's sort key; empty where sorting means nothing."""

    key: str
    label: str
    sort: str = ""
    is_number: bool = False
    is_default: bool = True


COLUMNS: Final = (
    Column("state", "Status"),
    Column("name", "Session"),
    Column("started", "Started", "start_time", True),
    Column("duration", "Duration", "duration", True),
    Column("agents", "Agents", "agents", True),
    Column("llm", "LLM", "llm", True),
    Column("tools", "Tools", "tools", True),
    Column("errors", "Errors", "errors", True),
    Column("tokens", "Tokens", "tokens", True),
    Column("cost", "Cost", "cost", True),
    Column("tags", "Tags"),
    Column("user", "User"),
    Column("output", "Last output", is_default=False),
    Column("environment", "Environment", is_default=False),
    Column("frameworks", "Frameworks", is_default=False),
    Column("spans", "Spans", "spans", True, is_default=False),
    Column("complete", "Complete", is_default=False),
    Column("host", "Host", is_default=False),
    Column("id", "Session id", is_default=False),
)


def chosen_columns(wanted: str) -> list[Column]:
    """The columns named in ``wanted`` (comma-separated, in the table's order), or the default ones."""
    keys = set(wanted.split(",")) if wanted else set()
    chosen = [column for column in COLUMNS if column.key in keys or column.key == "name"]
    return chosen if len(chosen) > 1 else [column for column in COLUMNS if column.is_default]
