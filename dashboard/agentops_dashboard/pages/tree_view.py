"""The tree and the timeline of a session: which rows the address asks for, and what stands in each."""

import time
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from agentops.semconv import Operation, SpanKind, SpanStatus, State
from agentops_dashboard.derived import MOST_SPANS, looped
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.at_once import at_once
from agentops_dashboard.pages.kinds import KINDS
from agentops_dashboard.pages.lanes import arrows, lanes_by_agent, lanes_by_kind
from agentops_dashboard.pages.timeline import (
    Scale,
    cost_curve,
    critical_path,
    gaps_in,
    moments,
    overview,
    ruler,
    scale_of,
    zoom_of,
)
from agentops_dashboard.reader import Heading, Session, TreeRow
from agentops_dashboard.reader.outline import DETACHED, Outline, TreeView
from agentops_dashboard.reader.remembered import remembered
from agentops_dashboard.reader.visible import Visible

__all__ = [
    "CHILDREN",
    "LARGE",
    "WINDOW",
    "head_values",
    "kind_toggles",
    "next_marked",
    "reaching",
    "row_values",
    "short_name",
    "view_of",
]

WINDOW: Final = 64
"""So many rows come with a page: what a screen of usual height shows and 20 more on either side, as the script asks."""

_ABOVE: Final = 28
"""So many of them stand above the selected row, which the script puts a third of a screen from the top."""

CHILDREN: Final = 200
"""So many children of a span are shown at first, and with each click on "more"."""

LARGE: Final = 20_000
"""What is drawn above the timeline of so many spans comes after its rows: it takes as long as a fifth of the page."""

LEAST_SHOWN: Final = 400
"""A bar is at least one in so many parts of what is in sight, some 2 pixels; the timeline's script knows it too."""
_STATE: Final = ("collapsed", "opened", "depth", "kinds", "errors", "unwrap", "find", "only", "more", "order")
_OPERATIONS: Final = tuple(f"{value} " for name, value in vars(Operation).items() if name.isupper())


def view_of(address: Address) -> TreeView:
    """Read the view out of an address; what makes no sense in it is passed over."""
    kinds = frozenset(address.get("kinds").split(",")) & frozenset(KINDS)
    return TreeView(
        collapsed=frozenset(address.get("collapsed").split(",")) - {""},
        depth=address.number("depth") or None,
        opened=frozenset(address.get("opened").split(",")) - {""},
        kinds=kinds,
        errors_only=address.is_set("errors"),
        is_unwrapped=address.is_set("unwrap"),
        find=address.get("find")[:200],
        hits_only=address.is_set("only"),
        most_children=CHILDREN,
        more=_more(address),
        is_by_start=address.get("order") == "start",
        has_heading=True,
    )


def _more(address: Address) -> frozenset[tuple[str, int]]:
    """Read ``more=<span id>.400,…``: how many children of single spans are shown."""
    parts = (part.rpartition(".") for part in address.get("more").split(","))
    return frozenset((span_id, int(most)) for span_id, _, most in parts if most.isascii() and most.isdigit())


def _more_text(more: dict[str, int]) -> str | None:
    return ",".join(f"{span_id}.{most}" for span_id, most in sorted(more.items())) or None


