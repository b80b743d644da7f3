"""What needs attention on the analytics: what got worse suddenly, each with the way to the sessions behind it."""

from typing import Any, Final

from agentops_dashboard import format as write
from agentops_dashboard.derived.changes import Change
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.analytics_tables import sessions_link
from agentops_dashboard.pages.query_edit import term

__all__ = ["attention", "change_of"]

_MOST_ROWS: Final = 30
_WHAT: Final = {
    "errors": ("Error rate", write.percent, "error"),
    "p95": ("p95 duration", write.duration, "warn"),
    "cost": ("Cost per session", write.money, "warn"),
}


def attention(address: Address, changes: list[Change]) -> list[dict[str, Any]]:
    """The changes as rows: what, in words before and now, by how much, and the link to the sessions; at most 30."""
    rows = []
    for found in changes[:_MOST_ROWS]:
        words, text, tone = _WHAT[found["what"]]
        change = change_of(found["now"], found["before"], is_share=found["what"] == "errors")
        rows.append({
            "kind": "llm" if found["kind"] == "model" else found["kind"], "label": found["label"], "words": words,
            "before": text(found["before"]), "now": text(found["now"]), "tone": tone, "change": change,
            "href": _link(address, found),
        })  # fmt: skip
    return rows


def _link(address: Address, found: Change) -> str:
    """The sessions of this time in which it failed, in which it took longer than it used to, or the dearest ones."""
    name = term(found["kind"], found["label"])
    if found["what"] == "cost":
        return sessions_link(address, name, sort="-cost")
    of_kind = f"kind:{'llm' if found['kind'] == 'model' else found['kind']}"
    limit = "status:error" if found["what"] == "errors" else f"duration:>{found['before']:.3f}ms"
    return sessions_link(address, f"any({of_kind} {name} {limit})")


def change_of(now: float, then: float, *, is_share: bool) -> str:
    """The change against the time before: a share in percentage points, anything else in percent or as a multiple.

    Empty where there was nothing before: of nothing there is no multiple.
    """
    if not is_share and not then:
        return ""
    difference = (now - then) * 100 if is_share else (now - then) / then * 100
    if abs(difference) < 0.05:
        return "unchanged"
    if not is_share and now >= 10 * then:
        return f"×{now / then:.0f}"
    sign, unit = ("+" if difference > 0 else "−"), (" pp" if is_share else "%")
    return f"{sign}{abs(difference):.{1 if abs(difference) < 10 else 0}f}{unit}"
