"""What the session list shows: rows, facets, chips, histogram."""

from typing import Any, Final, NamedTuple

from agentops.semconv import State
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.columns import Column
from agentops_dashboard.pages.kinds import state_look
from agentops_dashboard.pages.query_edit import (
    asks_for_all,
    bounds_of,
    chosen_values,
    has_logic,
    remove_term,
    split_terms,
    term,
    toggle_term,
    toggle_value,
    with_all,
    with_any,
    with_bounds,
)
from agentops_dashboard.pages.zone import Zone
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Bucket, Facet
from agentops_dashboard.reader.facets import MOST_VALUES

__all__ = [
    "QUICK_START", "RANGES", "Sort", "bounded", "chips", "facet_panels", "histogram", "problem_of", "ranges",
    "sort_link", "sort_of", "switches",
]  # fmt: skip

QUICK_START: Final = """\
import agentops

agentops.init(tags=["first-run"])

@agentops.tool
def search(query: str) -> str:
    return f"3 results for {query}"

search("hello")
"""

RANGES: Final = (
    ("duration", "Duration", "10s"), ("cost", "Cost, $", "0.05"), ("tokens", "Tokens", "10k"),
    ("llm", "LLM calls", "5"), ("tools", "Tool calls", "5"), ("errors", "Errors", "1"), ("turns", "Turns", "2"),
    ("start", "Started", "7d"),
)  # fmt: skip
"""Keys that are filtered by a least and a most: key, label, and an example of a value."""

_SWITCHES: Final = (
    ("is:bookmarked", "Bookmarked"), ("is:live", "Live"), ("is:incomplete", "Incomplete"),
    ("has:swallowed", "Swallowed error"), ("has:human", "Waited for a person"), ("is:unpriced", "Without a price"),
    ("has:note", "With a note"), ("score:down", "Thumb down"), ("score:up", "Thumb up"),
)  # fmt: skip
_FEW: Final = 10
"""So many values of a facet are shown at first."""
_SEVERAL: Final = frozenset({"tag", "agent", "framework", "model", "tool", "error"})
"""Facets of which a session can have several values."""
_STACK: Final = (
    ("Failed", "error", (State.ERROR,)),
    ("Abandoned", "warn", (State.ABANDONED,)),
    ("Running", "running", (State.RUNNING, State.PAUSED)),
    ("Completed", "ok", (State.SUCCESS,)),
    ("Other", "muted", (State.CANCELLED, State.INDETERMINATE)),
)


class Sort(NamedTuple):
    """The column that the list is sorted by."""

    key: str
    is_down: bool

    @property
    def text(self) -> str:
        """As the reader takes it."""
        return f"{'-' if self.is_down else ''}{self.key}"


def sort_of(address: Address) -> Sort:
    """The sort order in the address; newest first if it names none."""
    text = address.get("sort", "-start_time")
    return Sort(text.removeprefix("-"), text.startswith("-"))


def sort_link(address: Address, sort: Sort, column: Column) -> str:
    """A click sorts a column downwards, a second one upwards."""
    is_down = not (sort.key == column.sort and sort.is_down)
    return address.link(sort=Sort(column.sort, is_down).text, cursor=None)


def chips(address: Address, query: str) -> list[dict[str, str]]:
    """The query's terms, each with the link that takes it away; one that is joined by words goes as a whole."""
    if has_logic(query):
        return [{"text": query, "href": address.link(q=None, cursor=None)}]
    return [
        {"text": word, "href": address.link(q=remove_term(query, word), cursor=None)} for word in split_terms(query)
    ]


def problem_of(error: QueryError, query: str) -> dict[str, str]:
    """What is wrong with a query, with the wrong place apart, and the query as it probably was meant."""
    start, end = error.position, error.position + error.length
    return {
        "message": error.message,
        "before": query[:start],
        "marked": query[start:end] or " ",
        "after": query[end:],
        "meant": query[:start] + error.suggestion + query[end:] if error.suggestion else "",
    }


def facet_panels(address: Address, query: str, facets: list[Facet]) -> list[dict[str, Any]]:
    """The facets with the link behind each value: choose it, give it up, exclude it."""
    panels = [_facet_panel(address, query, facet) for facet in facets]
    return [panel for panel in panels if panel["options"]]


