"""Where one can go from a span: to the like of it in its session, and to the sessions that have the same value."""

import re
from bisect import bisect_left
from typing import Any, Final

from agentops.semconv import GenAI, Resource, SpanKind
from agentops.semconv import Session as SessionName
from agentops.semconv import Span as SpanName
from agentops_dashboard import format as write
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.content import as_text
from agentops_dashboard.pages.query_edit import quote_value, term
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered

__all__ = ["crumbs", "filters_by", "related"]

_SEARCHED_AS: Final = {
    GenAI.AGENT_NAME: "agent", GenAI.TOOL_NAME: "tool", GenAI.REQUEST_MODEL: "model", GenAI.RESPONSE_MODEL: "model",
    SpanName.ERROR_TYPE: "error", SessionName.USER_ID: "user", Resource.SERVICE_NAME: "service",
    Resource.SERVICE_VERSION: "release", Resource.ENVIRONMENT: "environment",
}  # fmt: skip
_WORDS: Final = re.compile(r"[\w .@/:-]{3,60}")


def crumbs(address: Address, outline: Outline, places: list[int]) -> list[dict[str, str]]:
    """Spans as links that select them."""
    outline.order.fetch(places)
    return [_crumb(address, outline, place) for place in places]


def _crumb(address: Address, outline: Outline, place: int) -> dict[str, str]:
    row = outline.order[place]
    name = write.one_line(short_name(row.name), 40)
    return {"id": row.span_id, "name": name, "kind": row.kind, "href": address.link(span=row.span_id, offset=None)}


def filters_by(key: str, value: Any) -> tuple[str, str]:
    """Links to the sessions with this value, and to those without it; empty where nothing can be searched by it."""
    text = value if isinstance(value, str) else ""
    if key in _SEARCHED_AS:
        words = [term(_SEARCHED_AS[key], text, is_excluded=is_excluded) for is_excluded in (False, True)]
    elif key.startswith(SessionName.METADATA + "."):
        name = f"metadata.{key.removeprefix(SessionName.METADATA + '.')}"
        words = [term(name, as_text(value), is_excluded=is_excluded) for is_excluded in (False, True)]
    else:
        words = [sign + quote_value(text) for sign in ("", "-")] if _WORDS.fullmatch(text) else ["", ""]
    return (
        Address("/sessions").link(q=words[0]) if words[0] else "",
        Address("/sessions").link(q=words[1]) if words[1] else "",
    )


def related(address: Address, outline: Outline, place: int) -> dict[str, Any] | None:
    """The spans of the same tool, model or agent in this session, around this one; None if it is the only one."""
    if place < 0:
        return None
    row = outline.order[place]
    what = _likeness(row.kind, row.tool, row.model, row.agent)
    places = _alike(outline, row.kind, what) if what else []
    if len(places) < 2:
        return None
    at = bisect_left(places, place)
    return {
        "what": what,
        "number": at + 1,
        "total": len(places),
        "before": _crumb(address, outline, places[at - 1]) if at else None,
        "after": _crumb(address, outline, places[at + 1]) if at + 1 < len(places) else None,
        "href": address.link(view="tree", find=what, only=True, offset=None),
    }


@remembered
def _alike(outline: Outline, kind: str, what: str) -> list[int]:
    """The places of the spans of a kind that have something in common."""
    tools, models, agents = outline.order.columns("tool", "model", "agent")
    return [
        place
        for place in outline.of_kind(kind)
        if what in (tools[place], models[place], agents[place])
        and _likeness(kind, tools[place], models[place], agents[place]) == what
    ]


def _likeness(kind: str, tool: str | None, model: str | None, agent: str | None) -> str | None:
    """What a span has in common with the like of it; None where there is nothing."""
    return tool or model or (agent if kind == SpanKind.AGENT else None)
