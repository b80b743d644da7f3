"""A text looked for in all messages of a session: which steps show it, and where one gets to from one to the next.

The full-text index cannot say it: it has whole words, of each text that a trace repeats only the first, and nothing of
what is still being said. So the payload blocks are gone over, as text; where one may hold it, the steps are written as
they are shown, and counted in these.
"""

import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

import orjson
from markupsafe import Markup, escape

from agentops_dashboard.pages.address import Address
from agentops_dashboard.pages.conversation import STEPS, Step, spoken_places, steps_at
from agentops_dashboard.pages.environment import environment
from agentops_dashboard.pages.marks import MOST_MARKS, Sought, marked
from agentops_dashboard.pages.tree_view import short_name
from agentops_dashboard.reader import Reader, Session
from agentops_dashboard.reader.outline import Outline
from agentops_dashboard.reader.remembered import remembered
from agentops_dashboard.store.texts import leaf_texts

__all__ = ["MOST_REACH", "MessageSearch", "found_values"]

MOST_REACH: Final = 20
"""So often a search that was cut short can be taken on."""

_MOST_HITS: Final = 1_000
_MOST_READ: Final = 256 * 1024 * 1024
_MOST_WINDOWS: Final = 150
_MOST_WRITTEN: Final = 8 * 1024 * 1024
"""What a search may cost until somebody asks for more: hits, characters of payload read, stretches of steps put
together and characters of HTML written. Each comes to some two seconds of work at the most."""

_LEFT_OUT: Final = re.compile(r"<\w+ data-more\b")
_WINDOWS_AT_ONCE: Final = 16
_NAMES: Final = ("name", "agent", "tool", "error_type", "error_message")
_MOST_KEPT: Final = 6

Hit = tuple[int, int, int]
"""The offset of a stretch of spans, the number of a step in there, and the number of the mark in the step."""


class MessageSearch:
    """What is known of one text in one state of a session; it is taken on, never begun again.

    Attributes:
        hits: In order.
        searched: So many of the conversation's spans were looked through.
        is_whole: Whether these are all.
        has_more: Whether a step had more marks than one can have.
    """

    def __init__(self, sought: Sought) -> None:
        self.sought = sought
        self.hits: list[Hit] = []
        self.searched = 0
        self.is_whole = False
        self.has_more = False
        self._reach = 0
        self._holds: dict[int, bool] = {}
        self._lock = Lock()

    def reach(self, times: int, reader: Reader, session: Session, outline: Outline) -> None:
        """Look on until the search has been as far as ``times`` such rounds go."""
        with self._lock:
            view = _step_writer(session)
            while self._reach < times and not self.is_whole:
                self._go_on(reader, outline, view)
                self._reach += 1

    def _go_on(self, reader: Reader, outline: Outline, view: Callable[[Step], str]) -> None:
        total = len(spoken_places(outline))
        hits, windows, written, read = len(self.hits) + _MOST_HITS, 0, 0, 0
        while self.searched < total and len(self.hits) < hits and read < _MOST_READ:
            stretch = range(self.searched, min(self.searched + _WINDOWS_AT_ONCE * STEPS, total), STEPS)
            read += self._read_blocks(reader, outline, stretch)
            for offset in stretch:
                if len(self.hits) >= hits or windows >= _MOST_WINDOWS or written >= _MOST_WRITTEN:
                    return
                if self._may_be_at(outline, offset):
                    windows += 1
                    written += self._look_at(reader, outline, offset, view)
                self.searched = min(offset + STEPS, total)
        self.is_whole = self.searched >= total

    def _read_blocks(self, reader: Reader, outline: Outline, stretch: range) -> int:
        """Tell which payload blocks of some spans may hold the text; returns how many characters that took."""
        block_ids = outline.column("block_id")
        places = spoken_places(outline)[stretch.start : stretch[-1] + STEPS]
        unknown = {block_ids[place] for place in places} - self._holds.keys() - {None}
        read = 0
        for block_id, text in reader.block_texts(sorted(unknown)):
            self._holds[block_id] = self.sought.may_be_in(text.casefold())
            read += len(text)
        return read

    def _may_be_at(self, outline: Outline, offset: int) -> bool:
        places = spoken_places(outline)[offset : offset + STEPS]
        columns = outline.order.columns("block_id", *_NAMES)
        if any(self._holds.get(columns[0][place]) for place in places):
            return True
        names = {column[place] for column in columns[1:] for place in places}
        return any(name is not None and self.sought.may_be_in(name.casefold()) for name in names)

    def _look_at(self, reader: Reader, outline: Outline, offset: int, view: Callable[[Step], str]) -> int:
        """Count the hits of a stretch; returns how many characters of HTML were written for it."""
        written = 0
        for number, step in enumerate(steps_at(reader.outlines, outline, offset)):
            if self.sought.may_be_in(_content(step)):
                html = view(step)
                _, count = _marked(step, html, self.sought)
                self.hits += [(offset, number, nth) for nth in range(count)]
                self.has_more = self.has_more or count == MOST_MARKS
                written += len(html)
        return written


