"""Two releases on the analytics: each figure of both, the change, and how sure it is."""

from typing import Any, Final

from agentops_dashboard import format as write
from agentops_dashboard.derived.releases import Difference, Releases
from agentops_dashboard.derived.sureness import SURE
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.analytics_tables import sessions_link
from agentops_dashboard.pages.attention import change_of
from agentops_dashboard.pages.query_edit import term

__all__ = ["releases_shown"]

_LIKELY: Final = 2.0
_WHAT: Final = {
    "success": ("Success rate", write.percent), "cost": ("Cost per session", write.money),
    "duration": ("Mean duration", write.duration), "errors": ("Errors per session", lambda value: f"{value:.2f}"),
    "tokens": ("Tokens per session", write.count),
}  # fmt: skip


def releases_shown(address: Address, found: Releases) -> dict[str, Any]:
    """The two releases with their links, those to choose from, and the rows."""
    return {
        "old": found["old"], "new": found["new"], "known": found["known"],
        "old_href": sessions_link(address, term("release", found["old"])),
        "new_href": sessions_link(address, term("release", found["new"])),
        "rows": [_row(one) for one in found["differences"]],
    }  # fmt: skip


def _row(one: Difference) -> dict[str, Any]:
    label, text = _WHAT[one["what"]]
    old, new, apart = one["old"], one["new"], one["apart"]
    is_share = one["what"] == "success"
    change = "" if old is None or new is None else change_of(new, old, is_share=is_share)
    is_worse = apart is not None and (apart < 0) == is_share
    is_sure = apart is not None and abs(apart) >= SURE
    return {
        "label": label, "old": "–" if old is None else text(old), "new": "–" if new is None else text(new),
        "change": change, "sure": _sure(apart, change), "tone": ("error" if is_worse else "ok") if is_sure else "",
    }  # fmt: skip


def _sure(apart: float | None, change: str) -> str:
    if apart is None:
        return "too few sessions to say"
    if change == "unchanged" or not apart:
        return "no difference"
    return "sure" if abs(apart) >= SURE else "likely" if abs(apart) >= _LIKELY else "may be chance"
