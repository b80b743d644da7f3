"""What may follow in the query bar: keys, then the values that the sessions have."""

from typing import Final

from agentops_dashboard.pages.query_edit import quote_value
from agentops_dashboard.query import SESSION_FIELDS, Field
from agentops_dashboard.reader import Facet

__all__ = ["completions"]

_MOST: Final = 12
_EXAMPLES: Final = {
    "duration": (">10s", ">2m", "<500ms"),
    "money": (">0.01", ">0.5"),
    "number": (">0", ">10", ">1k"),
    "time": (">24h", ">7d"),
}


def completions(word: str, facets: list[Facet]) -> list[dict[str, str]]:
    """Completions of the word under the cursor, which may begin with ``-``."""
    sign = "-" if word.startswith("-") else ""
    key, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        found = [field for field in SESSION_FIELDS if field.name.startswith(key.lower())]
        return [{"text": f"{sign}{field.name}:", "note": field.help} for field in found[:_MOST]]
    field = next((field for field in SESSION_FIELDS if key.lower() in (field.name, *field.aliases)), None)
    if field is None:
        return []
    known = _values(field, facets)
    near = [(text, note) for text, note in known if value.lower().strip('"') in text.lower()]
    return [{"text": f"{sign}{field.name}:{text}", "note": note} for text, note in near[:_MOST]]


def _values(field: Field, facets: list[Facet]) -> list[tuple[str, str]]:
    for facet in facets:
        if facet["key"] == field.name and facet["values"]:
            return [(quote_value(found["value"]), f"{found['count']:,}") for found in facet["values"]]
    if field.choices:
        return [(choice, "") for choice in field.choices]
    return [(example, "") for example in _EXAMPLES.get(field.kind, ())]
