"""What follows from a session's tree, in a line below its figures: first what went wrong, each with a way to it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from agentops.semconv import State
from agentops_dashboard import format as write
from agentops_dashboard.derived import MOST_SPANS, Facts, facts_of, last_at_work, root_failure
from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.kinds import kind_look
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader import Session
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.semantics.finish_reasons import CUT_OFF

__all__ = ["Finding", "findings_of"]

_LONGEST: Final = 100


class Finding(NamedTuple):
    """``meaning`` is shown on hover; ``href`` leads to the span that it is about, or is empty."""

    label: str
    text: str
    meaning: str
    href: str = ""
    tone: str = "muted"


def findings_of(address: Address, session: Session, outline: Outline) -> list[Finding]:
    """All findings about a session, what went wrong before what it took."""
    found = list(_ended(address, session, outline))
    if len(outline) > MOST_SPANS:
        return found
    facts = facts_of(outline)
    found += _went_wrong(address, outline, facts)
    found += _took(facts)
    found += _arrived(address, session, outline)
    return found


def _ended(address: Address, session: Session, outline: Outline) -> Iterator[Finding]:
    """Where a session failed or was left."""
    if session["state"] == State.ERROR and (place := root_failure(outline)) is not None:
        row = outline.order[place]
        said = ": ".join(part for part in (row.error_type, row.error_message) if part)
        yield _at(
            address,
            outline,
            place,
            "Failed in",
            f": {said}" if said else "",
            "The error that ended the session",
            "error",
        )
    elif session["state"] == State.ABANDONED and (place := last_at_work(outline)) is not None:
        yield _at(
            address, outline, place, "Stopped in", "", "What the program was at when it was last heard of", "warn"
        )


def _went_wrong(address: Address, outline: Outline, facts: Facts) -> Iterator[Finding]:
    """What did not make the session fail, and may be why its answer is no good."""
    if facts["swallowed"]:
        place = outline.places[facts["swallowed"][0]]
        meaning = "A tool returned an error as if all were well"
        text = f": {outline.order[place].swallowed}"
        yield _at(address, outline, place, "Swallowed error", text, meaning, "warn", others=len(facts["swallowed"]) - 1)
    loops = sorted(facts["loops"], key=lambda loop: -loop["count"])
    for loop in loops[:1]:
        place = outline.places[loop["span_ids"][0]]
        meaning = "The same tool with the same arguments, again and again"
        yield _at(address, outline, place, "Loop", f" ×{loop['count']}", meaning, "warn", others=len(loops) - 1)
    in_vain = [retry for retry in facts["retries"] if not retry["succeeded"]]
    for retry in in_vain[:1]:
        place = outline.places[retry["span_ids"][-1]]
        text = f", {retry['attempts']} attempts"
        yield _at(
            address, outline, place, "Gave up on", text, "None of the attempts went well", "warn", len(in_vain) - 1
        )
    cut = [place for place, reason in enumerate(outline.column("finish_reason")) if reason in CUT_OFF]
    if cut:
        yield _at(address, outline, cut[0], "Cut off", "", "An answer became too long", "warn", others=len(cut) - 1)


def _at(  # noqa: PLR0917
    address: Address, outline: Outline, place: int, label: str, text: str, meaning: str, tone: str, others: int = 0
) -> Finding:
    row = outline.order[place]
    name = write.one_line(row.tool or row.model or row.agent or short_name(row.name), 30)
    said = write.one_line(name + text, _LONGEST) + (f" and {others} more" if others else "")
    return Finding(label, said, meaning, _in_tree(address, row.span_id), tone)


def _in_tree(address: Address, span_id: str) -> str:
    """The tree with a span selected, and with nothing that would keep it out of sight."""
    return Address(address.path, {"list": address.get("list")}).link(view="tree", span=span_id)


def _took(facts: Facts) -> Iterator[Finding]:
    if facts["waiting_ms"]:
        active = f"{write.duration(facts['active_ms'])} + {write.duration(facts['waiting_ms'])} waiting"
        yield Finding("Active", active, "Time at work, and time spent waiting for people")
    on_path = sorted(facts["critical_ms"].items(), key=lambda item: -item[1])
    total = sum(ms for _, ms in on_path)
    parts = [f"{kind_look(kind).label} {write.percent(ms / total)}" for kind, ms in on_path[:3] if total and ms]
    if parts:
        yield Finding("Critical path", " · ".join(parts), "What the session's duration hangs on")
    waste = facts["waste"]
    if waste["spans"]:
        what = [write.duration(waste["ms"]), write.money(waste["cost"]) if waste["cost"] else ""]
        text = f"{', '.join(filter(None, what))} in {waste['spans']} {'span' if waste['spans'] == 1 else 'spans'}"
        yield Finding("Waste", text, "Attempts that failed and were made again, and repetitions of a loop")


def _arrived(address: Address, session: Session, outline: Outline) -> Iterator[Finding]:
    lost = len(outline.index.detached)
    if lost:
        text = "1 span without its parent" if lost == 1 else f"{write.full_count(lost)} spans without their parents"
        place = min(outline.places[span_id] for span_id in outline.index.detached)
        href = _in_tree(address, outline.column("span_id")[place])
        yield Finding(
            "Detached",
            text,
            "What is above them never arrived, so they stand below “Detached”, after all others",
            href,
            "warn",
        )
    elif session["complete"]:
        yield Finding("Complete", "every span arrived", "The program said how many spans it recorded")
