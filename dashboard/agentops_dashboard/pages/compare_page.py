"""Two sessions side by side: their trees aligned, the first place where they part, and the differences."""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from agentops_dashboard import format as write
from agentops_dashboard.caller import ReaderOf
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.response import address_of, page
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.outline import Outline

__all__ = ["Pair", "add_routes", "align"]

_MOST_ROWS: Final = 2000
_CHANGES: Final = (("ms", write.duration, 1.0), ("tokens", write.count, 0.0), ("cost", write.money, 1e-4))
"""What the change of each row is told of, with all that lies below it; how it is written; what is no change."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the comparison: a place in the left tree, in the right one, or in both."""

    left: int | None
    right: int | None
    is_same: bool = False
    is_first_difference: bool = False


def add_routes(app: FastAPI) -> None:
    """Add the page that compares two sessions."""

    @app.get("/compare", include_in_schema=False)
    def compare(request: Request, reader: ReaderOf) -> Response:
        address = address_of(request)
        left, right = reader.session(address.get("a")), reader.session(address.get("b"))
        if left is None:
            return page(request, "missing.html", status=404, what=address.get("a"))
        if right is None:
            return _choose(request, reader, address, left)
        return page(request, "compare.html", section="sessions", **_values(reader, left, right))


def _choose(request: Request, reader: Reader, address: Address, left: Session) -> Response:
    others = [other for other in reader.sessions(limit=30)["sessions"] if other["id"] != left["id"]]
    others.sort(key=lambda other: other["name"] != left["name"])
    return page(request, "compare_choose.html", section="sessions", left=left, others=others)


def align(left: Outline, right: Outline) -> list[Pair]:
    """Align two trees by depth, kind and name of their spans, at most ``2000`` rows of each."""
    left_keys, right_keys = _keys(left), _keys(right)
    pairs: list[Pair] = []
    has_parted = False
    for name, i1, i2, j1, j2 in SequenceMatcher(None, left_keys, right_keys, autojunk=False).get_opcodes():
        if name == "equal":
            pairs += [Pair(i, j, is_same=True) for i, j in zip(range(i1, i2), range(j1, j2), strict=True)]
            continue
        fresh = [Pair(i, j) for i, j in zip_longest(range(i1, i2), range(j1, j2))]
        if not has_parted:
            fresh[0] = replace(fresh[0], is_first_difference=True)
            has_parted = True
        pairs += fresh
    return pairs


def _keys(outline: Outline) -> list[tuple[int, str, str]]:
    rows = zip(outline.index.depth, outline.order, strict=True)
    return [
        (depth, row.kind, "" if depth == 0 else f"{short_name(row.name)} {row.status}")
        for depth, row in list(rows)[:_MOST_ROWS]
    ]


def _values(reader: Reader, left: Session, right: Session) -> dict[str, Any]:
    trees = reader.outlines.of(left["id"]), reader.outlines.of(right["id"])
    pairs = align(*trees)
    rows = [_row(trees, pair) for pair in pairs]
    return {
        "left": left,
        "right": right,
        "figures": [_figure(label, a, b, text) for label, a, b, text in _figures(left, right)],
        "rows": rows,
        "same": sum(pair.is_same for pair in pairs),
        "is_cut": max(map(len, trees)) > _MOST_ROWS,
        "short_name": short_name,
    }


def _figures(left: Session, right: Session) -> list[tuple[str, Any, Any, Any]]:
    def both(read: Any) -> tuple[Any, Any]:
        return read(left), read(right)

    return [
        ("Duration", *both(lambda s: s["duration_ms"]), write.duration),
        ("Spans", *both(lambda s: s["counts"]["spans"]), write.count),
        ("LLM calls", *both(lambda s: s["counts"]["llm"]), write.count),
        ("Tool calls", *both(lambda s: s["counts"]["tools"]), write.count),
        ("Errors", *both(lambda s: s["counts"]["errors"]), write.count),
        ("Tokens", *both(lambda s: s["tokens"]["total"] if s["tokens"] else None), write.count),
        ("Cost", *both(lambda s: s["cost"]["amount"] if s["cost"] else None), write.money),
    ]


def _figure(label: str, left: float | None, right: float | None, text: Any) -> dict[str, Any]:
    change = None
    if left is not None and right is not None and left != right:
        sign = "+" if right > left else "−"
        share = f" ({sign}{write.percent(abs(right - left) / left)})" if left else ""
        change = f"{sign}{text(abs(right - left))}{share}"
    return {"label": label, "left": text(left), "right": text(right), "change": change}


def _row(trees: tuple[Outline, Outline], pair: Pair) -> dict[str, Any]:
    sides = [_side(tree, place) for tree, place in zip(trees, (pair.left, pair.right), strict=True)]
    changes = [_change(sides[0][key], sides[1][key], text, least) if sides[0] and sides[1] else ""
               for key, text, least in _CHANGES]  # fmt: skip
    return {
        "left": sides[0],
        "right": sides[1],
        "changes": changes,
        "is_same": pair.is_same,
        "is_first": pair.is_first_difference,
    }


def _change(left: float | None, right: float | None, text: Any, least: float) -> str:
    """By how much more or less; nothing where one is unknown, or where it is hardly anything."""
    if left is None or right is None or abs(right - left) <= least:
        return ""
    return f"{'+' if right > left else '−'}{text(abs(right - left))}"


def _side(tree: Outline, place: int | None) -> dict[str, Any] | None:
    if place is None:
        return None
    row, cost_nano = tree.order[place], tree.cost_below(place)
    return {
        "id": row.span_id,
        "session": tree.session_id,
        "kind": row.kind,
        "name": row.name,
        "status": row.status,
        "preview": row.preview,
        "depth": tree.index.depth[place],
        "ms": None if row.end_ns is None else (row.end_ns - row.start_ns) / 1e6,
        "tokens": tree.tokens_below(place),
        "cost": None if cost_nano is None else cost_nano / 1e9,
    }
