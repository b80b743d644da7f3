"""The smaller views of a session: errors by what they have in common, attributes, raw JSON."""

from collections.abc import Iterator
from typing import Any, Final

from agentops_dashboard import format as write
from agentops_dashboard.pages.content import as_json, as_text
from agentops_dashboard.reader import Session
from agentops_dashboard.reader.outline import Outline, Outlines
from agentops_dashboard.semantics.fingerprints import fingerprint_of, parts_of

__all__ = ["attributes_view", "errors_view", "raw_view"]

_MOST_PER_GROUP: Final = 50
_SHOWN: Final = ("span_id", "kind", "name", "agent", "start_ns")
_RAW_SPANS: Final = 30
_MOST_OPEN: Final = 20
SWALLOWED: Final = "Swallowed error"


def errors_view(session: Session, outline: Outline) -> dict[str, Any]:
    """Errors where they began, and swallowed ones, by what they have in common: as many as the session counts."""
    groups: dict[str, dict[str, Any]] = {}
    for place, fingerprint, message in _errors(outline):
        group = groups.setdefault(fingerprint, _group(fingerprint))
        group["count"] += 1
        if len(group["spans"]) < _MOST_PER_GROUP:
            group["spans"].append(_shown(session, outline, place) | {"message": message})
    found = sorted(groups.values(), key=lambda group: -group["count"])
    return {"error_groups": found, "all_open": sum(group["count"] for group in found) <= _MOST_OPEN}


def _errors(outline: Outline) -> Iterator[tuple[int, str, str]]:
    """Each error in the order of the tree: its place, what it has in common with others, and what it says."""
    types, messages, swallowed = outline.order.columns("error_type", "error_message", "swallowed")
    began = set(outline.errors)
    for place in sorted(began | {place for place, said in enumerate(swallowed) if said is not None}):
        if place in began:
            yield place, fingerprint_of(types[place], messages[place]), messages[place] or ""
        if swallowed[place] is not None:
            yield place, fingerprint_of(SWALLOWED, swallowed[place]), swallowed[place]


def _group(fingerprint: str) -> dict[str, Any]:
    kind, pattern = parts_of(fingerprint)
    return {"type": kind, "pattern": pattern, "count": 0, "spans": [], "is_swallowed": kind == SWALLOWED}


def _shown(session: Session, outline: Outline, place: int) -> dict[str, Any]:
    facts = {name: column[place] for name, column in zip(_SHOWN, outline.order.columns(*_SHOWN), strict=True)}
    start_ns, id_ = facts.pop("start_ns"), facts.pop("span_id")
    return facts | {"id": id_, "offset": write.duration((start_ns - session["start_ns"]) / 1e6)}


def attributes_view(session: Session) -> dict[str, Any]:
    """Everything that is known about the session itself, metadata flattened."""
    facts: list[tuple[str, str]] = []
    for key, value in session.items():
        if isinstance(value, dict):
            facts += [(f"{key}.{name}", as_text(item)) for name, item in value.items() if item is not None]
        elif isinstance(value, list):
            facts.append((key, ", ".join(map(str, value))))
        elif value is not None:
            facts.append((key, as_text(value)))
    return {"session_facts": [(key, value) for key, value in facts if value != ""]}


def raw_view(outlines: Outlines, session: Session, outline: Outline) -> dict[str, Any]:
    """The session and its first spans as the API gives them."""
    spans = outlines.with_payloads(outline, list(range(min(_RAW_SPANS, len(outline)))))
    return {"raw": as_json({"session": session, "spans": spans}), "raw_rest": max(0, len(outline) - _RAW_SPANS)}
