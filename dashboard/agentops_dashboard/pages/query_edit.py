"""Adding and taking away terms of a query, as facets and chips do. Understanding a query is the reader's business."""

import re
from contextlib import suppress
from typing import Final

from agentops_dashboard.query import SESSION_FIELDS, QueryError
from agentops_dashboard.query.fields import by_name, read_value
from agentops_dashboard.query.writing import quote_value, term

__all__ = [
    "add_term", "asks_for_all", "bounds_of", "chosen_values", "has_logic", "is_about", "quote_value", "remove_term",
    "split_terms", "term", "terms_about", "toggle_term", "toggle_value", "with_all", "with_any", "with_bounds",
    "with_only", "without_key",
]  # fmt: skip

_NO_BOUND: Final = re.compile(r"[^\w.$:+-]+")
_FIELDS: Final = by_name(SESSION_FIELDS)


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


def _said(word: str, key: str, *, is_excluded: bool = False) -> str | None:
    """What a term asks for (or excludes) under a key, whichever way that is spelt; None where it does not."""
    sign = "-" if is_excluded else ""
    name, colon, text = word.partition(":")
    field = _FIELDS.get(name[len(sign) :].lower()) if colon and name.startswith(sign) else None
    return text if field is not None and field.name == key else None


def _is_of(word: str, key: str) -> bool:
    return _said(word, key) is not None or _said(word, key, is_excluded=True) is not None


def terms_about(query: str, key: str) -> list[str]:
    """The query's terms that ask for something under a key, or exclude it; none where words join them."""
    return [] if has_logic(query) else [word for word in split_terms(query) if _is_of(word, key)]


def with_only(query: str, key: str, value: str | None) -> str:
    """The query with this value alone in place of all that it says about a key; None: it says nothing about it."""
    others = [word for word in _parts(query) if not _is_of(word, key)]
    return " ".join(others if value is None else [*others, term(key, value)])


def is_about(query: str, key: str) -> bool:
    """Whether one of the query's terms asks for something under a key, or excludes it."""
    return any(_is_of(word, key) for word in split_terms(query))


def without_key(query: str, key: str) -> str:
    """The query without what it says about a key, be it asked for or excluded."""
    return " ".join(word for word in split_terms(query) if not _is_of(word, key))


def bounds_of(query: str, key: str) -> tuple[str, str]:
    """The least and the most that the query asks for under a key, as written; empty for none."""
    texts = [text for word in split_terms(query) if (text := _said(word, key)) is not None]
    least = next((text.lstrip(">=") for text in texts if text.startswith(">")), "")
    return least, next((text.lstrip("<=") for text in texts if text.startswith("<")), "")


def with_bounds(query: str, key: str, least: str, most: str) -> str:
    """The query with these bounds of a key in place of those that it had; an empty one is no bound."""
    others = [word for word in _parts(query) if not (_said(word, key) or "").startswith((">", "<"))]
    bounds = [(sign, _NO_BOUND.sub("", text)) for sign, text in ((">=", least), ("<=", most))]
    return " ".join([*others, *(f"{key}:{sign}{text}" for sign, text in bounds if text)])


def remove_term(query: str, unwanted: str) -> str:
    """The query without one of its terms."""
    return " ".join(word for word in split_terms(query) if word != unwanted)


def chosen_values(query: str, key: str, *, is_excluded: bool = False) -> set[str]:
    """The values that the query asks for (or excludes) under a key, from ``key:a`` and ``key:(a OR b)`` alike."""
    said = [_said(word, key, is_excluded=is_excluded) for word in split_terms(query)]
    return {_meant(key, part) for text in said if text is not None for part in _split_values(text)}


def _split_values(text: str) -> list[str]:
    """What stands behind a key, value by value, as written."""
    if text.startswith("(") and text.endswith(")"):
        return [part for part in split_terms(text[1:-1]) if part.upper() != "OR"]
    return [text]


def _meant(key: str, part: str) -> str:
    """The value that is written so: without quotes, and ``error`` where ``failed`` is written."""
    value, field = _unquote(part), _FIELDS[key]
    if field.kind == "choice":
        with suppress(QueryError):
            return str(read_value(field, value, 0, 0))
    return value


def _unquote(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text


def asks_for_all(query: str, key: str) -> bool:
    """Whether the query has several terms under a key, ``tag:a tag:b``, each of which a session must fit."""
    return sum(_said(word, key) is not None for word in _parts(query)) > 1


def with_any(query: str, key: str) -> str:
    """The query with what it asks for under a key as one term: any of the values will do."""
    others, chosen = _apart(query, key)
    return _joined(others, key, [[part for parts in chosen for part in parts]])


def with_all(query: str, key: str) -> str:
    """The query with what it asks for under a key as one term for each value: a session must fit them all."""
    others, chosen = _apart(query, key)
    return _joined(others, key, [[part] for parts in chosen for part in parts])


def toggle_value(query: str, key: str, value: str) -> str:
    """Choose a value of a key, or give it up if it is chosen.

    A second value joins the first, so that any of them will do; where the query asks for all, it is one more to fit.
    """
    others, chosen = _apart(query, key)
    kept = [[part for part in parts if _meant(key, part) != value] for parts in chosen]
    if kept != chosen:
        return _joined(others, key, kept)
    added = [quote_value(value)]
    return _joined(others, key, [[*chosen[0], *added]] if len(chosen) == 1 else [*chosen, added])


def _apart(query: str, key: str) -> tuple[list[str], list[list[str]]]:
    """The query's other terms, and the values of each term that asks for something under a key, as written."""
    others: list[str] = []
    chosen: list[list[str]] = []
    for word in _parts(query):
        text = _said(word, key)
        if text is None:
            others.append(word)
        else:
            chosen.append(_split_values(text))
    return others, chosen


def _joined(others: list[str], key: str, chosen: list[list[str]]) -> str:
    terms = [list(dict.fromkeys(parts)) for parts in chosen if parts]
    words = [f"{key}:({' OR '.join(parts)})" if len(parts) > 1 else f"{key}:{parts[0]}" for parts in terms]
    return " ".join([*others, *dict.fromkeys(words)])
