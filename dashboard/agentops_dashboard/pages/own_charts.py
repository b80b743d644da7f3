"""Charts that people put together on the analytics page; which ones there are stands in its address.

``charts=cost.p95.user.line.status:error|…`` holds one after the other: measure, aggregate, group, shape, and a query
that narrows the page's.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

from agentops_dashboard.derived.label_figures import OF_LABELS, aggregates_of
from agentops_dashboard.derived.pace import CALL_GROUPS, SPLIT_CALLS
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.alert_links import new_alert
from agentops_dashboard.pages.kinds import state_look
from agentops_dashboard.pages.query_edit import split_terms
from agentops_dashboard.query import QueryError
from agentops_dashboard.reader import Reader
from agentops_dashboard.reader.charts import (
    AGGREGATES,
    CHART_GROUPS,
    LABEL_GROUPS,
    MEASURES,
    OF_SESSIONS,
    chart,
    distribution,
    group_for,
    title_of,
)
from agentops_dashboard.reader.grid import Grid

__all__ = [
    "SHAPES", "OwnChart", "charts_of", "own_charts", "split_charts", "split_menus", "splits_of", "with_new",
]  # fmt: skip

SHAPES: Final = ("line", "area", "bars", "pie", "histogram", "number", "table")
_MOST: Final = 8
_IN_WORDS: Final = ("number", "table")
_OF_ALL_TIME: Final = ("pie", *_IN_WORDS)
FIXED: Final = {
    "sessions": ("sessions", "sum"), "duration": ("duration", "p95"), "tokens": ("tokens", "sum"),
    "failures": ("failed", "mean"), "spread": ("duration", "sum"),
}  # fmt: skip
"""What a fixed chart measures, and how, when it is by a group."""
SPLITS: Final = dict.fromkeys(FIXED, CHART_GROUPS) | dict.fromkeys(SPLIT_CALLS, CALL_GROUPS)
"""The groups that fixed charts can be by; those of calls are read from spans."""


@dataclass(frozen=True, slots=True)
class OwnChart:
    """One chart, as the address names it."""

    measure: str
    aggregate: str
    group: str
    shape: str
    query: str = ""

    @property
    def text(self) -> str:
        """As it stands in the address."""
        return ".".join((self.measure, self.aggregate, self.group, self.shape, quote(self.query, safe="")))

    @property
    def title(self) -> str:
        """What it shows, in words."""
        return title_of(self.measure, "sum" if self.shape == "histogram" else self.aggregate)


def charts_of(address: Address) -> list[OwnChart]:
    """The charts that an address names; what makes no sense in it is passed over."""
    found = [_chart(part.split(".", 4)) for part in address.get("charts").split("|")]
    return [one for one in found if one is not None][:_MOST]


def _chart(parts: list[str]) -> OwnChart | None:
    if len(parts) < 4 or parts[0] not in MEASURES or parts[1] not in AGGREGATES or parts[3] not in SHAPES:
        return None
    group = group_for(parts[0], parts[2] if parts[2] in CHART_GROUPS else "")
    return OwnChart(parts[0], parts[1], group, parts[3], unquote(parts[4])[:500] if len(parts) > 4 else "")


def with_new(address: Address) -> str | None:
    """The link to the page with the chart that its form asks for; None if it asks for none."""
    if address.get("new") not in MEASURES:
        return None
    names = ("new", "how", "per", "as", "only")
    asked = [address.get(name) for name in names[:4]]
    only = " ".join(split_terms(address.get("only")))
    wanted = _chart([*asked, quote(only, safe="")])
    charts = [one.text for one in charts_of(address)]
    if wanted is not None and wanted.text not in charts:
        charts.append(wanted.text)
    return address.link(charts="|".join(charts), **dict.fromkeys(names)) + "#own"


def own_charts(address: Address, reader: Reader, grid: Grid) -> list[dict[str, Any]]:
    """What the page shows of each of its own charts; of one whose query is wrong, what is wrong about it."""
    charts = charts_of(address)
    return [
        _shown(one, f"plot-own-{place}", reader, grid, address.get("q"))
        | {
            "remove": address.link(charts="|".join(other.text for other in charts if other is not one) or None),
            "alert": _alert_on(address.get("q"), one),
        }
        for place, one in enumerate(charts)
    ]


def _alert_on(query: str, one: OwnChart) -> str:
    """The link to an alert on a chart's figure, or on each of its lines where they are of calls; empty if none."""
    how, text = MEASURES[one.measure].only or one.aggregate, _whole_query(query, one)
    if one.group in LABEL_GROUPS and one.measure in OF_LABELS and how in aggregates_of(one.group, one.measure):
        return new_alert(text, one.measure, how, f"each {one.group}")
    return new_alert(text, one.measure, one.aggregate) if one.measure in OF_SESSIONS else ""