class _Shown:
    """A search as a page shows it, with one of its hits in sight."""

    def __init__(self, search: MessageSearch, offset: int, hit: int) -> None:
        self.hits = search.hits
        self.searched = search.searched
        self.is_whole = search.is_whole
        self.has_more = search.has_more
        self._sought = search.sought
        self._here = search.hits[hit - 1] if hit else None
        self._offset = offset

    def shown(self, number: int, step: Step, html: str) -> Markup:
        """A step with the text marked in it."""
        is_here = self._here is not None and self._here[:2] == (self._offset, number)
        return _marked(step, html, self._sought, self._here[2] if self._here and is_here else None)[0]


def found_values(address: Address, reader: Reader, session: Session, outline: Outline) -> dict[str, Any]:
    """What the search of the address finds, and at which offset the page begins for it.

    Returns:
        ``search``, which is None where nothing is looked for; ``offset``; ``hit``, the number of the one in sight,
        from 1, or 0; what the address says ``before`` and ``after`` it, round the end, and ``further`` than was looked.
    """
    sought = Sought(address.get("find"))
    offset = address.number("offset")
    if not sought.text:
        return {"find": "", "search": None, "offset": offset}
    reach = max(1, address.number("reach", 1, MOST_REACH))
    search = _search(outline, sought)
    search.reach(reach, reader, session, outline)
    last = len(search.hits)
    hit = 0 if address.get("offset") else min(max(1, address.number("hit", 1)), last)
    offset = search.hits[hit - 1][0] if hit else offset
    further = {"hit": last + 1, "reach": reach + 1}
    first = bisect_left(search.hits, (offset, 0, 0))
    is_last = hit == last and not search.is_whole and reach < MOST_REACH
    return {
        "find": sought.text,
        "search": _Shown(search, offset, hit),
        "offset": offset,
        "hit": hit,
        "before": {"hit": ((hit - 1) if hit else first) or last},
        "after": further if is_last else {"hit": ((hit or first) % last + 1) if last else 0},
        "further": further if reach < MOST_REACH else None,
    }


@remembered
def _searches(outline: Outline) -> OrderedDict[str, MessageSearch]:
    return OrderedDict()


def _search(outline: Outline, sought: Sought) -> MessageSearch:
    """The search for a text in this state of the session: the last few are kept, so that the next hit costs nothing."""
    kept = _searches(outline)
    found = kept.get(sought.text)
    if found is None:
        found = kept[sought.text] = MessageSearch(sought)
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return found


def _step_writer(session: Session) -> Callable[[Step], str]:
    """What writes a step as the page does; links in it lead nowhere, which no one will see."""
    template = environment().get_template("message_step.html")
    values = {"session": session, "address": Address("/"), "short_name": short_name}
    view: Callable[[Step], str] = template.make_module(values).step_view  # type: ignore[attr-defined]
    return view


def _marked(step: Step, html: str, sought: Sought, here: int | None = None) -> tuple[Markup, int]:
    """A step with the text marked; where it stands in what is left out of a long content only, there it says so."""
    found, count = marked(html, sought, here)
    left_out = _LEFT_OUT.search(html)
    if count or left_out is None or not any(True for text in _texts(step) for _ in sought.places_in(text)):
        return found, count
    note = f'<span class="left-out">In what is not shown here: {escape(sought.text)} </span>'
    return marked(html[: left_out.start()] + note + html[left_out.start() :], sought, here)


def _texts(step: Step) -> list[str]:
    if step.message is not None:
        return [text for part in step.message.parts for text in (part.text, *leaf_texts(part.data))]
    return leaf_texts([step.span["input"], step.span["output"]])


def _content(step: Step) -> str:
    """What a step is made of, as case-folded JSON: where its words are missing, they are not shown either."""
    span = step.span
    names = [span["name"], span["agent"], span["tool"], span["error"]]
    if step.message is not None:
        said: Any = [(part.text, part.name, part.data) for part in step.message.parts]
    else:
        said = [span["input"], span["output"]]
    return (
        orjson.dumps([names, said], option=orjson.OPT_NON_STR_KEYS, default=str).decode("utf-8", "replace").casefold()
    )
