"""The tables of the analytics: models, tools, agents, errors, and who cost most."""

from typing import Any, Final

from agentops_dashboard.derived.pace import Pace
from agentops_dashboard.derived.repetitions import LOOP_LENGTH
from agentops_dashboard.derived.waste import Wasted
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.alert_links import new_alert
from agentops_dashboard.pages.query_edit import add_term, term
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.analytics import LabelRow, UserRow
from agentops_dashboard.semantics.fingerprints import parts_of
from agentops_dashboard.semantics.finish_reasons import CUT_OFF

__all__ = ["tables_of", "top_sessions", "top_users", "waste_shown"]

_TABLES: Final = (("model", "Models"), ("tool", "Tools"), ("agent", "Agents"), ("fingerprint", "Errors"))
_MOST_ROWS: Final = 25
_TOP: Final = 10


def tables_of(
    address: Address, labels: dict[str, list[LabelRow]], pace: Pace | None
) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Kind, title and rows of each table; with a pace, rows know percentiles, speed and what agents came to."""
    return [(kind, title, _table(address, kind, labels[kind], pace)) for kind, title in _TABLES]


def _table(address: Address, kind: str, rows: list[LabelRow], pace: Pace | None) -> list[dict[str, Any]]:
    total = sum(row["total_ms"] for row in rows) or 1
    shown = []
    for row in rows[:_MOST_ROWS]:
        more: Any = None
        if pace is not None:
            more = (
                pace["agents"].get(row["label"]) if kind == "agent" else pace["labels"].get(kind, {}).get(row["label"])
            )
        seconds = (row["total_ms"] or 0) / 1000
        shown.append({
            **row,
            "share": row["total_ms"] / total,
            "cut_off_href": _cut_off_link(address, row) if kind == "model" and row["cut_off"] else None,
            "mean_speed": row["output"] / seconds if row["output"] and seconds else None,
            "pace": more,
            "parts": parts_of(row["label"]),
            "href": sessions_link(address, term(kind, row["label"])),
            "alert": new_alert(address.get("q"), "failed_calls", "mean", kind, row["label"]),
        })  # fmt: skip
    return shown


def _cut_off_link(address: Address, row: LabelRow) -> str:
    """The sessions in which an answer of this model was cut off."""
    return sessions_link(address, f"any({term('model', row['label'])} finish:({' OR '.join(CUT_OFF)}))")


def sessions_link(address: Address, wanted: str, sort: str | None = None) -> str:
    """The list of the same sessions, within the same range, that also fit a term."""
    kept = {name: address.get(name) for name in ("range", "from", "to")}
    return Address("/sessions", kept).link(q=add_term(address.get("q"), wanted), sort=sort)


def waste_shown(address: Address, pace: Pace) -> dict[str, Any] | None:
    """What was in vain, the dearest first, each with the way to such sessions; None if nothing was."""
    wasted = pace["waste"]
    if not wasted:
        return None
    costs = [one["sum"]["cost"] for one in wasted if one["sum"]["cost"] is not None]
    return {
        "rows": [one | {"href": _waste_link(address, one)} for one in wasted[:_TOP]],
        "left_out": max(0, len(wasted) - _TOP),
        "times": sum(one["times"] for one in wasted),
        "ms": sum(one["sum"]["ms"] for one in wasted),
        "cost": sum(costs) if costs else None,
    }


def _waste_link(address: Address, one: Wasted) -> str:
    kind = "llm" if one["kind"] == "model" else one["kind"]
    key = one["kind"] if one["kind"] in ("model", "tool", "agent") else "name"
    wanted = f"kind:{kind} {term(key, one['name'])}"
    return sessions_link(
        address, f"count({wanted})>={LOOP_LENGTH}" if one["is_loop"] else f"any({wanted} status:error)"
    )


def top_sessions(reader: Reader, query: str, bounds: dict[str, Any]) -> list[Session]:
    """The sessions that cost most."""
    found = reader.sessions(query, sort="-cost", limit=_TOP, **bounds)["sessions"]
    return [session for session in found if session["cost"]]


def top_users(address: Address, users: list[UserRow]) -> list[dict[str, Any]]:
    """The users that cost most, each with the link to their sessions and the share of the first one's cost."""
    most = max((user["cost"] or 0 for user in users), default=0) or 1
    return [
        {**user, "share": (user["cost"] or 0) / most, "href": sessions_link(address, term("user", user["user"]))}
        for user in users
        if user["cost"]
    ]
