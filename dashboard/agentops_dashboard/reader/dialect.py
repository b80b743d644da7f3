"""Constructs that each engine spells differently; compiled per dialect, always with bound parameters."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, func, literal, not_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnClause, ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from agentops_dashboard.store.words import normal_words

__all__ = ["HasWords", "IntDiv", "JsonText", "Matches", "SpanCount"]


class HasWords(ColumnElement[bool]):
    """True for payload blocks that hold these words in this order.

    Args:
        payload: The table of payload blocks.
        text: The words.
        is_prefix: Whether the last word may go on.
    """

    inherit_cache = False

    def __init__(self, payload: Any, text: str, *, is_prefix: bool) -> None:
        self.payload = payload
        self.text = text
        self.is_prefix = is_prefix


class IntDiv(FunctionElement[int]):
    """``IntDiv(number, divisor)``: the whole part of a quotient of two whole numbers of zero or more."""

    inherit_cache = True
    type = BigInteger()


class Matches(FunctionElement[bool]):
    """True for texts that fit a pattern, whatever the case of their ASCII letters; NULL for NULL.

    Args:
        column: The text.
        before: What texts begin with.
        parts: What comes behind it in this order, with any characters before each.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], before: str, *parts: str) -> None:
        pattern = "%".join(map(_literal, (before, *parts)))
        super().__init__(column, literal(pattern))


class SpanCount(ColumnElement[bool]):
    """Compares how many of a session's spans meet a condition with a number.

    Args:
        count: That number of the session in question, as a subquery of its row.
        each: The sessions that have such spans, as ``select(session_id, count)``.
        session_id: The session in question.
        operator: ``(left, right) -> condition``.
        number: What to compare with.
    """

    inherit_cache = False

    def __init__(
        self,
        *,
        count: ColumnElement[int],
        each: Select[Any],
        session_id: ColumnElement[str],
        operator: Callable[[Any, Any], Any],
        number: int,
    ) -> None:
        self.count = count
        self.each = each
        self.session_id = session_id
        self.operator = operator
        self.number = number


class JsonText(ColumnElement[str]):
    """The text of a member of a JSON object, NULL where there is none.

    Args:
        column: Column with the JSON text.
        path: The member's names, one inside the other.
    """

    inherit_cache = False
    type = String()

    def __init__(self, column: ColumnElement[Any], path: tuple[str, ...]) -> None:
        self.column = column
        self.path = path


@compiles(HasWords, "sqlite")
def _sqlite_has_words(element: HasWords, compiler: Any, **options: Any) -> str:
    phrase = '"' + element.text.replace('"', '""').replace("\0", " ") + '"' + (" *" if element.is_prefix else "")
    bound = _bound(compiler, phrase, options)
    block = compiler.process(element.payload.c.block_id, **options)
    return f"{block} IN (SELECT rowid FROM payload_text WHERE payload_text MATCH {bound})"


@compiles(HasWords, "clickhousedb")
def _clickhouse_has_words(element: HasWords, compiler: Any, **options: Any) -> str:
    phrase = normal_words(element.text)
    if not phrase:
        return "false"
    words = phrase.split()
    # The index finds blocks with all whole words; the text itself tells whether they stand in this order.
    whole = words[:-1] if element.is_prefix else words
    column = compiler.process(ColumnClause("words", String(), _selectable=element.payload), **options)
    parts = []
    if whole:
        parts.append(f"hasAllTokens({column}, {_bound(compiler, ' '.join(whole), options)})")
    if whole != words or len(words) > 1:
        wanted = phrase.rstrip() if element.is_prefix else phrase
        parts.append(f"position({column}, {_bound(compiler, wanted, options)}) > 0")
    return f"({' AND '.join(parts)})"


@compiles(IntDiv, "sqlite")
def _sqlite_int_div(element: IntDiv, compiler: Any, **options: Any) -> str:
    number, divisor = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(({number}) / {divisor})"


@compiles(IntDiv, "clickhousedb")
def _clickhouse_int_div(element: IntDiv, compiler: Any, **options: Any) -> str:
    return f"intDiv({compiler.process(element.clauses, **options)})"


@compiles(Matches, "sqlite")
def _sqlite_matches(element: Matches, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '\\')"


@compiles(Matches, "clickhousedb")
def _clickhouse_matches(element: Matches, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(lower({column}) LIKE {pattern})"


@compiles(SpanCount, "sqlite")
def _sqlite_span_count(element: SpanCount, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.operator(element.count, element.number), **options)})"


@compiles(SpanCount, "clickhousedb")
def _clickhouse_span_count(element: SpanCount, compiler: Any, **options: Any) -> str:
    """Counted for all sessions at once; one without such spans is in no group, so it is told by what 0 would say."""
    grouped = element.each.group_by(element.each.selected_columns[0])
    fits = element.operator(func.count(), element.number)
    zero_fits = element.operator(0, element.number)
    named = grouped.having(not_(fits) if zero_fits else fits).with_only_columns(element.each.selected_columns[0])
    found = element.session_id.not_in(named) if zero_fits else element.session_id.in_(named)
    return f"({compiler.process(found, **options)})"


@compiles(JsonText, "sqlite")
def _sqlite_json_text(element: JsonText, compiler: Any, **options: Any) -> str:
    path = "$" + "".join(f'."{name}"' for name in element.path)
    bound = _bound(compiler, path, options)
    column = compiler.process(element.column, **options)
    kind = f"json_type({column}, {bound})"
    return (
        f"CASE {kind} WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' "
        f"ELSE CAST(json_extract({column}, {bound}) AS TEXT) END"
    )


@compiles(JsonText, "clickhousedb")
def _clickhouse_json_text(element: JsonText, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    path = ", ".join(_bound(compiler, name, options) for name in element.path)
    return (
        f"multiIf(JSONType({column}, {path}) = 'String', JSONExtractString({column}, {path}), "
        f"JSONType({column}, {path}) = 'Null', NULL, JSONExtractRaw({column}, {path}))"
    )


def _bound(compiler: Any, value: str, options: dict[str, Any]) -> str:
    return str(compiler.process(bindparam(None, value, type_=String()), **options))


def _literal(text: str) -> str:
    """A text as LIKE has it, with the backslash as its escape; in lower case, which it means both cases by."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "".join(char.lower() if char.isascii() else char for char in escaped)
