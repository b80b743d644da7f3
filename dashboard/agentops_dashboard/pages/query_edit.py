"""Adding and taking away terms of a query, as facets and chips do. Understanding a query is the reader's business."""

import re
from typing import Final

__all__ = [
    "add_term", "bounds_of", "chosen_values", "has_logic", "quote_value", "remove_term", "split_terms", "term",
    "toggle_term", "toggle_value", "with_bounds", "without_key",
]  # fmt: skip

_PLAIN: Final = re.compile(r"[\w.@/+:-]+")
_NO_BOUND: Final = re.compile(r"[^\w.$:+-]+")


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


def has_logic(query: str) -> bool:
    """Whether words join the query's terms, so that one of them cannot be changed by itself."""
    return not {word.upper() for word in split_terms(query)}.isdisjoint({"OR", "AND", "NOT"})


def _parts(query: str) -> list[str]:
    """What another term can stand beside: the terms, or the whole in parentheses where words join them."""
    return [f"({query})"] if has_logic(query) else split_terms(query)


def add_term(query: str, wanted: str) -> str:
    """The query with one more term, unless it is there."""
    terms = _parts(query)
    return " ".join(terms if wanted in terms else [*terms, wanted])


def toggle_term(query: str, wanted: str) -> str:
    """The query with a term, or without it if it was there."""
    return remove_term(query, wanted) if wanted in split_terms(query) else add_term(query, wanted)


def without_key(query: str, key: str) -> str:
    """The query without what it says about a key, be it asked for or excluded."""
    return " ".join(word for word in split_terms(query) if not word.startswith((f"{key}:", f"-{key}:")))


def bounds_of(query: str, key: str) -> tuple[str, str]:
    """The least and the most that the query asks for under a key, as written; empty for none."""
    texts = [word[len(key) + 1 :] for word in split_terms(query) if word.startswith(key + ":")]
    least = next((text.lstrip(">=") for text in texts if text.startswith(">")), "")
    return least, next((text.lstrip("<=") for text in texts if text.startswith("<")), "")


def with_bounds(query: str, key: str, least: str, most: str) -> str:
    """The query with these bounds of a key in place of those that it had; an empty one is no bound."""
    others = [word for word in _parts(query) if not word.startswith((f"{key}:>", f"{key}:<"))]
    bounds = [(sign, _NO_BOUND.sub("", text)) for sign, text in ((">=", least), ("<=", most))]
    return " ".join([*others, *(f"{key}:{sign}{text}" for sign, text in bounds if text)])


def remove_term(query: str, unwanted: str) -> str:
    """The query without one of its terms."""
    return " ".join(word for word in split_terms(query) if word != unwanted)


def chosen_values(query: str, key: str, *, is_excluded: bool = False) -> set[str]:
    """The values that the query asks for (or excludes) under a key, from ``key:a`` and ``key:(a OR b)`` alike."""
    start = f"{'-' if is_excluded else ''}{key}:"
    return {value for word in split_terms(query) if word.startswith(start) for value in _values(word, start)}


def _values(word: str, start: str) -> list[str]:
    text = word[len(start) :]
    if text.startswith("(") and text.endswith(")"):
        return [_unquote(part) for part in split_terms(text[1:-1]) if part != "OR"]
    return [_unquote(text)]


def _unquote(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text


def toggle_value(query: str, key: str, value: str) -> str:
    """Choose a value of a key, or give it up if it is chosen; several values of one key mean any of them."""
    terms = _parts(query)
    mine = [word for word in terms if word.startswith(key + ":")]
    others = [word for word in terms if word not in mine]
    values = list(dict.fromkeys(chosen for word in mine for chosen in _values(word, key + ":")))
    values = [chosen for chosen in values if chosen != value] if value in values else [*values, value]
    if not values:
        return " ".join(others)
    joined = values[0] if len(values) == 1 else " OR ".join(map(quote_value, values))
    return " ".join([*others, term(key, joined) if len(values) == 1 else f"{key}:({joined})"])
