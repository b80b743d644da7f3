"""Constructs that each engine spells differently; compiled per dialect, always with bound parameters."""

from typing import Any

from sqlalchemy import String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement

__all__ = ["HasWords", "JsonText"]


class HasWords(ColumnElement[bool]):
    """True for payload blocks that hold these words in this order.

    Args:
        block_id: Column with the block's id.
        text: The words.
        is_prefix: Whether the last word may go on.
    """

    inherit_cache = False

    def __init__(self, block_id: ColumnElement[Any], text: str, *, is_prefix: bool) -> None:
        self.block_id = block_id
        self.text = text
        self.is_prefix = is_prefix


class JsonText(ColumnElement[str]):
    """The text of a member of a JSON object, NULL where there is none.

    Args:
        column: Column with the JSON text.
        member: Name of the member, taken as one name; dots are part of it.
        path: The member's names one inside the other, instead of ``member``.
    """

    inherit_cache = False
    type = String()

    def __init__(self, column: ColumnElement[Any], path: tuple[str, ...]) -> None:
        self.column = column
        self.path = path


@compiles(HasWords, "sqlite")
def _sqlite_has_words(element: HasWords, compiler: Any, **options: Any) -> str:
    phrase = '"' + element.text.replace('"', '""').replace("\0", " ") + '"' + (" *" if element.is_prefix else "")
    bound = compiler.process(bindparam(None, phrase, type_=String()), **options)
    block = compiler.process(element.block_id, **options)
    return f"{block} IN (SELECT rowid FROM payload_text WHERE payload_text MATCH {bound})"


@compiles(JsonText, "sqlite")
def _sqlite_json_text(element: JsonText, compiler: Any, **options: Any) -> str:
    path = "$" + "".join(f'."{name}"' for name in element.path)
    bound = compiler.process(bindparam(None, path, type_=String()), **options)
    column = compiler.process(element.column, **options)
    kind = f"json_type({column}, {bound})"
    return (
        f"CASE {kind} WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
        f"ELSE CAST(json_extract({column}, {bound}) AS TEXT) END"
    )
