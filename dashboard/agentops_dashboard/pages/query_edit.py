"""Adding and taking away terms of a query, as facets and chips do. Understanding a query is the reader's business."""

import re
from typing import Final

__all__ = ["add_term", "chosen_values", "quote_value", "remove_term", "split_terms", "term", "toggle_value"]

_PLAIN: Final = re.compile(r"[\w.@/+:-]+")


def split_terms(query: str) -> list[str]:
    """The query's terms in order; quotes and parentheses keep a term together."""
    terms: list[str] = []
    current: list[str] = []
    depth, in_quotes = 0, False
    for position, char in enumerate(query):
        if char == '"' and (position == 0 or query[position - 1] != "\\"):
            in_quotes = not in_quotes
        elif not in_quotes and char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
        if char.isspace() and not in_quotes and depth == 0:
            if current:
                terms.append("".join(current))
                current = []
        else:
            current.append(char)
    if current:
        terms.append("".join(current))
    return terms


def quote_value(value: str) -> str:
    """The value as the query language takes it: quoted unless it is a plain word."""
    if _PLAIN.fullmatch(value) and value not in ("OR", "AND", "NOT") and not value.startswith("-"):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term(key: str, value: str, *, is_excluded: bool = False) -> str:
    """``key:value``, or ``-key:value``."""
    return f"{'-' if is_excluded else ''}{key}:{quote_value(value)}"


def add_term(query: str, wanted: str) -> str:
    """The query with one more term, unless it is there."""
    terms = split_terms(query)
    return " ".join(terms if wanted in terms else [*terms, wanted])


def remove_term(query: str, unwanted: str) -> str:
    """The query without one of its terms."""
    return " ".join(word for word in split_terms(query) if word != unwanted)


def chosen_values(query: str, key: str) -> set[str]:
    """The values that the query asks for under a key, from ``key:a`` and ``key:(a OR b)`` alike."""
    return {value for word in split_terms(query) if word.startswith(key + ":") for value in _values(word, key)}


def _values(word: str, key: str) -> list[str]:
    text = word[len(key) + 1 :]
    if text.startswith("(") and text.endswith(")"):
        return [_unquote(part) for part in split_terms(text[1:-1]) if part != "OR"]
    return [_unquote(text)]


def _unquote(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text


def toggle_value(query: str, key: str, value: str) -> str:
    """Choose a value of a key, or give it up if it is chosen; several values of one key mean any of them."""
    terms = split_terms(query)
    mine = [word for word in terms if word.startswith(key + ":")]
    others = [word for word in terms if word not in mine]
    values = list(dict.fromkeys(chosen for word in mine for chosen in _values(word, key)))
    values = [chosen for chosen in values if chosen != value] if value in values else [*values, value]
    if not values:
        return " ".join(others)
    joined = values[0] if len(values) == 1 else " OR ".join(map(quote_value, values))
    return " ".join([*others, term(key, joined) if len(values) == 1 else f"{key}:({joined})"])