def reaching(address: Address, outline: Outline) -> Address:
    """The address with as many children shown as it takes to show the selected span."""
    place = outline.places.get(address.get("span"), -1)
    more = dict(_more(address))
    before = dict(more)
    while place >= 0 and (above := outline.parents[place]) >= 0:
        position, parent_id = outline.index.position[place], outline.column("span_id")[above]
        if position >= more.get(parent_id, CHILDREN):
            more[parent_id] = (position // CHILDREN + 1) * CHILDREN
        place = above
    if more == before:
        return address
    return Address(address.path, {**address.params, "more": _more_text(more) or ""})


def short_name(name: str) -> str:
    """A span's name without its operation, which the icon says already."""
    for operation in _OPERATIONS:
        if name.startswith(operation) and len(name) > len(operation):
            return name[len(operation) :]
    return name


def kind_toggles(address: Address, outline: Outline, view: TreeView) -> list[dict[str, Any]]:
    """A switch per kind that the session has, with how many spans are of it."""
    counts = _kinds(outline)
    toggles = []
    for kind in [*(kind for kind in KINDS if kind in counts), *(kind for kind in counts if kind not in KINDS)]:
        if kind != SpanKind.SESSION:
            chosen = view.kinds ^ {kind}
            link = address.link(kinds=",".join(sorted(chosen)) or None, offset=None)
            toggles.append({"kind": kind, "count": counts[kind], "is_on": kind in view.kinds, "href": link})
    return toggles


@remembered
def _kinds(outline: Outline) -> Counter[str]:
    return Counter(outline.column("kind"))


def tree_values(address: Address, session: Session, outline: Outline) -> dict[str, Any]:
    """What the row templates need: a window of rows and the links in them."""
    view = view_of(address)
    visible = outline.visible(view)
    selected = address.get("span")
    offset = address.number("offset")
    if not address.get("offset") and (selected in outline.places or selected == DETACHED):
        at = visible.row_of(outline.places.get(selected))
        offset = max(0, min(at - _ABOVE, len(visible) - WINDOW))
    offset = min(offset, max(0, len(visible) - 1))
    limit = min(address.number("limit", WINDOW), 500)
    hits = set(visible.hits)
    return {
        "session": session,
        "rows": outline.rows(view, offset, limit),
        "offset": offset,
        "limit": limit,
        "total_rows": len(visible),
        "total_spans": len(outline),
        "hits": hits,
        "hit_count": len(visible.hits),
        "unwrapped": visible.unwrapped,
        "looped": looped(outline) if len(outline) <= MOST_SPANS else {},
        "is_left": session["state"] == State.ABANDONED,
        "selected": selected,
        "view": view,
        "is_sum": address.get("sum", "subtree") == "subtree",
        "state_params": {name: address.get(name) for name in _STATE if address.get(name)},
        "short_name": short_name,
        "more_link": lambda row: _more_link(address, row),
        "most_more": CHILDREN,
        "fold_link": lambda row: _fold_link(address, view, row),
        "first_ns": session["start_ns"],
        "length_ns": max(1, _length_ns(session, outline)),
        "now_ns": _now_of(session),
    }


def next_marked(address: Address, outline: Outline) -> dict[str, Any]:
    """The next hit or failed span after (or before) a row, round the end.

    Returns:
        ``row`` where it is shown; ``span``, its id, where it is folded away or not among the first children; both None
        if there is none.
    """
    view = view_of(address)
    shown = outline.visible(view)
    whole = outline.visible(replace(view, collapsed=frozenset(), depth=None, most_children=None))
    if address.get("what") == "hit":
        marked = whole.hits
    else:
        statuses = outline.column("status")
        marked = [whole.row_of(place) for place in whole.places if statuses[place] == SpanStatus.ERROR]
    is_back = address.get("step") == "-1"
    place = whole.place_at(_next(marked, _row_in(whole, shown, address), is_back)) if marked else None
    if place is None:
        return {"row": None, "span": None}
    row = shown.row_of(place)
    if shown.place_at(row) == place:
        return {"row": row, "span": None}
    return {"row": None, "span": outline.column("span_id")[place]}


def _row_in(whole: Visible, shown: Visible, address: Address) -> int:
    """Where the row that the reader is at stands when nothing is folded away."""
    after = address.number("after", -1)
    return whole.row_of(shown.place_at(after)) if 0 <= after < len(shown) else -1


def _next(marked: list[int], after: int, is_back: bool) -> int:
    if is_back:
        return next((at for at in reversed(marked) if at < after), marked[-1])
    return next((at for at in marked if at > after), marked[0])


def _length_ns(session: Session, outline: Outline) -> int:
    last_ns = scale_of(outline, has_gaps=False, now_ns=_now_of(session)).last_ns
    return max(last_ns, session["end_ns"] or 0) - session["start_ns"]


def _now_of(session: Session) -> int:
    """Now, for a session that is still running; else 0."""
    return time.time_ns() if session["state"] in (State.RUNNING, State.PAUSED) else 0


def row_values(address: Address, session: Session, outline: Outline) -> dict[str, Any]:
    """What the row templates need, those of the timeline included if the address asks for it."""
    values = tree_values(address, session, outline)
    if address.get("view") == "timeline":
        scale = scale_of(outline, has_gaps=address.is_set("gaps"), now_ns=values["now_ns"])
        zoom = zoom_of(address)
        values |= {
            "scale": scale,
            "zoom": zoom,
            "ticks": ruler(scale, zoom),
            "gaps": gaps_in(scale),
            "critical": critical_path(outline) if address.is_set("critical") else frozenset(),
            "least_shown": LEAST_SHOWN,
            "dearest": _dearest(outline) if address.get("colour") == "cost" else None,
            **_lanes(address, outline, scale),
        }
    return values


def head_values(
    address: Address, session: Session, outline: Outline, scale: Scale, *, may_wait: bool
) -> dict[str, Any]:
    """What is drawn above a timeline's rows; of a large session it may wait until these are seen.

    Where it waits, ``is_late`` says so, and the lines that will be there are empty.
    """
    is_large = len(outline) >= LARGE
    if is_large and may_wait and not address.is_set("head"):
        has_curve = session["tokens"] is not None or session["cost"] is not None
        return {
            "is_late": True,
            "overview": None,
            "at_once": None,
            "has_curve": has_curve,
            "curve": None,
            "moments": [],
        }
    curve = cost_curve(outline, scale)
    return {
        "is_late": False,
        "overview": overview(outline, scale),
        # Of a large session it has its line before anything is known of it.
        "at_once": at_once(outline, scale, zoom_of(address), least=0 if is_large else 2),
        "has_curve": curve is not None,
        "curve": curve,
        "moments": moments(outline, scale),
    }


def _dearest(outline: Outline) -> float | None:
    """What the dearest call cost, in dollars; None if nobody says what any cost."""
    return max((nano or 0 for nano in outline.column("cost_nano")), default=0) / 1e9 or None


def _lanes(address: Address, outline: Outline, scale: Scale) -> dict[str, Any]:
    if not address.is_set("lanes"):
        return {"lanes": [], "arrows": []}
    if address.get("lanes") == "kind":
        return {"lanes": lanes_by_kind(outline, scale), "arrows": []}
    found = lanes_by_agent(outline, scale)
    return {"lanes": found, "arrows": arrows(outline, scale, [lane["name"] for lane in found])}


def _more_link(address: Address, row: TreeRow) -> str:
    shown = dict(_more(address)) | {str(row["span"]["parent_id"]): row["position"] + 1 + CHILDREN}
    return address.link(address.path.removesuffix("/rows"), more=_more_text(shown), limit=None, offset=None)


def _fold_link(address: Address, view: TreeView, row: TreeRow | Heading) -> str:
    collapsed, opened, is_closed = set(view.collapsed), set(view.opened), row["is_collapsed"]
    row_id = row["span"]["id"] if "span" in row else DETACHED
    (collapsed.discard if is_closed else collapsed.add)(row_id)
    (opened.add if is_closed and view.depth is not None else opened.discard)(row_id)
    return address.link(
        collapsed=",".join(sorted(collapsed)) or None,
        opened=",".join(sorted(opened)) or None,
        offset=address.get("offset"),
    )
