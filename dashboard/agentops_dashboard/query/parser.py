r"""Text to tree.

Grammar, lowest precedence first (``and`` may be left out)::

    query     = [ or ]
    or        = and { "or" and }
    and       = not { [ "and" ] not }
    not       = { "-" | "not" } atom
    atom      = "(" or ")" | aggregate | term | text
    aggregate = "any(" or ")" | "count(" [ or | kind ] ")" operator number
    term      = key ":" ( [ operator ] value | "(" value { "or" value } ")" )
    operator  = ">" | ">=" | "<" | "<=" | "="
    text      = word | quoted

A value or word is quoted with ``"`` when it holds blanks, quotes or parentheses; ``\"`` and ``\\`` inside quotes.
"""

import re
import time
from collections.abc import Sequence

from agentops.semconv import SPAN_KINDS
from agentops_dashboard.query.ast import Aggregate, And, Node, Not, Or, Term, Text, Value
from agentops_dashboard.query.error import QueryError
from agentops_dashboard.query.fields import SESSION_FIELDS, SPAN_FIELDS, Field, by_name, find, nearest, read_value

__all__ = ["parse"]

_LENGTH_LIMIT, _DEPTH_LIMIT, _TERM_LIMIT = 4000, 20, 100
_SESSION, _SPAN = by_name(SESSION_FIELDS), by_name(SPAN_FIELDS)
_BLANK = re.compile(r"\s*")
_KEY = re.compile(r"([A-Za-z_][\w.\-]*):")
_AGGREGATE = re.compile(r"(any|count)\(", re.IGNORECASE)
_WORD = re.compile(r"""[^\s()"]+""")
_LIST_WORD = re.compile(r"""[^\s(),"]+""")
_OPERATOR = re.compile(r">=|<=|>|<|=")
_LOGIC = re.compile(r"(and|or|not)(?=[\s(\")]|$)", re.IGNORECASE)


def parse(text: str, now_ns: int | None = None) -> And:
    """Parse a query.

    Args:
        text: What the user wrote; empty fits everything.
        now_ns: What relative times count from; the clock by default.

    Raises:
        QueryError: With the position of the error and, where there is one, a suggestion.
    """
    if len(text) > _LENGTH_LIMIT:
        raise QueryError(f"A query has at most {_LENGTH_LIMIT} characters, this one {len(text)}.", _LENGTH_LIMIT)
    parser = _Parser(text, time.time_ns() if now_ns is None else now_ns)
    return parser.whole()


