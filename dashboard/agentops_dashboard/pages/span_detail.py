"""What the detail panel says about one span."""

from typing import Any, Final, NamedTuple

from agentops.semconv import GenAI, State
from agentops_dashboard import format as write
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.content import as_text, instructions, messages_of
from agentops_dashboard.pages.linked import linked
from agentops_dashboard.pages.query_edit import term
from agentops_dashboard.pages.span_links import crumbs, filters_by, related
from agentops_dashboard.pages.span_reasons import reasons_of
from agentops_dashboard.reader import Reader, Session, Span
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.store.prices import Prices, dated

__all__ = ["costs_by_class", "detail_values"]

MODES: Final = ("pretty", "markdown", "json", "raw")
_MOST_CHILDREN: Final = 30
_PARAMETERS: Final = (
    ("Temperature", GenAI.REQUEST_TEMPERATURE),
    ("Top p", GenAI.REQUEST_TOP_P),
    ("Max tokens", GenAI.REQUEST_MAX_TOKENS),
    ("Seed", GenAI.REQUEST_SEED),
)
_SHOWN_APART: Final = frozenset({GenAI.SYSTEM_INSTRUCTIONS, GenAI.TOOL_DEFINITIONS})


class Fact(NamedTuple):
    """One figure of a span; ``href`` leads to the sessions that share it, or is empty."""

    label: str
    value: str
    title: str
    href: str


def detail_values(
    reader: Reader, address: Address, session: Session, outline: Outline, span: Span | None, *, prices: Prices
) -> dict[str, Any]:
    """What the detail template needs; ``span`` None means that nothing is selected."""
    mode = address.get("mode", "pretty")
    values: dict[str, Any] = {
        "span": span,
        "session": session,
        "is_left": session["state"] == State.ABANDONED,
        "mode": mode if mode in MODES else "pretty",
        "page_address": address,
    }
    if span is None:
        return values
    place = outline.places.get(span["id"], -1)
    attributes = span["attributes"]
    return values | {
        "path": crumbs(address, outline, outline.ancestors(place)) if place >= 0 else [],
        "facts": _facts(session, span),
        "tokens": _tokens(span, costs_by_class(span, prices)),
        "related": related(address, outline, place),
        "linked": linked(reader, address, outline, span),
        "reasons": reasons_of(session, outline, span, place),
        "system": instructions(attributes.get(GenAI.SYSTEM_INSTRUCTIONS)),
        "tools_offered": _tools_offered(attributes.get(GenAI.TOOL_DEFINITIONS), span["output"]),
        "attributes": sorted(
            (key, value, *filters_by(key, value))
            for key, value in attributes.items()
            if key not in _SHOWN_APART and value is not None
        ),
        "children": _children(address, outline, place),
        "children_total": outline.index.children[place] if place >= 0 else 0,
    }


def _children(address: Address, outline: Outline, place: int) -> list[dict[str, str]]:
    if place < 0:
        return []
    found: list[int] = []
    at, end = place + 1, outline.index.end[place]
    while at < end and len(found) < _MOST_CHILDREN:
        found.append(at)
        at = outline.index.end[at]
    return crumbs(address, outline, found)


def _facts(session: Session, span: Span) -> list[Fact]:
    attributes = span["attributes"]
    length = None if span["end_ns"] is None else (span["end_ns"] - span["start_ns"]) / 1e6
    offset = (span["start_ns"] - session["start_ns"]) / 1e6
    cost = span["cost"]
    facts: list[tuple[str, str | None, str]] = [
        ("Duration", *_duration(session, length)),
        ("Start", f"+{write.duration(offset)}" if offset >= 0 else f"-{write.duration(-offset)}", f"{offset:,.3f} ms"),
        ("Agent", span["agent"], ""),
        ("Tool", span["tool"], ""),
        ("Model", span["model"], str(span["provider"] or "")),
        ("First token", write.duration(span["first_token_ms"]) if span["first_token_ms"] is not None else None, ""),
        ("Speed", _speed(span, length), "Output tokens per second, from the first token where it is known"),
        ("Cost", write.money(cost["amount"]) if cost else None, _price_note(span)),
        ("Price from", dated(cost["source"], span["start_ns"]) if cost and cost["source"] else None, ""),
        ("Finish", _finish(attributes.get(GenAI.RESPONSE_FINISH_REASONS)) or span["finish_reason"], ""),
        ("Attempt", str(span["attempt"]) if span["attempt"] else None, ""),
        ("Recorded by", span["origin"], ""),
    ]
    for label, name in _PARAMETERS:
        value = attributes.get(name)
        facts.append((label, None if value is None else str(value), ""))
    return [Fact(label, value, title, _sessions_with(label, value)) for label, value, title in facts if value]


def _duration(session: Session, length_ms: float | None) -> tuple[str, str]:
    """What is written, and what is said on hover."""
    if length_ms is not None:
        return write.duration(length_ms), f"{length_ms:,.3f} ms"
    return ("never ended", "The program stopped before") if session["state"] == State.ABANDONED else ("still open", "")


def _sessions_with(label: str, value: str) -> str:
    """The list of sessions that have the same, where the query language has a word for it."""
    key = {"Agent": "agent", "Tool": "tool", "Model": "model"}.get(label)
    return Address("/sessions").link(q=term(key, value)) if key else ""


def _price_note(span: Span) -> str:
    return write.full_money(span["cost"]["amount"]) if span["cost"] else ""


def _speed(span: Span, length_ms: float | None) -> str | None:
    out = span["tokens"]["output"] if span["tokens"] else None
    busy = (length_ms or 0) - (span["first_token_ms"] or 0)
    return f"{out / busy * 1000:.0f} tok/s" if out and busy > 0 else None


def _finish(value: Any) -> str | None:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else (str(value) if value else None)


def costs_by_class(span: Span, prices: Prices) -> dict[str, float]:
    """Dollars by token class; nothing where the price list of today does not give the cost that was recorded."""
    tokens, cost = span["tokens"], span["cost"]
    if tokens is None or cost is None or span["model"] is None or cost["source"] == "reported":
        return {}
    price = prices.find(span["provider"], span["model"], span["start_ns"])
    if price is None:
        return {}
    counts = (tokens[name] or 0 for name in ("input", "output", "cached", "cache_write"))
    pico = price.pico_by_class(*counts)
    is_same = (sum(pico.values()) + 500) // 1000 == round(cost["amount"] * 1e9)
    return {name: amount / 1e12 for name, amount in pico.items()} if is_same else {}


def _tokens(span: Span, costs: dict[str, float]) -> list[tuple[str, int | None, float | None]]:
    tokens = span["tokens"]
    if tokens is None:
        return []
    rows = [
        ("Input", tokens["input"], costs.get("input")),
        ("Cached", tokens["cached"], costs.get("cached")),
        ("Cache write", tokens["cache_write"], costs.get("cache_write")),
        ("Output", tokens["output"], costs.get("output")),
        ("Reasoning", tokens["reasoning"], None),
        ("Total", tokens["total"], span["cost"]["amount"] if costs and span["cost"] else None),
    ]
    return [(label, number, cost) for label, number, cost in rows if number is not None]


def _tools_offered(definitions: Any, output: Any) -> list[dict[str, Any]]:
    if not isinstance(definitions, list):
        return []
    used = {part.name for message in messages_of(output) for part in message.parts if part.kind == "tool_call"}
    found = []
    for item in definitions:
        if isinstance(item, dict):
            function = item.get("function")
            function = function if isinstance(function, dict) else item
            name = as_text(function.get("name"))
            found.append({"name": name, "description": as_text(function.get("description")), "is_used": name in used})
    return found
