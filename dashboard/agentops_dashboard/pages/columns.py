"""The columns of the session list: which there are, and which ones an address asks for, in its order and widths."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["COLUMNS", "Column", "chosen_columns", "columns_text", "with_chosen"]

_NARROWEST: Final = 40
_WIDEST: Final = 900


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` in pixels, 0 for auto.

    ``sort`` is the reader's key; empty where sorting means nothing, or no session's row holds what it would sort by.
    ``meaning`` says what the label leaves open.
    """

    key: str
    label: str
    sort: str = ""
    is_number: bool = False
    is_default: bool = True
    width: int = 0
    meaning: str = ""


def _time(key: str, label: str, meaning: str) -> Column:
    return Column(key, label, is_number=True, is_default=False, meaning=meaning)


COLUMNS: Final = (
    Column("bookmark", "Bookmark"),
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
    Column("activity", "Activity", is_default=False),
    Column("output", "Last output", is_default=False),
    Column("score", "Score", is_default=False),
    Column("note", "Note", is_default=False),
    Column("environment", "Environment", is_default=False),
    Column("release", "Release", is_default=False),
    Column("service", "Service", is_default=False),
    Column("frameworks", "Frameworks", is_default=False),
    Column("models", "Models", is_default=False),
    Column("turns", "Turns", "turns", True, is_default=False),
    Column("spans", "Spans", "spans", True, is_default=False),
    _time("llm_p50", "LLM p50", "Half of its model calls took no longer"),
    _time("llm_p95", "LLM p95", "95 of 100 of its model calls took no longer"),
    _time("first_token", "First token", "What its median model call took to its first token"),
    _time("first_output", "First output", "From its start to the first token or answer of a model"),
    Column("last_event", "Last event", "last_time", True, is_default=False, meaning="When it was last heard of"),
    Column("complete", "Complete", is_default=False),
    Column("host", "Host", is_default=False),
    Column("id", "Session id", is_default=False),
)
_BY_KEY: Final = {column.key: column for column in COLUMNS}


def chosen_columns(wanted: str) -> list[Column]:
    """The columns of ``state,name~320,cost``: in that order, ``~`` before a width in pixels. Nothing means the default.

    What makes no sense is passed over; the session's name is always among them, for it is the way in.
    """
    chosen: dict[str, Column] = {}
    for part in wanted.split(","):
        key, _, width = part.partition("~")
        if key in _BY_KEY:
            chosen[key] = replace(_BY_KEY[key], width=_width(width))
    if not chosen.keys() - {"name"}:
        return [column for column in COLUMNS if column.is_default]
    if "name" not in chosen:
        chosen = {"name": _BY_KEY["name"], **chosen}
    return list(chosen.values())


def _width(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(int(text), _NARROWEST), _WIDEST) if is_number else 0


def columns_text(columns: Iterable[Column]) -> str:
    """The columns as the address holds them."""
    return ",".join(f"{column.key}~{column.width}" if column.width else column.key for column in columns)


def with_chosen(wanted: str, keys: Iterable[str]) -> str:
    """Show these columns: those that are shown keep their places and widths, new ones come after them."""
    shown = {column.key: column for column in chosen_columns(wanted)}
    keys = {*keys, "name"}
    kept = [column for key, column in shown.items() if key in keys]
    return columns_text([*kept, *(column for column in COLUMNS if column.key in keys - shown.keys())])
