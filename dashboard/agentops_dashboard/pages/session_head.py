"""What stands above all views of a session: its figures with what they are made of, findings and warnings."""

import time
from typing import Any, Final

from agentops.semconv import State
from agentops_dashboard import format as write
from agentops_dashboard.derived import first_answer
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.findings import findings_of
from agentops_dashboard.reader import Session
from agentops_dashboard.reader.outline import Outline

__all__ = ["header_values"]

_OPEN: Final = (State.RUNNING, State.PAUSED)
_MOST_MODELS: Final = 12


def header_values(address: Address, session: Session, outline: Outline) -> dict[str, Any]:
    """What the templates of a session's head need."""
    tokens = session["tokens"]
    waiting = session["waiting_ms"]
    return {
        "warnings": _warnings(session),
        "so_far_ms": (time.time_ns() - session["start_ns"]) / 1e6 if session["state"] in _OPEN else None,
        "answer": first_answer(outline),
        "findings": findings_of(address, session, outline),
        "duration_note": f"{write.duration(waiting)} waiting" if waiting else "",
        "tokens_note": f"{write.count(tokens['input'])} in · {write.count(tokens['output'])} out" if tokens else "",
        "tokens_title": _token_split(session),
        "cost_title": _cost_split(session, outline),
        "exports": [
            (f"/api/v1/sessions/{session['id']}/spans", "JSON"),
            (f"/api/v1/sessions/{session['id']}/export", "OTLP/JSON lines"),
            (f"/sessions/{session['id']}/file", "HTML, one file"),
        ],
    }


def _token_split(session: Session) -> str | None:
    tokens = session["tokens"]
    if tokens is None:
        return None
    return "\n".join(f"{name.replace('_', ' ')} {write.full_count(number)}" for name, number in tokens.items())  # type: ignore[arg-type]


def _cost_split(session: Session, outline: Outline) -> str:
    """The whole cost with its source, and below it each model's, the dearest first."""
    if session["cost"] is None:
        return ""
    nano: dict[str, int] = {}
    for model, cost in zip(*outline.order.columns("model", "cost_nano"), strict=True):
        if cost is not None:
            nano[model or "no model"] = nano.get(model or "no model", 0) + cost
    lines = [f"{name} {write.full_money(cost / 1e9)}" for name, cost in sorted(nano.items(), key=lambda one: -one[1])]
    source = session["cost"]["source"]
    whole = write.full_money(session["cost"]["amount"]) + (f" · {source}" if source else "")
    return "\n".join([whole, *lines[:_MOST_MODELS]])


def _warnings(session: Session) -> list[str]:
    warnings = []
    if session["missing"]:
        warnings.append(f"{session['missing']:,} spans of this session are missing: recorded, but never delivered.")
    if session["state"] == "abandoned":
        warnings.append("The program stopped without ending this session: it was killed, or it crashed.")
    return warnings
