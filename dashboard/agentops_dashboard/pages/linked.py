"""The spans elsewhere that a span names, as links: the message that it answers, the request that its batch took in."""

from typing import Any, Final

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.span_links import crumbs
from agentops_dashboard.reader import Reader, Span
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.semantics.record import LINKS

__all__ = ["linked"]

_MOST: Final = 30
_SHOWN_DIGITS: Final = 8


def linked(reader: Reader, address: Address, outline: Outline, span: Span) -> list[dict[str, Any]]:
    """Links to the spans that a span names: in this session, in another one, or without an address where none is kept.

    Each has ``id`` (empty outside of this session), ``name``, ``kind`` (None where it is not known) and ``href``.
    """
    names = span["attributes"].get(LINKS)
    # The attribute is whatever a sender made of it.
    pairs = (
        [name.lower().split("/") for name in names[:_MOST] if isinstance(name, str)] if isinstance(names, list) else []
    )
    pairs = [pair for pair in pairs if len(pair) == 2]
    if not pairs:
        return []
    sessions = reader.sessions_by_trace({trace_id for trace_id, _ in pairs})
    return [_link(address, outline, span_id, trace_id, sessions.get(trace_id)) for trace_id, span_id in pairs]


def _link(address: Address, outline: Outline, span_id: str, trace_id: str, session_id: str | None) -> dict[str, Any]:
    if span_id in outline.places:
        return crumbs(address, outline, [outline.places[span_id]])[0]
    if session_id is None:
        return {"id": "", "name": f"trace {trace_id[:_SHOWN_DIGITS]}…, which is not here", "kind": None, "href": ""}
    href = Address(f"/sessions/{session_id}").link(span=span_id)
    return {"id": "", "name": f"in session {session_id[:_SHOWN_DIGITS]}…", "kind": None, "href": href}