class _Parser:
    def __init__(self, text: str, now_ns: int) -> None:
        self._text = text
        self._at = 0
        self._now_ns = now_ns
        self._fields = _SESSION
        self._depth = 0
        self._terms = 0

    def whole(self) -> And:
        self._skip()
        if self._at == len(self._text):
            return And(())
        node = self._or()
        if self._at < len(self._text):
            raise QueryError("There is a closing parenthesis too many.", self._at)
        return node if isinstance(node, And) else And((node,))

    def _skip(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _logic(self, word: str) -> bool:
        """Take a logic word if it stands here."""
        match = _LOGIC.match(self._text, self._at)
        if match is None or match[1].lower() != word:
            return False
        self._at = match.end()
        self._skip()
        return True

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise QueryError(f"Parentheses go at most {_DEPTH_LIMIT} deep.", self._at)
        parts = [self._and()]
        while self._logic("or"):
            parts.append(self._and())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while True:
            self._skip()
            if self._logic("and"):
                parts.append(self._not())
            elif self._peek() in ("", ")") or self._at_or():
                break
            else:
                parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _at_or(self) -> bool:
        match = _LOGIC.match(self._text, self._at)
        return match is not None and match[1].lower() == "or"

    def _not(self) -> Node:
        is_negated = False
        while True:
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2].strip():
                self._at += 1
            elif not self._logic("not"):
                break
            is_negated = not is_negated
        node = self._atom()
        return Not(node) if is_negated else node

    def _atom(self) -> Node:
        self._terms += 1
        if self._terms > _TERM_LIMIT:
            raise QueryError(f"A query has at most {_TERM_LIMIT} terms.", self._at)
        if self._peek() in ("", ")") or _LOGIC.match(self._text, self._at):
            raise QueryError("Here a condition is missing.", self._at)
        if self._peek() == "(":
            return self._parenthesis()
        aggregate = _AGGREGATE.match(self._text, self._at)
        if aggregate:
            return self._aggregate(aggregate[1].lower(), aggregate.end())
        key = _KEY.match(self._text, self._at)
        if key:
            return self._term(key)
        return self._free_text()

    def _parenthesis(self) -> Node:
        opened = self._at
        self._at += 1
        self._skip()
        node = self._or()
        self._close(opened)
        return node

    def _close(self, opened: int) -> None:
        self._skip()
        if self._peek() != ")":
            raise QueryError("This parenthesis is not closed.", opened)
        self._at += 1
        self._skip()

    def _aggregate(self, name: str, inside: int) -> Aggregate:
        opened = self._at
        if self._fields is _SPAN:
            raise QueryError(f"{name}() cannot stand inside any() or count().", opened, len(name))
        self._at = inside
        self._skip()
        self._fields = _SPAN
        inner = None if name == "count" and self._peek() == ")" else self._kind() or self._or()
        self._fields = _SESSION
        self._close(inside - 1)
        if name == "any":
            return Aggregate(inner, ">=", 1)
        operator = _OPERATOR.match(self._text, self._at)
        if operator is None:
            raise QueryError("count(…) needs a comparison such as >20 behind it.", self._at)
        self._at = operator.end()
        self._skip()
        position = self._at
        word, _ = self._value()
        if not word.isdigit() or len(word) > 9:
            raise QueryError(f"count(…) is compared with a whole number, not {word!r}.", position, len(word))
        return Aggregate(inner, operator[0], int(word))

    def _kind(self) -> Node | None:
        """``count(llm)``: a bare kind."""
        match = re.compile(r"(\w+)\s*\)").match(self._text, self._at)
        if match is None or match[1].lower() not in SPAN_KINDS:
            return None
        self._at = match.end(1)
        return Term("kind", None, "=", (match[1].lower(),), (False,))

    def _term(self, key: "re.Match[str]") -> Term:
        found = find(key[1], self._fields)
        if found is None:
            raise self._unknown_key(key)
        field, member = found
        self._at = key.end()
        operator = _OPERATOR.match(self._text, self._at)
        sign = operator[0] if operator else "="
        if operator:
            self._at = operator.end()
            if field.kind in ("text", "choice") and sign != "=":
                raise QueryError(f"{field.name} cannot be compared with {sign}.", operator.start(), len(sign))
        pairs = self._list(field) if self._peek() == "(" and not operator else [self._read(field)]
        self._skip()
        values, patterns = zip(*pairs, strict=True)
        return Term(field.name, member, sign, values, patterns)

    def _unknown_key(self, key: "re.Match[str]") -> QueryError:
        members = [field.name for field in self._fields.values() if field.has_members and field.name == key[1].lower()]
        if members:
            return QueryError(f"{key[1]} needs a name behind it: {key[1]}.region:eu", key.start(1), len(key[1]))
        near = nearest(key[1], self._fields)
        hint = f"Did you mean {near!r}?" if near else f'To search for the text, quote it: "{key[0]}…"'
        return QueryError(f"There is no key {key[1]!r}. {hint}", key.start(1), len(key[1]), near)

    def _list(self, field: Field) -> Sequence[tuple[Value, bool]]:
        opened = self._at
        self._at += 1
        pairs = []
        while True:
            self._skip()
            pairs.append(self._read(field, _LIST_WORD))
            self._skip()
            if self._peek() == ",":
                self._at += 1
            elif not self._logic("or"):
                break
        self._close(opened)
        return pairs

    def _read(self, field: Field, pattern: "re.Pattern[str]" = _WORD) -> tuple[Value, bool]:
        position = self._at
        word, is_quoted = self._value(pattern)
        value = read_value(field, word, position, self._now_ns)
        return value, field.kind == "text" and not is_quoted and "*" in word

    def _value(self, pattern: "re.Pattern[str]" = _WORD) -> tuple[str, bool]:
        if self._peek() == '"':
            return self._quoted(), True
        match = pattern.match(self._text, self._at)
        if match is None:
            raise QueryError("Here a value is missing.", self._at)
        self._at = match.end()
        return match[0], False

    def _quoted(self) -> str:
        opened = self._at
        result: list[str] = []
        index = opened + 1
        while index < len(self._text):
            character = self._text[index]
            if character == '"':
                self._at = index + 1
                self._skip_if_blank()
                return "".join(result)
            if character == "\\" and index + 1 < len(self._text):
                index += 1
                character = self._text[index]
            result.append(character)
            index += 1
        raise QueryError("This quotation is not closed.", opened)

    def _skip_if_blank(self) -> None:
        if self._peek().isspace():
            self._skip()

    def _free_text(self) -> Text:
        position = self._at
        word, is_quoted = self._value()
        self._skip()
        is_prefix = not is_quoted and word.endswith("*")
        text = word.rstrip("*") if is_prefix else word
        if not text.strip():
            raise QueryError("Here a word is missing.", position, len(word))
        return Text(text, is_prefix)