def _whole_query(query: str, one: OwnChart) -> str:
    """A chart's query within the page's."""
    return f"{query} {one.query}".strip()


def split_charts(address: Address, reader: Reader, grid: Grid) -> list[dict[str, Any]]:
    """The page's fixed charts that its address wants by a group: they are charts of the same kind then."""
    chosen = splits_of(address)
    return [_shown(OwnChart(*FIXED[name], by, shape_of(name)), f"plot-{name}", reader, grid, address.get("q"))
            for name, by in chosen.items() if name in FIXED]  # fmt: skip


def shape_of(name: str) -> str:
    """How a fixed chart is drawn by a group."""
    return {"spread": "histogram", "sessions": "bars", "tokens": "bars"}.get(name, "line")


def splits_of(address: Address) -> dict[str, str]:
    """Which fixed charts are wanted by which group, as ``by=sessions.user|duration.model`` says."""
    pairs = (part.partition(".") for part in address.get("by").split("|"))
    return {name: by for name, _, by in pairs if by in SPLITS.get(name, ())}


def split_menus(address: Address) -> dict[str, dict[str, Any]]:
    """Of each fixed chart: the group it is by, and the links to it by others."""
    chosen = splits_of(address)
    return {
        name: {"by": chosen.get(name, ""), "options": [
            {"by": by, "href": address.link(by=_splits_text({**chosen, name: by}))} for by in ("", *groups)
        ]}
        for name, groups in SPLITS.items()
    }  # fmt: skip


def _splits_text(chosen: dict[str, str]) -> str | None:
    return "|".join(f"{name}.{by}" for name, by in chosen.items() if by) or None


def _shown(one: OwnChart, chart_id: str, reader: Reader, grid: Grid, query: str) -> dict[str, Any]:
    measure = MEASURES[one.measure]
    note = " ".join(filter(None, (f"by {one.group}" if one.group else "", one.query)))
    shown: dict[str, Any] = {
        "id": chart_id, "title": one.title, "note": note, "shape": one.shape, "unit": measure.unit,
        "group": one.group, "query": one.query, "groups": {}, "left_out": 0, "problem": "", "rows": [], "edges": [],
        "stacks": (measure.only or one.aggregate) == "sum", "measure": one.measure,
    }  # fmt: skip
    if one.shape == "pie" and not shown["stacks"]:
        return shown | {"problem": "A pie shows parts of a whole: take the sum of something else, or another shape."}
    whole = grid if one.shape not in _OF_ALL_TIME else Grid.into(grid.since_ns, grid.until_ns, 1)
    text = _whole_query(query, one)
    try:
        if one.shape == "histogram":
            return shown | distribution(reader, text, whole, measure=one.measure, by=one.group)
        found = chart(reader, text, whole, measure=one.measure, aggregate=one.aggregate, by=one.group)
    except QueryError as error:
        return shown | {"problem": error.message}
    named = (lambda state: state_look(state).label) if one.group == "status" else str
    rows = [(named(label), measure.text(values[0])) for label, values in found["groups"].items()]
    return shown | found | {"rows": rows if one.shape in _IN_WORDS else []}