def _facet_panel(address: Address, query: str, facet: Facet) -> dict[str, Any]:
    key = facet["key"]
    used, excluded = chosen_values(query, key), chosen_values(query, key, is_excluded=True)
    counts = {found["value"]: found["count"] for found in facet["values"]}
    if asks_for_all(query, key):
        # No session may have them all, and then they could not be given up here.
        counts |= {value: 0 for value in sorted(used - counts.keys()) if "*" not in value}
    options = [
        {
            "text": state_look(value).label if key == "status" else value,
            "count": number,
            "is_used": value in used,
            "is_excluded": value in excluded,
            "href": address.link(q=toggle_value(query, key, value), cursor=None),
            "without": address.link(q=toggle_term(query, term(key, value, is_excluded=True)), cursor=None),
        }
        for value, number in counts.items()
    ]
    is_long = len(options) > _FEW + 2
    shown = [one for at, one in enumerate(options) if not is_long or at < _FEW or one["is_used"] or one["is_excluded"]]
    rest = [one for one in options if one not in shown]
    joins = _joins(address, query, key) if key in _SEVERAL and len(used) > 1 else []
    return {
        "key": key, "label": facet["label"], "options": shown, "rest": rest, "joins": joins,
        "is_used": bool(used or excluded), "is_cut": len(facet["values"]) >= MOST_VALUES,
    }  # fmt: skip


def _joins(address: Address, query: str, key: str) -> list[dict[str, Any]]:
    """Whether one of the chosen values will do or a session must have them all, with the link to either."""
    is_all = asks_for_all(query, key)
    asked = (("any", not is_all, with_any(query, key)), ("all", is_all, with_all(query, key)))
    return [{"text": text, "is_used": is_used, "href": address.link(q=q, cursor=None)} for text, is_used, q in asked]


def switches(address: Address, query: str) -> list[dict[str, Any]]:
    """Filters that a session fits or does not, with the link that turns each on or off."""
    terms = split_terms(query)
    return [
        {"text": label, "is_used": word in terms, "href": address.link(q=toggle_term(query, word), cursor=None)}
        for word, label in _SWITCHES
    ]


def ranges(query: str) -> list[dict[str, str]]:
    """The least and the most that the query asks for under each of ``RANGES``."""
    found = []
    for key, label, example in RANGES:
        least, most_ = bounds_of(query, key)
        found.append({"key": key, "label": label, "example": example, "least": least, "most": most_})
    return found


def bounded(address: Address) -> str | None:
    """The link that ``least.cost=0.5&most.cost=2``, as the form of ranges sends them, asks for; None without any."""
    given = {name: value for name, value in address.params.items() if name.startswith(("least.", "most."))}
    if not given:
        return None
    query = address.get("q")
    for key, _, _ in RANGES:
        least, most_ = given.get(f"least.{key}"), given.get(f"most.{key}")
        if least is not None or most_ is not None:
            query = with_bounds(query, key, least or "", most_ or "")
    others = {name: value for name, value in address.params.items() if name not in given}
    return Address(address.path, others).link(q=query, cursor=None)


def histogram(buckets: list[Bucket], zone: Zone) -> dict[str, Any] | None:
    """The bars of the histogram, 48 units high; None when there is nothing to draw."""
    peak = max((bucket["total"] for bucket in buckets), default=0)
    if peak == 0:
        return None
    day = 86_400_000_000_000
    pattern = "%d %b %H:%M" if buckets[-1]["end_ns"] - buckets[0]["start_ns"] < 3 * day else "%d %b %Y"
    seen = {state for bucket in buckets for state, number in bucket["states"].items() if number}
    return {
        "start_ns": buckets[0]["start_ns"],
        "end_ns": buckets[-1]["end_ns"],
        "first": zone.clock(buckets[0]["start_ns"], pattern),
        "last": zone.clock(buckets[-1]["end_ns"], f"{pattern} %Z"),
        "legend": [(name, tone) for name, tone, states in _STACK if seen & set(states)],
        "bars": [_histogram_bar(bucket, place, peak, zone) for place, bucket in enumerate(buckets)],
    }


def _histogram_bar(bucket: Bucket, place: int, peak: int, zone: Zone) -> dict[str, Any]:
    parts, top = [], 48.0
    words = []
    for name, tone, states in _STACK:
        number = sum(bucket["states"].get(state, 0) for state in states)
        if number:
            height = max(number / peak * 44, 1.0)
            top -= height
            parts.append({"tone": tone, "y": top, "height": height})
            words.append(f"{number} {name.lower()}")
    when = zone.clock(bucket["start_ns"], "%Y-%m-%d %H:%M:%S %Z")
    return {"x": place * 10 + 1, "parts": parts, "title": f"{when}: {', '.join(words) or 'none'}"}
